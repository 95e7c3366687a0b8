"""Many people who sign in by their password: ``python -m tests.bad_days.rush PORT PEOPLE SECONDS`` prints one JSON object.

They come within so many seconds, each like a browser (the page, its form); whoever is told to wait comes back when told to.
``rush-1`` and so on are their logins.
"""

import http.client
import json
import random
import re
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Any
from urllib.parse import urlencode

PASSWORD = "tortue violette sous la lampe"
AT_ONCE = 32  #: connections
_IN = "in"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(slots=True)
class Rush:
    """Who is still to come, and how it went."""

    port: int
    waiting: list[tuple[float, str]]
    inside: list[str] = field(default_factory=list)
    told: int = 0  #: answers that said how long to wait
    answers: Counter[int] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)  #: seconds of each form that let somebody in
    lock: threading.Lock = field(default_factory=threading.Lock)

    def come(self) -> None:
        """One of the connections: takes whoever is next, until nobody is left."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while (found := self._next()) is not None:
            when, login = found
            if (early := when - time.monotonic()) > 0:
                connection.close()  # nobody keeps a line open while they wait
                time.sleep(early)
            try:
                wait = self._sign_in(connection, login)
            except (OSError, http.client.HTTPException):
                connection.close()
                wait = 1.0
                self.answers[0] += 1
            if wait:
                with self.lock:
                    heappush(self.waiting, (time.monotonic() + wait, login))
        connection.close()

    def _next(self) -> tuple[float, str] | None:
        with self.lock:
            return heappop(self.waiting) if self.waiting else None

    def _sign_in(self, connection: http.client.HTTPConnection, login: str) -> float:
        """The page and its form; 0 when in, else the seconds until the next try."""
        page, cookie = self._ask(connection, "GET", "", "")
        token = _TOKEN.search(page)
        if token is None:
            return 5.0
        began = time.monotonic()
        typed = urlencode({"csrf_token": token[1], "login": login, "password": PASSWORD})
        said, _ = self._ask(connection, "POST", typed, cookie)
        if said == _IN:
            with self.lock:
                self.inside.append(login)
                self.took.append(time.monotonic() - began)
            return 0.0
        return float(said) if said.isdecimal() else 5.0

    def _ask(
        self, connection: http.client.HTTPConnection, method: str, body: str, cookie: str
    ) -> tuple[str, str]:
        """The page and its cookie; of a form how it went, or in how many seconds to come back."""
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, "/sign-in", body or None, headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        self.answers[answer.status] += 1
        wait = answer.headers["Retry-After"]
        if answer.status == 503 and wait:
            self.told += 1
            return wait, ""
        if method == "POST":
            return (_IN if answer.status in (302, 303) else "wrong"), ""
        return text, (answer.headers["Set-Cookie"] or "").partition(";")[0]


def main(port: int, people: int, seconds: float) -> dict[str, Any]:
    """Send them all; how it went."""
    chance, began = random.Random(people), time.monotonic()
    rush = Rush(port, [(began + chance.uniform(0, seconds), f"rush-{n + 1}") for n in range(people)])
    heapify(rush.waiting)
    threads = [threading.Thread(target=rush.come) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "in": len(set(rush.inside)), "told_to_wait": rush.told, "answers": dict(rush.answers),
        "seconds": round(time.monotonic() - began, 1), "slowest": round(max(rush.took, default=0), 2),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))))
