"""What is too easy to guess: passwords that begin every attacker's list, and codes that anybody would try.

``common.txt`` is ours: the words and keyboard walks, French and English, that people make passwords of.
A password falls when it is nothing but such words, the reader's own login, digits and ornaments, or one
short piece repeated; and when the lists of passwords stolen elsewhere lead to it too soon (``leaked``).
"""

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path

from lms.core.i18n import gettext as _
from lms.core.i18n import sort_key
from lms.people import leaked

SHORTEST, LONGEST = 12, 200  #: letters of a password
_FILE = Path(__file__).with_name("common.txt")
_LEET = str.maketrans("01345789@$!", "oieastbgasi")
_ENOUGH = 4  #: different letters that are nobody's word make a password one's own
_DIGITS = "01234567890123456789"


def password_fault(password: str, own: Iterable[str] = ()) -> str:
    """Why this cannot be a password, in the reader's language; empty when it can.

    ``own`` is what anybody knows of the person: login, e-mail, names.
    """
    if len(password) < SHORTEST:
        return _("Write at least 12 characters. Three or four words make a good password.")
    if len(password) > LONGEST:
        return _("Write at most 200 characters.")
    if re.fullmatch(r"(.{1,6}?)\1+.{0,3}", password, re.S):
        return _("This repeats itself: it would be guessed. Use several words.")
    own = list(own)
    if _own_letters(password, own) < _ENOUGH:
        return _common_fault()
    guessed = leaked.judge(sort_key(password), _common(), sorted(_pieces(own)))
    if guessed.is_guessable and guessed.is_stolen:
        return _(
            "This password, or nearly the same, was stolen from other sites and is tried first. Use several words that do not go together."
        )
    return _common_fault() if guessed.is_guessable else ""


def code_fault(code: str, births: Iterable[date | None] = (), number: str = "") -> str:
    """Why this cannot be the 6-digit code of a card, in the reader's language; empty when it can."""
    if not re.fullmatch(r"[0-9]{6}", code):
        return _("Choose 6 digits.")
    if _is_walk(code) or len(set(code)) <= 2 or code[:3] == code[3:]:
        return _("This code is too easy to guess. Mix the digits more.")
    if number and code in number:
        return _("These digits are on your card. Choose others.")
    if any(code in _dates(birth) for birth in births if birth):
        return _("This is your date of birth: it would be guessed. Choose another code.")
    return ""


def _common_fault() -> str:
    return _("This is one of the first things that is tried. Use several words that do not go together.")


def _own_letters(password: str, own: Iterable[str]) -> int:
    """How many letters are left once what everybody would try is taken away."""
    plain = sort_key(password)
    known = sorted({*_common(), *_pieces(own)}, key=len, reverse=True)
    return min(_left(plain, known), _left(plain.translate(_LEET), known))


def _left(text: str, known: list[str]) -> int:
    for word in known:
        text = text.replace(word, " ")
    return len({letter for letter in text if letter.isalpha()})


def _pieces(own: Iterable[str]) -> set[str]:
    return {piece for text in own for piece in re.findall(r"[a-z]{3,}", sort_key(text))}


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    lines = _FILE.read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _is_walk(code: str) -> bool:
    return (
        code in _DIGITS or code[::-1] in _DIGITS or code in ("147258", "258369", "159753", "147369", "123321")
    )


def _dates(birth: date) -> set[str]:
    forms = ("%d%m%y", "%y%m%d", "%m%d%y", "%m%Y", "%Y%m")
    return {birth.strftime(form) for form in forms}
