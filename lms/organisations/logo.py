"""The address of a logo. It is shown at the door, to everybody: the address itself proves that the file is one.

A key of the storage alone opens nothing: it could be anybody's upload. With its seal, which only this installation can
make, it is a logo's, and no database is asked.
"""

import hmac

from lms.people.keyed import keyed

WIDTH, HEIGHT = 640, 160  #: pixels at most; shown at a quarter of that, for sharp screens and paper
_LENGTH = 24  #: hexadecimal digits of the seal: 96 bits


def url_of(key: str) -> str:
    """Where the picture is; empty: there is none."""
    return f"/logo/{key}/{_seal(key)}.png" if key else ""


def is_logo(key: str, seal: str) -> bool:
    """Whether we made this address."""
    return hmac.compare_digest(_seal(key).encode(), seal.encode())


def _seal(key: str) -> str:
    return keyed("logo", key)[:_LENGTH]
