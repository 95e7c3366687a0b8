"""The code of a certificate: ``K7QM-2X9D-4R0W-J8TN``, unguessable, and able to tell a slip of the pen.

Fifteen random characters of Crockford's alphabet (75 bits) and a sixteenth that checks them: one wrong character, or two
that changed places, never give another good code.
"""

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  #: no I, L, O, U: they are read as 1, 1, 0 and V
SIZE = 16
#: What to look for in a file. Group by group, so that a code cut by damage is not taken for another.
PATTERN = re.compile(rb"(?<![0-9A-Z-])(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}(?![0-9A-Z-])")
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_NOT_OURS = re.compile(r"[\s\-–—_.]+")


def make() -> str:
    """A new code, in four groups of four."""
    return grouped(_completed([secrets.randbelow(32) for _ in range(SIZE - 1)]))


def grouped(plain: str) -> str:
    """Sixteen characters in four groups, as they are printed."""
    return "-".join(plain[n : n + 4] for n in range(0, SIZE, 4))


def normalised(typed: str) -> str:
    """What was typed, as it is printed: case, spaces and look-alikes set right. Empty when it has not the length of a code."""
    plain = _NOT_OURS.sub("", typed).upper().translate(_READ_AS)
    return grouped(plain) if len(plain) == SIZE else ""


def holds(code: str) -> bool:
    """Whether the last character fits the others: if not, the code was mistyped."""
    plain = code.replace("-", "")
    if len(plain) != SIZE or any(letter not in ALPHABET for letter in plain):
        return False
    return _completed([ALPHABET.index(letter) for letter in plain[:-1]]) == plain


def _completed(values: list[int]) -> str:
    """The characters and their check: their sum in the field of 32 elements, each weighted by its place.

    Addition there is XOR, and no two places weigh the same: so one change, or one exchange, always shows.
    """
    check = 0
    for place, value in enumerate(values, 1):
        check ^= _times(value, _POWERS[place])
    return "".join(ALPHABET[value] for value in [*values, check])


def _times(a: int, b: int) -> int:
    """The product in the field of 32 elements made by x^5 + x^2 + 1."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 32:
            a ^= 0b100101
        b >>= 1
    return product


def _powers(count: int) -> list[int]:
    """1, x, x^2 and so on: the first 31 differ from each other."""
    found = [1]
    while len(found) < count:
        found.append(_times(found[-1], 2))
    return found


_POWERS = _powers(SIZE)
