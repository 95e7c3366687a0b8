"""Whom somebody sees: each room that gives people a reason to see others says so in its ``sights/``."""

from typing import Any, ClassVar

from sqlalchemy import false, select, union

from lms.core.db import AnySelect
from lms.core.kinds import Kind
from lms.people.models import Person


class Sight(Kind):
    """A family of reasons to see people: the branch of the tree below oneself, a cohort that is shared."""

    name: ClassVar[str] = ""

    def people(self, actor: Any) -> AnySelect | None:
        """Ids of the persons whom the actor sees for this reason; None where it gives nobody."""
        raise NotImplementedError

    def by_name(self, actor: Any) -> AnySelect | None:
        """The same persons but those archived, as rows of ``sort_name`` and ``person_id``, where an index has that order.

        None where none has: they are then found among all persons of the tenant.
        """
        return None


def people_in_sight(actor: Any) -> AnySelect:
    """Ids of all persons whom the actor sees, to filter by: ``Person.id.in_(people_in_sight(actor))``."""
    given = [one for kind in _kinds() if (one := kind.people(actor)) is not None]
    if not given:
        return select(Person.id).where(false())
    if len(given) == 1:
        return given[0]
    all_of_them = union(*given).subquery()
    return select(all_of_them.c[0])


def people_by_name(actor: Any) -> AnySelect | None:
    """All persons whom the actor sees, by name, as rows of ``sort_name`` and ``person_id``; None where no index has them so."""
    reasons = [kind for kind in _kinds() if kind.people(actor) is not None]
    return reasons[0].by_name(actor) if len(reasons) == 1 else None


def _kinds() -> list[Sight]:
    return [kind() for kind in Sight.registered.values()]
