"""How much of a pool, in words and as it is typed: so many places, or so many euros."""

import re
from decimal import Decimal

from lms.core.i18n import Lazy, lazy, money, ngettext, number_
from lms.enrolment.models import Deed, Pool
from lms.ledger.models import Unit

_LARGEST = 10**11  #: a thousand million euros: beyond it, somebody mistyped
_TYPED = re.compile(r"\d{1,12}(?:[.,]\d{1,2})?")
#: What moves places, in the words of whoever reads the list of movements.
DEEDS: dict[str, Lazy] = {
    Deed.OPENED: lazy("Put into the pool"),
    Deed.ADDED: lazy("Added to the total"),
    Deed.REMOVED: lazy("Taken out of the total"),
    Deed.GIVEN: lazy("Given to a unit"),
    Deed.TAKEN_BACK: lazy("Taken back from a unit"),
    Deed.TRANSFERRED: lazy("Moved between units"),
    Deed.ASSIGNED: lazy("Taken by people who enrolled"),
    Deed.RELEASED: lazy("Free again: people left"),
    Deed.USED: lazy("Used: people began"),
    Deed.CARRIED: lazy("Carried into the next period"),
    Deed.MERGED: lazy("Two units became one"),
}


def said(unit: Unit, amount: int) -> str:
    """Within a sentence: ``12 places``, ``1 200,00 €``."""
    if unit is Unit.CREDIT_CENTS:
        return money(amount)
    return ngettext("%(num)s place", "%(num)s places", amount)


def figure(unit: Unit, amount: int) -> str:
    """In a table, whose heading says of what: ``12``, ``1 200,00 €``."""
    return money(amount) if unit is Unit.CREDIT_CENTS else number_(amount)


def of(pool: Pool, amount: int) -> str:
    """So much of this pool, within a sentence."""
    return said(pool.unit, amount)


def read(unit: Unit, typed: str) -> int | None:
    """What somebody typed, in the unit: ``1 200,50`` euros are 120,050 cents. None for what is no such amount."""
    plain = re.sub(r"[\s€]", "", typed)
    if not _TYPED.fullmatch(plain) or (unit is not Unit.CREDIT_CENTS and not plain.isdigit()):
        return None
    value = Decimal(plain.replace(",", ".")) * (100 if unit is Unit.CREDIT_CENTS else 1)
    return int(value) if value <= _LARGEST else None


def typed(unit: Unit, amount: int) -> str:
    """The same as it would be typed: ``1200.50`` in a field."""
    return f"{Decimal(amount) / 100:.2f}".replace(".", ",") if unit is Unit.CREDIT_CENTS else str(amount)


def in_file(unit: Unit, amount: int) -> int | Decimal:
    """The same as a cell holds it: places, or euros."""
    return Decimal(amount) / 100 if unit is Unit.CREDIT_CENTS else amount
