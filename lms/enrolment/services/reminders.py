"""Who is to be reminded, and whoever follows them: asked each hour, written in sets, each once.

A reminder is a row whose key holds a second one back; the mail is written with it. Two workers that ask at once stand
one behind the other, tenant by tenant.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, exists, insert, literal, or_, select

from config import settings
from lms.core import post
from lms.core.clock import now
from lms.core.db import AnyRow, AnySelect, session
from lms.core.tenants import Tenant
from lms.courses.models import Course
from lms.enrolment.models import SOON, Cohort, Enrolment, Reminder
from lms.enrolment.queries.attempts import is_latest
from lms.notifications.queries import Place, Texts, has_stopped, places, texts
from lms.notifications.topics import REMINDERS
from lms.people.models import Person

DUE_SOON, OVERDUE = "enrolment.due_soon", "enrolment.overdue"
WEEK, TIMES = 7, 3  #: days between reminders after the last day, and how many there are at most
PEOPLE = 1_000  #: written to in one transaction: SQLite has one writer
EACH = 5  #: rows read for each of them; who has more courses that end is written to all the same


@dataclass(frozen=True, slots=True)
class Group:
    """Organisations that ask the same question today: those in whose hours we are, by date and days before."""

    today: date
    days_before: int
    organisation_ids: tuple[int, ...]


def groups(found: dict[int, Place], at: datetime) -> list[Group]:
    """The organisations in whose hours ``at`` lies, put together as far as they ask alike."""
    alike: dict[tuple[date, int], list[int]] = defaultdict(list)
    for place in found.values():
        if place.rules.reminds and place.rules.is_open(at, place.zone):
            today = at.astimezone(ZoneInfo(place.zone)).date()
            alike[today, place.rules.days_before].append(place.id)
    return [Group(today, days, tuple(ids)) for (today, days), ids in alike.items()]


def waits_for(tenant_id: int) -> bool:
    """Whether anybody of this tenant is to be reminded now. Reads only: the usual answer is no."""
    asked = groups(places(tenant_id), now())
    return any(session.execute(_due(tenant_id, group).limit(1)).first() is not None for group in asked)


def remind(tenant_id: int) -> int:
    """Write to at most ``PEOPLE`` people of this tenant, one mail each; how many. A constant number of statements."""
    hold_back_others(tenant_id)
    found = places(tenant_id)
    written = 0
    for group in groups(found, now()):
        rows = _rows(tenant_id, group, PEOPLE - written)
        if rows:
            written += _write(tenant_id, group, rows, found)
        if written >= PEOPLE:
            break
    return written


def hold_back_others(tenant_id: int) -> None:
    """Until the end of this transaction, nobody else writes reminders of this tenant."""
    row = select(Tenant.id).where(Tenant.id == tenant_id).with_for_update(key_share=True)
    session.execute(row)


def number_of(group: Group) -> ColumnElement[int]:
    """Which reminder a course has come to: 0 before its last day, 1 to 3 in the weeks after it."""
    weeks = [
        (Enrolment.due_on >= group.today - timedelta(days=WEEK * nth), literal(nth))
        for nth in range(1, TIMES)
    ]
    return case((Enrolment.due_on >= group.today, literal(SOON)), *weeks, else_=literal(TIMES))


def _due(tenant_id: int, group: Group) -> AnySelect:
    """Courses that somebody is to be reminded of: not done, not on hold, near or just past their last day, not told yet.

    With what a mail says of them. One pass, and each question about a row is a look into an index: PostgreSQL took minutes
    for the same asked in two layers while its tables were fresh.
    """
    number = number_of(group)
    told = exists().where(
        Reminder.tenant_id == Enrolment.tenant_id, Reminder.enrolment_id == Enrolment.id,
        Reminder.due_on == Enrolment.due_on, Reminder.number == number,
    )  # fmt: skip
    today = exists().where(
        Reminder.tenant_id == Enrolment.tenant_id, Reminder.person_id == Enrolment.person_id,
        Reminder.sent_on == group.today,
    )  # fmt: skip
    first = group.today - timedelta(days=WEEK * TIMES)
    last = group.today + timedelta(days=group.days_before)
    columns = (
        *(Enrolment.id, Enrolment.person_id, Enrolment.due_on, number.label("number"), Course.title),
        *(Cohort.organisation_id, Person.first_name, Person.email, Person.language),
    )  # fmt: skip
    return (
        select(*columns)
        .join(Course, and_(Course.tenant_id == Enrolment.tenant_id, Course.id == Enrolment.course_id))
        .join(Cohort, and_(Cohort.tenant_id == Enrolment.tenant_id, Cohort.id == Enrolment.cohort_id))
        .join(Person, and_(Person.tenant_id == Enrolment.tenant_id, Person.id == Enrolment.person_id))
        .where(
            Enrolment.tenant_id == tenant_id, Enrolment.due_on.between(first, last), *_runs(group.today),
            Cohort.organisation_id.in_(group.organisation_ids), *is_reached(Person),
            ~told, ~today, ~has_stopped(REMINDERS, Enrolment.tenant_id, Enrolment.person_id),
        )
    )  # fmt: skip


def _runs(today: date) -> tuple[ColumnElement[bool], ...]:
    """Whether a course is open, is the latest attempt at it, and waits for nothing but to be done."""
    return (
        *(Enrolment.due_on.is_not(None), Enrolment.completed_at.is_(None), Enrolment.withdrawn_at.is_(None)),
        *(Enrolment.suspended_at.is_(None), or_(Enrolment.opens_on.is_(None), Enrolment.opens_on <= today)),
        is_latest(),
    )


def is_reached(person: Any) -> tuple[ColumnElement[bool], ...]:
    """Whether a person has an address and an open file."""
    return person.email.is_not(None), person.archived_at.is_(None), person.suspended_at.is_(None)


def _rows(tenant_id: int, group: Group, most: int) -> Sequence[AnyRow]:
    """All courses of the next people, of one person together; at most so many people."""
    in_order = _due(tenant_id, group).order_by(Enrolment.person_id, Enrolment.due_on, Enrolment.id)
    limit = EACH * most
    found = session.execute(in_order.limit(limit)).all()
    people = list(dict.fromkeys(row.person_id for row in found))
    if len(found) == limit and len(people) > 1:
        people.pop()  # of the last one there may be more: their turn is the next
    chosen = set(people[:most])
    return [row for row in found if row.person_id in chosen]


def _write(tenant_id: int, group: Group, rows: Sequence[AnyRow], known: dict[int, Place]) -> int:
    """The reminders, and a mail for each person."""
    theirs: dict[int, list[AnyRow]] = defaultdict(list)
    for row in rows:
        theirs[row.person_id].append(row)
    reminders = [
        {
            "tenant_id": tenant_id, "enrolment_id": row.id, "person_id": row.person_id, "due_on": row.due_on,
            "number": row.number, "sent_on": group.today, "mail_key": _key(row.person_id, group.today),
        }
        for row in rows
    ]  # fmt: skip
    session.execute(insert(Reminder), reminders)
    own = texts(tenant_id, [DUE_SOON, OVERDUE])
    for kind in (DUE_SOON, OVERDUE):
        mails = [_mail(kind, mine, group, known, own) for mine in theirs.values() if _kind(mine) == kind]
        post.send_many(kind, mails, tenant_id=tenant_id, about=REMINDERS)
    return len(theirs)


def _mail(kind: str, mine: list[AnyRow], group: Group, known: dict[int, Place], own: Texts) -> dict[str, Any]:
    first = mine[0]
    place = known[first.organisation_id]
    details: dict[str, Any] = {
        "first_name": first.first_name, "organisation": place.name, "phone": place.help_phone,
        "address": settings.current().base_url,
        "courses": [[row.title, row.due_on.isoformat(), row.number != SOON] for row in mine],
    }  # fmt: skip
    if words := own.words(place.line, kind, first.language):
        details["wording"] = words
    return {
        "address": first.email, "details": details, "key": _key(first.person_id, group.today),
        "person_id": first.person_id, "language": first.language, "zone": place.zone,
    }  # fmt: skip


def _kind(mine: Iterable[AnyRow]) -> str:
    return OVERDUE if any(row.number != SOON for row in mine) else DUE_SOON


def _key(person_id: int, today: date) -> str:
    return f"reminder/{person_id}/{today.isoformat()}"
