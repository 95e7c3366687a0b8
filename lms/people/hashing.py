"""Slow fingerprints of passwords and codes. Some 35 ms each: never inside a write transaction.

As many at a time as there are cores: more would only fill the memory and starve the other pages. A few more may wait;
whoever comes beyond them is told at once how long, since a thread that waits is one that serves no page.
"""

import os
import random
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from config import settings
from lms.core.errors import Refused
from lms.core.i18n import duration, ngettext
from lms.core.i18n import gettext as _

Result = TypeVar("Result")
LINE = 12  #: who may hash or wait in one process: under half a second; ``config.server.THREADS`` are more
SOONEST, LATEST = 5, 600  #: seconds after which people are told to come back
_SLACK = 1.5  #: of the work of one hash, from one appointment to the next: a page and a session belong to it

#: OWASP's smallest set: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
#: Of a random text that nobody kept: what is compared where there is no account, so that it takes as long.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$04JD8ZK9YBxxU7iYmtrzbQ$Qau178GatKbc8GeOS6msaW8u6tSVtF66AxHHY4fRfKk"


class TooBusy(Refused):
    """Too many people sign in at this moment; ``retry_after`` says when to come back."""

    status = 503

    def __init__(self, wait: int) -> None:
        super().__init__(_("Many people are signing in"), _come_back(wait))
        self.retry_after = wait


class Line:
    """Who hashes and who waits in this process. ``turns`` at a time; no more than ``length`` together.

    The same few threads do all the hashing: the system keeps 19 MiB for every thread that ever did.
    """

    def __init__(self, turns: int, length: int = LINE) -> None:
        self._places = threading.BoundedSemaphore(length)
        self._turns = threading.BoundedSemaphore(turns)
        self._hands = ThreadPoolExecutor(turns, "hashing")
        self._mine = threading.local()
        self._number = turns
        self._book = threading.Lock()
        self._given = 0.0  #: the last appointment, by the monotonic clock
        self._pace = 0.035  #: seconds of a core that one hash takes

    @contextmanager
    def place(self) -> Iterator[None]:
        """Have a place in the line, for all that belongs to one try; within it, another is the same. Raises ``TooBusy``.

        Whoever has one gets a turn: the line is short, and what is written before the turn need not be taken back.
        """
        if getattr(self._mine, "has_place", False):
            yield
            return
        if not self._places.acquire(blocking=False):
            raise TooBusy(self._wait())
        self._mine.has_place = True
        try:
            yield
        finally:
            self._mine.has_place = False
            self._places.release()

    def work(self, hashing: Callable[..., Result], *values: str) -> Result:
        """Do the slow part when one's turn has come. Raises what it raises, and ``TooBusy``.

        The turn lasts for the hashing alone: while one try waits for the disk, another hashes.
        """
        with self.place(), self._turns:
            return self._hands.submit(self._timed, hashing, *values).result()

    def _timed(self, hashing: Callable[..., Result], *values: str) -> Result:
        began = time.thread_time()
        try:
            return hashing(*values)
        finally:
            self._pace += 0.1 * (time.thread_time() - began - self._pace)

    def _wait(self) -> int:
        """When to come back: an appointment after that of whoever was told before, so that they come one by one."""
        now = time.monotonic()
        with self._book:
            at = max(self._given, now + SOONEST) + _SLACK * self._pace / self._number
            if at > now + LATEST:  # no more today: at least not all of them in the same second
                return random.randint(LATEST // 2, LATEST)  # no secret  # nosec B311
            self._given = at
        return round(at - now)


def _come_back(wait: int) -> str:
    if wait >= 90:
        return _("Wait %(time)s, then try again. Nothing is lost.", time=duration(wait + 30))
    return ngettext(
        "Wait %(num)s second, then try again. Nothing is lost.",
        "Wait %(num)s seconds, then try again. Nothing is lost.",
        wait,
    )


_line: Line | None = None
_making = threading.Lock()


def line() -> Line:
    """The line of this process: the cores of the machine are shared with the other processes of the web server."""
    global _line  # a process has one
    with _making:
        if _line is None:
            cores = os.cpu_count() or 1
            _line = Line(max(1, cores // (settings.current().web_workers or min(4, cores))))
    return _line


def hash_password(text: str) -> str:
    """The Argon2id of a password or code. Raises ``TooBusy``."""
    return line().work(_HASHER.hash, _composed(text))


def password_matches(hashed: str | None, text: str) -> bool:
    """Whether ``text`` is what was hashed; it takes the same time where nothing was (None). Raises ``TooBusy``."""
    try:
        line().work(_HASHER.verify, hashed or _NOBODY, _composed(text))
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None


def is_old(hashed: str) -> bool:
    """Whether this was made with other costs than today's, and is to be made again at the next sign-in."""
    return _HASHER.check_needs_rehash(hashed)


def _forget_line() -> None:
    """In a child after a fork: the parent's threads are not there."""
    global _line
    _line = None


os.register_at_fork(after_in_child=_forget_line)


def _composed(text: str) -> str:
    """One spelling of each letter: a phone and a computer do not type ``é`` alike."""
    return unicodedata.normalize("NFKC", text)
