"""Numbers by which the State knows organisations: cleaned, and doubted where their control digits are wrong.

A doubt is no refusal: registers hold SIRETs that fail, and the people who type them have nothing else.
"""

import re

from stdnum.fr import siret

from lms.core.i18n import gettext as _

DIGITS = {"siret": 14, "nda": 11, "safir": 5}


def bare(text: str) -> str:
    """The number without what people write between its digits."""
    return re.sub(r"[\s.\-]", "", text or "")


def fault(kind: str, text: str) -> str:
    """Why this cannot be such a number at all, in words; empty: it can."""
    number, wanted = bare(text), DIGITS[kind]
    if number.isdecimal() and number.isascii() and len(number) == wanted:
        return ""
    return _("This number has %(wanted)s digits. You wrote %(found)s.", wanted=wanted, found=len(number))


def siret_doubt(text: str) -> str:
    """Why this SIRET is likely mistyped, in words; empty: its control digits are right.

    Those of La Poste's post offices follow a rule of their own: their digits add up to a multiple of five.
    """
    if not text or siret.is_valid(text):
        return ""
    return _(
        "The control digit of this SIRET is wrong.\nIt is kept as you wrote it. Compare it with the paper it comes from."
    )


def grouped(kind: str, text: str | None) -> str:
    """As it is written on paper: ``356 000 000 00048``; others as they are."""
    if kind != "siret" or not text or len(text) != DIGITS["siret"]:
        return text or ""
    return "\u00a0".join((text[:3], text[3:6], text[6:9], text[9:]))
