"""What is handed over of this room's tables when two persons, or two organisations, become one."""

from typing import Any, ClassVar

from sqlalchemy import and_, case, delete, or_, select, update
from sqlalchemy.orm import aliased

from lms.core.db import session
from lms.core.handover import Handover, Pair
from lms.core.i18n import lazy
from lms.organisations.models import Membership
from lms.people.models import Person

_double = aliased(Membership)


class OneMembership:
    """Where both are the same thing in the same place, one row says so: with whoever follows them, and the later end."""

    #: The column that is handed over, and those that tell whether a row is there already.
    column: ClassVar[str]
    same: ClassVar[tuple[str, ...]]

    def complete(self, pair: Pair) -> None:
        """What only the row that goes knows is written into the one that stays."""
        theirs = select(_double).where(self._is_double(pair)).correlate(Membership)
        follower = theirs.with_only_columns(_double.follower_id).scalar_subquery()
        ends_at = theirs.with_only_columns(_double.ends_at).scalar_subquery()
        lasts = case(
            (or_(Membership.ends_at.is_(None), ends_at.is_(None)), None),
            (ends_at > Membership.ends_at, ends_at),
            else_=Membership.ends_at,
        )
        follows = case((Membership.follower_id.is_(None), follower), else_=Membership.follower_id)
        kept = Membership.tenant_id == pair.tenant_id, getattr(Membership, self.column) == pair.kept_id
        change = update(Membership).where(*kept, theirs.exists())
        _do(change.values(follower_id=follows, ends_at=lasts))

    def drop_doubles(self, pair: Pair) -> None:
        """Take away the rows that the other one has too."""
        kept = select(_double.id).where(
            _double.tenant_id == Membership.tenant_id,
            getattr(_double, self.column) == pair.kept_id,
            *(getattr(_double, name) == getattr(Membership, name) for name in self.same),
        )
        theirs = Membership.tenant_id == pair.tenant_id, getattr(Membership, self.column) == pair.gone_id
        _do(delete(Membership).where(*theirs, kept.correlate(Membership).exists()))

    def _is_double(self, pair: Pair) -> Any:
        return and_(
            _double.tenant_id == Membership.tenant_id,
            getattr(_double, self.column) == pair.gone_id,
            *(getattr(_double, name) == getattr(Membership, name) for name in self.same),
        )


class OfPerson(OneMembership, Handover):
    """What they are, and where; and whom they follow."""

    name = "membership.person"
    table = Membership
    label = lazy("Roles in organisations")
    column = "person_id"
    same = ("organisation_id", "role")

    def hand_over(self, pair: Pair) -> None:
        self.complete(pair)
        self.drop_doubles(pair)
        mine = Membership.tenant_id == pair.tenant_id
        named = select(Person.sort_name).where(Person.tenant_id == pair.tenant_id, Person.id == pair.kept_id)
        moved = update(Membership).where(mine, Membership.person_id == pair.gone_id)
        _do(moved.values(person_id=pair.kept_id, sort_name=named.scalar_subquery()))
        _do(
            update(Membership)
            .where(mine, Membership.follower_id == pair.gone_id)
            .values(follower_id=pair.kept_id)
        )
        alone = update(Membership).where(mine, Membership.person_id == pair.kept_id)
        _do(alone.where(Membership.follower_id == pair.kept_id).values(follower_id=None))


class OfOrganisation(OneMembership, Handover):
    """Who is something there."""

    name = "membership.organisation"
    table = Membership
    label = lazy("Roles of people")
    column = "organisation_id"
    same = ("person_id", "role")

    def hand_over(self, pair: Pair) -> None:
        self.complete(pair)
        self.drop_doubles(pair)
        Handover.hand_over(self, pair)


def _do(statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))
