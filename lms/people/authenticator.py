"""Codes of an app on somebody's telephone (TOTP, RFC 6238), and the recovery codes kept for the day it is lost.

Pure: what is known and when is told, nothing is looked up. The arithmetic is pyotp's.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp

from lms.core.sealing import Unsealable, seal, unseal
from lms.people.keyed import keyed

ISSUER = "Kokoroe"  #: what the app writes above the code
STEP = 30  #: seconds for which a code is shown
CODES = 10  #: recovery codes of an account
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  #: none is taken for another on paper


@dataclass(frozen=True, slots=True)
class Offer:
    """A secret that no account has yet: the form carries it, sealed and for this account alone."""

    secret: str  #: base32
    url: str  #: what the QR code says to the app
    sealed: str

    @property
    def spaced(self) -> str:
        """In groups of four, for those who type it."""
        return " ".join(re.findall(r".{1,4}", self.secret))


def offer(account_id: int, name: str, secret: str | None = None) -> Offer:
    """A new secret for the account; or ``secret``, shown again because its first code was wrong."""
    chosen = secret or pyotp.random_base32()
    url = pyotp.TOTP(chosen, interval=STEP).provisioning_uri(name=name, issuer_name=ISSUER)
    return Offer(chosen, url, seal(f"{account_id} {chosen}"))


def offered(account_id: int, sealed: str) -> str:
    """The secret that was offered to this account; empty where it was not."""
    try:
        owner, _space, secret = unseal(sealed).partition(" ")
    except (Unsealable, ValueError):
        return ""
    return secret if owner == str(account_id) else ""


def step_of(secret: str, typed: str, at: datetime) -> int | None:
    """The half minute to which this code belongs: this one, the last or the next, as clocks differ. None: it is wrong."""
    code = re.sub(r"\s", "", typed)
    app = pyotp.TOTP(secret, interval=STEP)
    found = None
    for away in (-1, 0, 1):  # each is compared, so that the time says nothing
        moment = at + timedelta(seconds=away * STEP)
        if pyotp.utils.strings_equal(app.at(moment), code):
            found = app.timecode(moment)
    return found


def draw_codes() -> list[str]:
    """New recovery codes, as they are printed: ``k7fqm-2xnrt``. Some 49 bits each."""
    drawn = ["".join(secrets.choice(_LETTERS) for _n in range(10)) for _m in range(CODES)]
    return [f"{one[:5]}-{one[5:]}" for one in drawn]


def code_hash(account_id: int, typed: str) -> str:
    """What the table keeps of a recovery code, however it was typed."""
    plain = re.sub(r"[^a-z0-9]", "", typed.casefold())
    return keyed("recovery", f"{account_id} {plain}")
