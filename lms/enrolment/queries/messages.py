"""What was written to people, and to whom a convocation would go. Nothing here writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from config import settings
from lms.core.db import AnyRow, AnySelect, session
from lms.core.post import Mail, Way
from lms.enrolment.models import Cohort, Enrolment, Member, Reminder
from lms.enrolment.queries import sight
from lms.enrolment.queries.listing import Page
from lms.enrolment.states import MemberState
from lms.organisations.actor import Actor
from lms.people.models import Person

TO_PRINT = "to-print"  #: state of a letter that nobody posted yet
MOST = 5_000  #: people who are convoked at once
LETTERS = 100  #: in one file: a minute is enough to draw them
SHOWN = 50  #: lines on a page
#: States by the word that the page shows and is asked for.
STATES = {
    "waiting": ("waiting", "leaving"),
    "sent": ("sent", "posted"),
    "failed": ("failed",),
    TO_PRINT: (TO_PRINT,),
}


@dataclass(frozen=True, slots=True)
class Outlook:
    """Whom a convocation is for: how many have each way, were convoked before, or can't be (any more)."""

    member_ids: tuple[int, ...]
    ways: dict[Way, int]
    #: Of those who would only be written to once more.
    before: int
    others: int


def way_of() -> ColumnElement[str]:
    """By which way a ``Person`` is reached: e-mail, else a text to a mobile telephone where texts are sent, else on paper."""
    ways: list[Any] = [(and_(Person.email.is_not(None), Person.email != ""), Way.MAIL.value)]
    if settings.current().sms_url:
        mobile = or_(*(Person.phone.startswith(begins) for begins in ("06", "07", "+")))
        ways.append((mobile, Way.SMS.value))
    return case(*ways, else_=Way.LETTER.value)


def to_convoke(actor: Actor, cohort: Cohort, member_ids: Sequence[int] | None) -> Outlook:
    """What a convocation of these members would do; None: of everybody who is only registered. At most ``MOST`` people."""
    which = [Member.tenant_id == cohort.tenant_id, Member.cohort_id == cohort.id, sight.members(actor)]
    if member_ids is None:
        which.append(Member.state == MemberState.REGISTERED)
    else:
        which.append(Member.id.in_(list(member_ids)[:MOST]))
    found = session.execute(
        select(Member.id, Member.state, way_of().label("way"))
        .join(Person, and_(Person.tenant_id == Member.tenant_id, Person.id == Member.person_id))
        .where(*which)
        .order_by(Person.sort_name, Member.id)
        .limit(MOST)
    ).all()
    new = [row for row in found if row.state is MemberState.REGISTERED]
    before = sum(row.state is MemberState.CONVOKED for row in found)
    ways = {way: sum(row.way == way.value for row in new) for way in Way}
    return Outlook(tuple(row.id for row in found), ways, before, len(found) - len(new) - before)


def sent_in_cohort(actor: Actor, cohort: Cohort, state: str, number: int) -> Page:
    """A page of what was written to people of the cohort whom the actor sees, the latest first."""
    found = _sent(_of_cohort(cohort)).where(_in_sight(actor, cohort))
    if state in STATES:
        found = found.where(Mail.state.in_(STATES[state]))
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    number = max(1, min(number, -(-total // SHOWN)))
    rows = found.order_by(Mail.id.desc()).limit(SHOWN).offset((number - 1) * SHOWN)
    return Page(session.execute(rows).all(), number, total, SHOWN)


def sent_states(actor: Actor, cohort: Cohort) -> dict[str, int]:
    """How many messages of the cohort are in each of ``STATES``."""
    found = (
        select(Mail.state, func.count())
        .where(Mail.tenant_id == cohort.tenant_id, _of_cohort(cohort), _in_sight(actor, cohort))
        .group_by(Mail.state)
    )
    counted = {row[0]: row[1] for row in session.execute(found)}
    return {word: sum(counted.get(state, 0) for state in states) for word, states in STATES.items()}


def sent_to_people(tenant_id: int, person_ids: Sequence[int]) -> Sequence[AnyRow]:
    """What is kept as the proof of having been written to somebody, the latest first. At most 100."""
    found = _sent(and_(Mail.about != "", Mail.person_id.in_(person_ids)))
    return session.execute(found.where(Mail.tenant_id == tenant_id).order_by(Mail.id.desc()).limit(100)).all()


def letters_waiting(cohort: Cohort) -> int:
    """How many letters of the cohort wait to be printed and posted."""
    return session.scalar(select(func.count(Mail.id)).where(*_waits(cohort))) or 0


def letters(cohort: Cohort, first: int = 0) -> Sequence[AnyRow]:
    """Those letters, by name: ``LETTERS`` of them from the one with this number on (0: the first)."""
    found = (
        select(Mail.details, Mail.language, Mail.zone)
        .join(Person, and_(Person.tenant_id == Mail.tenant_id, Person.id == Mail.person_id))
        .where(*_waits(cohort))
        .order_by(Person.sort_name, Mail.id)
    )
    return session.execute(found.limit(LETTERS).offset(first)).all()


def _waits(cohort: Cohort) -> tuple[ColumnElement[bool], ...]:
    return Mail.tenant_id == cohort.tenant_id, Mail.about == f"cohort/{cohort.id}", Mail.state == TO_PRINT


def _sent(which: ColumnElement[bool]) -> AnySelect:
    columns = (
        *(Mail.id, Mail.key, Mail.kind, Mail.way, Mail.address, Mail.state, Mail.due_at, Mail.sent_at, Mail.answer),
        *(Mail.attempt, Person.first_name, Person.last_name),
    )  # fmt: skip
    return (
        select(*columns)
        .join(Person, and_(Person.tenant_id == Mail.tenant_id, Person.id == Mail.person_id))
        .where(which)
    )


def _of_cohort(cohort: Cohort) -> ColumnElement[bool]:
    """Convocations and welcomes of the cohort, and reminders of its courses."""
    reminders = (
        select(Reminder.mail_key)
        .join(
            Enrolment, and_(Enrolment.tenant_id == Reminder.tenant_id, Enrolment.id == Reminder.enrolment_id)
        )
        .where(Reminder.tenant_id == cohort.tenant_id, Enrolment.cohort_id == cohort.id)
    )
    own = or_(Mail.about == f"cohort/{cohort.id}", Mail.key.in_(reminders))
    return and_(Mail.tenant_id == cohort.tenant_id, own)


def _in_sight(actor: Actor, cohort: Cohort) -> ColumnElement[bool]:
    people = select(Member.person_id).where(
        Member.tenant_id == cohort.tenant_id, Member.cohort_id == cohort.id, sight.members(actor)
    )
    return Mail.person_id.in_(people)
