"""What the journal says: to administrators of all in their sight, to everybody of their own file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, false, or_, select

from lms.core import counting, journal
from lms.core.clock import now
from lms.core.db import AnySelect, session
from lms.core.journal import Entry
from lms.organisations.actor import Actor
from lms.organisations.models import Organisation
from lms.organisations.queries import people_in_sight, place_in_tree
from lms.people import queries as people
from lms.people.models import Person
from lms.records import words

PAGE_SIZE = 50
MOST_EXPORTED = 10_000  #: lines that one file of the journal holds
ALERT_DAYS = 30  #: for which an alert stands on the journal's page


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lines somebody wants to see. ``who``: a name, or what else finds a person; days are those of ``zone``."""

    who: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None
    person_id: int = 0

    @property
    def is_narrow(self) -> bool:
        """Whether anything was asked for."""
        return bool(self.who or self.kind or self.since or self.until or self.person_id)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the journal as people read it. Names are empty where nobody is known by that number."""

    at: datetime
    verb: str
    by: str
    by_id: int | None
    on_behalf_of: str
    about: str
    about_id: int | None
    details: Mapping[str, Any]
    organisation: str = ""

    @property
    def word(self) -> str:
        """What was done."""
        return words.word(self.verb)

    @property
    def more(self) -> str:
        """What else there is to say."""
        return words.details(self.details)

    @property
    def roles(self) -> str:
        """In what quality."""
        return words.roles(self.details)


@dataclass(frozen=True, slots=True)
class Lines:
    """One page of the journal, newest first."""

    rows: Sequence[Line]
    number: int
    total: int
    size: int = PAGE_SIZE
    and_more: bool = False


def lines_in_sight(actor: Actor, asked: Asked, page: int = 1) -> Lines:
    """The lines by or about people whom this administrator sees; at the root of the tree, all of the customer's."""
    found = _in_sight(actor, asked)
    number, total, and_more = counting.page_of(found, page, PAGE_SIZE)
    newest = (
        found.order_by(Entry.at.desc(), Entry.id.desc()).limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)
    )
    return Lines(_worded(actor.tenant_id, newest), number, total, and_more=and_more)


def lines_to_export(actor: Actor, asked: Asked) -> list[Line]:
    """The same lines for a file, at most ``MOST_EXPORTED``."""
    found = _in_sight(actor, asked).order_by(Entry.at.desc(), Entry.id.desc())
    return _worded(actor.tenant_id, found.limit(MOST_EXPORTED))


def alerts(actor: Actor) -> list[Line]:
    """Who read many files lately, newest first."""
    recent = Entry.verb == journal.WARNED, Entry.at > now() - timedelta(days=ALERT_DAYS)
    found = _in_sight(actor, Asked()).where(*recent)
    return _worded(actor.tenant_id, found.order_by(Entry.at.desc(), Entry.id.desc()).limit(20))


def lines_about_me(actor: Actor, page: int = 1) -> Lines:
    """Who looked at the actor's own file, or changed it: all but what they did themselves."""
    mine = (
        Entry.tenant_id == actor.tenant_id,
        Entry.subject_id == actor.person_id,
        or_(Entry.person_id.is_(None), Entry.person_id != actor.person_id),
    )
    found = select(Entry.id).where(*mine)
    number, total, and_more = counting.page_of(found, page, PAGE_SIZE)
    newest = (
        found.order_by(Entry.at.desc(), Entry.id.desc()).limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)
    )
    return Lines(_worded(actor.tenant_id, newest), number, total, and_more=and_more)


def erasure_in_sight(actor: Actor, entry_id: int) -> Entry | None:
    """The line of an erasure that this administrator did: its receipt."""
    found = select(Entry).where(
        Entry.tenant_id == actor.tenant_id,
        Entry.id == entry_id,
        Entry.verb == "people-erased",
        Entry.person_id == actor.person_id,
    )
    return session.scalars(found).one_or_none()


def _in_sight(actor: Actor, asked: Asked) -> AnySelect:
    """Ids of the lines that this administrator may see and asked for."""
    found: AnySelect = select(Entry.id).where(Entry.tenant_id == actor.tenant_id, *_narrowed(actor, asked))
    if place_in_tree(actor)[0]:
        return found
    sight = people_in_sight(actor)
    return found.where(or_(Entry.person_id.in_(sight), Entry.subject_id.in_(sight)))


def _narrowed(actor: Actor, asked: Asked) -> Iterable[ColumnElement[bool]]:
    zone = ZoneInfo(actor.zone)
    if asked.kind:
        yield Entry.verb.in_(words.verbs_of(asked.kind))
    if asked.since:
        yield Entry.at >= datetime.combine(asked.since, time(), zone)
    if asked.until:
        yield Entry.at < datetime.combine(asked.until + timedelta(days=1), time(), zone)
    if asked.who or asked.person_id:
        ids = [asked.person_id] if asked.person_id else []
        if asked.who:
            ids += [one.id for one in people.persons_matching(actor, asked.who).rows]
        mine = [column.in_(ids) for column in (Entry.person_id, Entry.subject_id, Entry.for_id)]
        yield or_(*mine) if ids else false()


def _worded(tenant_id: int, ids: AnySelect) -> list[Line]:
    """These lines with the names of whom they speak of: three statements."""
    chosen = ids.subquery()
    found = select(Entry).where(Entry.tenant_id == tenant_id, Entry.id.in_(select(chosen.c.id)))
    rows = session.scalars(found.order_by(Entry.at.desc(), Entry.id.desc())).all()
    persons, by_account = _persons(tenant_id, rows)
    places = _places(tenant_id, rows)
    return [_line(row, persons, by_account, places) for row in rows]


def _line(
    row: Entry, persons: Mapping[int, Person], by_account: Mapping[int, Person], places: Mapping[int, str]
) -> Line:
    by = persons.get(row.person_id or 0) or by_account.get(row.account_id or 0)
    on_behalf_of, about = persons.get(row.for_id or 0), persons.get(row.subject_id or 0)
    return Line(
        at=row.at,
        verb=row.verb,
        by=by.name if by else "",
        by_id=by.id if by else None,
        on_behalf_of=on_behalf_of.name if on_behalf_of else "",
        about=about.name if about else "",
        about_id=about.id if about else None,
        details=row.details,
        organisation=places.get(row.details.get("organisation", 0), ""),
    )


def _persons(tenant_id: int, rows: Iterable[Entry]) -> tuple[dict[int, Person], dict[int, Person]]:
    ids = {one for row in rows for one in (row.person_id, row.subject_id, row.for_id) if one}
    accounts = {row.account_id for row in rows if row.account_id and not row.person_id}
    found = select(Person).where(
        Person.tenant_id == tenant_id, or_(Person.id.in_(ids), Person.account_id.in_(accounts))
    )
    persons = session.scalars(found).all()
    by_account = {one.account_id: one for one in persons if one.account_id}
    return {one.id: one for one in persons}, by_account


def _places(tenant_id: int, rows: Iterable[Entry]) -> dict[int, str]:
    ids = {row.details["organisation"] for row in rows if isinstance(row.details.get("organisation"), int)}
    found = select(Organisation.id, Organisation.name).where(
        Organisation.tenant_id == tenant_id, Organisation.id.in_(ids)
    )
    return dict(session.execute(found).all())
