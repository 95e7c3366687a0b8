"""Codes of invitations: drawn, read however they are typed, and found again by a fingerprint. Pure."""

import re
import secrets
from datetime import timedelta

from config import settings
from lms.people.keyed import keyed

_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  #: none is taken for another on paper
LENGTH = 12  #: 60 bits
KEPT = timedelta(days=30)  #: after its end, with the address that it was sent to


def draw() -> str:
    """A new code, as it is printed: ``K7FQ-2XNR-P3HW``."""
    drawn = "".join(secrets.choice(_SIGNS) for _n in range(LENGTH))
    return "-".join(drawn[n : n + 4] for n in range(0, LENGTH, 4))


def code_hash(typed: str, of: str = "invitation") -> str:
    """What the table keeps of a code: case, spaces and dashes do not count. ``of``: what it opens."""
    return keyed(of, re.sub(r"[^A-Z0-9]", "", typed[:100].upper()))


def url_of(code: str) -> str:
    """The link of a code."""
    return f"{settings.current().base_url}/invitations/{code}"
