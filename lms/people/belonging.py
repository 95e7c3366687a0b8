"""What somebody is, and where. This room knows accounts and persons; the rooms above know who is what, and say so here.

A member is a file of a room's ``belongings/``; today there is one, the membership of an organisation.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import false, select

from lms.core.db import AnySelect
from lms.core.errors import Refused
from lms.core.kinds import Kind
from lms.people.models import Person


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere an account leads: what is taken in hand at the sign-in."""

    tenant_id: int
    organisation_id: int
    name: str
    roles: tuple[str, ...]  #: in the reader's language
    person_id: int = 0
    slug: str = ""


@dataclass(frozen=True, slots=True)
class Tie:
    """What somebody is at one place, as the staff see it; ``may_end``: whether the reader may end it."""

    id: int
    place: str
    role: str  #: in the reader's language
    until: datetime | None
    follower: str
    may_end: bool
    is_learner: bool


@dataclass(frozen=True, slots=True)
class Openings:
    """Where an actor may put people, and as what: value and words."""

    places: list[tuple[int, str]]
    roles: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Host:
    """Whose door this is: what the sign-in page shows of an organisation before anybody is known."""

    slug: str
    name: str
    accent_url: str
    logo_url: str
    phone: str
    hours: str


class Belonging(Kind):
    """A family of ties between people and places."""

    name: ClassVar[str] = ""

    def places(self, account_id: int) -> Sequence[Place]:
        """Where this account leads, the most useful first."""
        raise NotImplementedError

    def of_person(self, tenant_id: int, person_id: int) -> Sequence[Place]:
        """What this person is, and where."""
        raise NotImplementedError

    def host(self, slug: str) -> Host | None:
        """The organisation of this short name, as a door shows it."""
        raise NotImplementedError

    def actor(self, place: Place, token: str) -> Any:
        """Whoever acts at this place with this session: what Flask-Login keeps. None: nobody."""
        raise NotImplementedError

    def why_to_stay(self, _tenant_id: int, _person_ids: Collection[int]) -> Refused | None:
        """Why these people cannot all be erased, and what to do first; None: nothing speaks against it."""
        return None

    def ties(self, actor: Any, person_id: int) -> list[Tie]:
        """What this person is, and where, as the actor sees it."""
        raise NotImplementedError

    def openings(self, actor: Any) -> Openings:
        """Where the actor may put people, and as what."""
        raise NotImplementedError

    def settle(self, actor: Any, person_id: int, place: int, role: str, until: date | None) -> None:
        """Make the person something there. Raises ``Refused``: not theirs to give, or not so long."""
        raise NotImplementedError

    def end(self, actor: Any, person_id: int, tie_id: int) -> None:
        """End what somebody is at one place. Raises ``Refused``: the last one, or not theirs to end."""
        raise NotImplementedError

    def move(self, actor: Any, person_id: int, place: int) -> None:
        """Take a learner of the places in the actor's sight to this one. Raises ``Refused``."""
        raise NotImplementedError

    def followers(self, actor: Any) -> list[tuple[int, str]]:
        """Who may follow learners of the actor's organisations: number and name."""
        raise NotImplementedError

    def follow(self, actor: Any, person_id: int, follower_id: int | None) -> None:
        """Say who follows this learner from now on; None: nobody. Raises ``Refused``."""
        raise NotImplementedError

    def more_than_learners(self) -> AnySelect:
        """Ids of the persons who are more than learners: no printed card opens their account."""
        raise NotImplementedError


def places(account_id: int) -> list[Place]:
    """Where this account leads, the most useful first."""
    return [place for kind in Belonging.registered.values() for place in kind().places(account_id)]


def of_person(tenant_id: int, person_id: int) -> list[Place]:
    """What this person is, and where."""
    return [one for kind in Belonging.registered.values() for one in kind().of_person(tenant_id, person_id)]


def ties(actor: Any, person_id: int) -> list[Tie]:
    """What this person is, and where, as the actor sees it."""
    return [one for kind in Belonging.registered.values() for one in kind().ties(actor, person_id)]


def membership() -> Belonging:
    """The ties that people are given by hand."""
    kind: type[Belonging] = Belonging.registered["membership"]
    return kind()


def host(slug: str) -> Host | None:
    """The organisation of this short name, as a door shows it; None: no such door."""
    found = (kind().host(slug) for kind in Belonging.registered.values())
    return next((one for one in found if one is not None), None)


def actor_at(place: Place, token: str) -> Any:
    """Whoever acts at this place with this session; None: nobody."""
    found = (kind().actor(place, token) for kind in Belonging.registered.values())
    return next((actor for actor in found if actor is not None), None)


def refuse_if_needed(tenant_id: int, person_ids: Collection[int]) -> None:
    """Raises the ``Refused`` that says why these people cannot all be erased."""
    for kind in Belonging.registered.values():
        reason: Refused | None = kind().why_to_stay(tenant_id, person_ids)
        if reason is not None:
            raise reason


def more_than_learners() -> AnySelect:
    """Ids of the persons who are more than learners, to filter by."""
    known: list[AnySelect] = [kind().more_than_learners() for kind in Belonging.registered.values()]
    return known[0] if known else select(Person.id).where(false())
