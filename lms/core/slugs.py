"""Names that stand in addresses: unique in the whole installation, of which one tenant sees a part only."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from sqlalchemy.exc import IntegrityError

from lms.core.db import Model, session

T = TypeVar("T", bound=Model)
_MOST = 1_000


def numbered(base: str, taken: Iterable[str] = ()) -> Iterable[str]:
    """``base``, then ``base-2``, ``base-3`` and so on; without those that are ``taken`` from the start."""
    names = (base if n == 1 else f"{base}-{n}" for n in range(1, _MOST))
    return (name for name in names if name not in taken)


def added_with_first_free(slugs: Iterable[str], make: Callable[[str], T]) -> T | None:
    """The row that ``make`` makes of the first of these slugs that nobody has; None where each is taken.

    The database says which is free: those of other tenants can't be seen from here.
    """
    for slug in slugs:
        made = make(slug)
        try:
            with session.begin_nested():
                session.add(made)
                session.flush()  # inside the savepoint, so that a slug that is taken undoes nothing else
            return made
        except IntegrityError:
            continue
    return None
