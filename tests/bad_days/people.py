"""People at work in a browser, who write down what was acknowledged and send again what was not."""

import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import requests
from flask import Flask
from sqlalchemy import select

from lms.core import db
from lms.core.db import session
from lms.enrolment.models import Enrolment
from lms.organisations.models import Role
from tests.support import worlds
from tests.support.worlds import Corner, Someone

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
PATIENCE = 120.0  #: seconds during which a form is sent again


class GaveUp(Exception):
    """A form got no good answer in all that time."""


@dataclass(slots=True)
class Browser:
    """Somebody signed in, whose cookie was made by hand: 35 ms of hashing would say nothing here."""

    url: str
    session: requests.Session
    said: Counter[int] = field(default_factory=Counter)  #: answers by status; 0: none came
    words: dict[int, str] = field(default_factory=dict)  #: the last page of each error

    def once(self, method: str, path: str, /, **more: Any) -> requests.Response | None:
        """One try; None when no answer came."""
        try:
            answer = self.session.request(method, self.url + path, timeout=30, allow_redirects=False, **more)
        except requests.RequestException:
            self.said[0] += 1
            return None
        self.said[answer.status_code] += 1
        if answer.status_code >= 400:
            self.words[answer.status_code] = answer.text
        return answer

    def surely(self, method: str, path: str, /, **more: Any) -> requests.Response:
        """The same until an answer came that is no 5xx, sending the same form each time. Raises ``GaveUp``."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = self.once(method, path, **more)
            if answer is not None and answer.status_code < 500:
                return answer
            time.sleep(0.1)
        raise GaveUp(f"{method} {path}: {dict(self.said)} {self.words}")

    def send(self, path: str, /, *, on: str = "", files: Any = None, **typed: Any) -> requests.Response:
        """Open the page ``on`` (or ``path``), fill in its form and send it to ``path``, as often as it takes."""
        return self.surely("POST", path, data={"csrf_token": self.token(on or path), **typed}, files=files)

    def token(self, path: str) -> str:
        """The token that the forms of this page carry."""
        page = self.surely("GET", path)
        found = _TOKEN.search(page.text)
        assert found, f"{path}: {page.status_code}, no form"
        return found[1]


def browser(app: Flask, url: str, who: Someone) -> Browser:
    """A browser in which this person is signed in."""
    signer: Any = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    made = requests.Session()
    cookie = {**worlds.cookie_of(who), "language": "fr"}
    made.cookies.set(
        str(app.config["SESSION_COOKIE_NAME"]), signer.dumps(cookie), domain="127.0.0.1", path="/"
    )
    return Browser(url, made)


@dataclass(slots=True)
class Learner:
    """One learner on one course: the steps, and those whose end was acknowledged."""

    browser: Browser
    enrolment_id: int
    steps: list[int]
    done: list[int] = field(default_factory=list)
    at: list[float] = field(default_factory=list)  #: moments of the acknowledgements

    def learn(self, over: threading.Event) -> None:
        """One step after the other, until told to stop or none is left."""
        for step in self.steps:
            if over.is_set():
                return
            self.finish(step)

    def finish(self, step: int) -> None:
        """Open a step, mark it complete; write it down once it was acknowledged."""
        path = f"/learn/{self.enrolment_id}/{step}"
        answer = self.browser.send(path)
        assert answer.status_code == 302, f"{path}: {answer.status_code} {answer.text[:2000]}"
        self.done.append(step)
        self.at.append(time.monotonic())


@dataclass(slots=True)
class Crowd:
    """Learners at work side by side; ``with Crowd(...)`` sends them off and calls them back. What one met is raised."""

    learners: list[Learner]
    over: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)
    failed: list[Exception] = field(default_factory=list)

    def __enter__(self) -> "Crowd":
        self.threads = [
            threading.Thread(target=self._work, args=(one,), daemon=True) for one in self.learners
        ]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(PATIENCE)
        if self.failed:
            raise self.failed[0]

    def acknowledged(self) -> int:
        """Steps of all together."""
        return sum(len(one.done) for one in self.learners)

    def have_all_gone_on(self, since: float) -> bool:
        """Whether each finished a step after this moment, or has none left."""
        if self.failed:
            raise self.failed[0]
        return all(
            (one.at and one.at[-1] > since) or len(one.done) == len(one.steps) for one in self.learners
        )

    def answers(self) -> Counter[int]:
        """What all together were answered, by status."""
        return sum((one.browser.said for one in self.learners), Counter[int]())

    def _work(self, one: Learner) -> None:
        try:
            one.learn(self.over)
        except Exception as failure:  # told where the test looks  # noqa: BLE001
            self.failed.append(failure)


def learners(app: Flask, url: str, corner: Corner, number: int, steps: int) -> list[Learner]:
    """So many learners of the agency on a course of so many pages."""
    with db.transaction(tenant_id=corner.tenant_id):
        people = [
            worlds.person(corner.tenant_id, corner.agency_id, Role.LEARNER, f"Lea{n}", "Tenace")
            for n in range(number)
        ]
        course, pages = worlds.course(corner.tenant_id, corner.root_id, "long", "Long", steps)
        cohort = worlds.cohort(corner.tenant_id, corner.agency_id, "Tenaces", [course], people)
        numbers = [page.id for page in pages]
        found = select(Enrolment.person_id, Enrolment.id).where(
            Enrolment.tenant_id == corner.tenant_id, Enrolment.cohort_id == cohort.id
        )
        of = {row.person_id: row.id for row in session.execute(found)}
    return [Learner(browser(app, url, who), of[who.person_id], list(numbers)) for who in people]
