"""Slow fingerprints of passwords and codes. Some 35 ms each: never inside a write transaction.

As many at a time as there are cores: more would only fill the memory and starve the other pages.
"""

import os
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from lms.core.errors import Refused
from lms.core.i18n import gettext as _

PATIENCE = 10.0  #: seconds that somebody waits for a turn before being told to come back

#: OWASP's smallest set: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
#: Of a random text that nobody kept: what is compared where there is no account, so that it takes as long.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$04JD8ZK9YBxxU7iYmtrzbQ$Qau178GatKbc8GeOS6msaW8u6tSVtF66AxHHY4fRfKk"
_turns = threading.BoundedSemaphore(os.cpu_count() or 1)


class TooBusy(Refused):
    """Too many people sign in at this moment."""

    status = 503


def hash_password(text: str) -> str:
    """The Argon2id of a password or code. Raises ``TooBusy``."""
    with _turn():
        return _HASHER.hash(_composed(text))


def password_matches(hashed: str | None, text: str) -> bool:
    """Whether ``text`` is what was hashed; it takes the same time where nothing was (None). Raises ``TooBusy``."""
    with _turn():
        try:
            _HASHER.verify(hashed or _NOBODY, _composed(text))
        except (VerificationError, InvalidHashError):
            return False
    return hashed is not None


def is_old(hashed: str) -> bool:
    """Whether this was made with other costs than today's, and is to be made again at the next sign-in."""
    return _HASHER.check_needs_rehash(hashed)


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=PATIENCE):
        raise TooBusy(_("Many people are signing in"), _("Wait a minute, then try again. Nothing is lost."))
    try:
        yield
    finally:
        _turns.release()


def _composed(text: str) -> str:
    """One spelling of each letter: a phone and a computer do not type ``é`` alike."""
    return unicodedata.normalize("NFKC", text)
