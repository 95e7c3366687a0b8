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


def people_in_sight(actor: Any) -> AnySelect:
    """Ids of all persons whom the actor sees, to filter by: ``Person.id.in_(people_in_sight(actor))``."""
    kinds: list[Sight] = [kind() for kind in Sight.registered.values()]
    given = [one for kind in kinds if (one := kind.people(actor)) is not None]
    if not given:
        return select(Person.id).where(false())
    if len(given) == 1:
        return given[0]
    all_of_them = union(*given).subquery()
    return select(all_of_them.c[0])
