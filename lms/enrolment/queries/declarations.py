"""What is to be declared in Kairos or EDOF, and what was: worked out from how members stand, never written in advance."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, select
from sqlalchemy.orm import aliased

from lms.core import counting
from lms.core.clock import today
from lms.core.db import AnyRow, AnySelect, session
from lms.courses.models import Course
from lms.enrolment.models import Cohort, Declaration, Enrolment, Member
from lms.enrolment.portals import Portal, Slot
from lms.enrolment.queries import facts, sight
from lms.enrolment.queries.declaration_lines import LOOKED_BACK, SAID, Line, State, line, lines
from lms.enrolment.queries.listing import PAGE, Page
from lms.organisations.actor import ENROLLERS, Actor
from lms.organisations.models import Organisation
from lms.organisations.queries import in_hand
from lms.people.models import Person

TOLD = 100  #: people of whom something is open that a first page counts: beyond, it says that there are more
_FEW = 500  #: cohorts that are named one by one
MOST = 10_000  #: people of whom something is open, that one list goes through
_entry, _exit = aliased(Declaration), aliased(Declaration)


@dataclass(frozen=True, slots=True)
class DeclarationFilter:
    """What the address of the list asks for. ``state``: empty for all that is to be done."""

    cohort_id: int = 0
    portal: str = ""
    state: str = ""
    number: int = 1


@dataclass(frozen=True, slots=True)
class Tally:
    """How many declarations are to be made in time, late, to be corrected; and whether there are more than were counted."""

    open: int
    late: int
    to_correct: int
    and_more: bool = False

    @property
    def total(self) -> int:
        """All that is to be done."""
        return self.open + self.late + self.to_correct


@dataclass(frozen=True, slots=True)
class Declarations:
    """One page of the list, how many there are of each state, and the cohorts to choose among: number and name."""

    page: Page
    tally: Tally
    cohorts: Sequence[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Declared:
    """All that is, or was, to be declared of somebody in a cohort; ``planned``: seconds that their courses are to take."""

    lines: Sequence[Line]
    planned: int
    who: dict[int, str]

    @property
    def about(self) -> AnyRow:
        """The member, with person and cohort."""
        return self.lines[0].about


def declarations(actor: Actor, asked: DeclarationFilter) -> Declarations:
    """One page of the list, by portal and due date; what is ticked off, the latest first."""
    everything, and_more = _to_do(actor, asked.cohort_id)
    mine = _matching(everything, replace(asked, state=""))
    cohorts = sorted({(one.about.cohort_id, one.about.cohort) for one in everything}, key=lambda one: one[1])
    tally = _tally(mine, and_more)
    if asked.state == State.DECLARED:
        return Declarations(_ticked_page(actor, asked), tally, cohorts)
    found = _matching(mine, asked)
    number = min(max(asked.number, 1), max(1, -(-len(found) // PAGE)))
    rows: Any = found[(number - 1) * PAGE : number * PAGE]
    return Declarations(Page(rows, number, len(found), and_more=False), tally, cohorts)


def declarations_in_full(actor: Actor, asked: DeclarationFilter) -> tuple[list[Line], dict[int, int]]:
    """All lines of the list for a file, at most ``MOST``; and seconds that the courses of each member are to take."""
    if asked.state == State.DECLARED:
        rows = session.execute(_ticked(actor, asked).order_by(*_LATEST).limit(MOST)).all()
        found = _ticked_lines(rows)
    else:
        found = _matching(_to_do(actor, asked.cohort_id)[0], asked)
    return found, planned_seconds(actor.tenant_id, {one.about.member_id for one in found})


def declarations_to_do(actor: Actor) -> Tally:
    """How many there are for the first page: of at most ``TOLD`` people, whoever is found first."""
    mine = _open(actor).order_by(None).limit(TOLD + 1)
    own = Cohort.tenant_id == actor.tenant_id, Cohort.organisation_id.in_(in_hand(actor))
    cohorts = session.scalars(select(Cohort.id).where(*own).limit(_FEW + 1)).all()
    if (
        len(cohorts) <= _FEW
    ):  # else PostgreSQL walks through everybody's members until it has met enough of these
        mine = mine.where(Member.cohort_id.in_(cohorts))
    rows = session.execute(mine).all()
    found = [one for row in rows[:TOLD] for one in lines(row) if _is_to_do(one)]
    return _tally(found, len(rows) > TOLD)


def declared_member(actor: Actor, member_id: int) -> Declared | None:
    """What is to be declared of a member in sight; None where there is nothing."""
    row = session.execute(_members(actor).where(Member.id == member_id)).one_or_none()
    found = list(lines(row)) if row is not None else []
    if not found:
        return None
    by = {one.said.by_id for one in found if one.said and one.said.by_id}
    own = Person.tenant_id == actor.tenant_id, Person.id.in_(by)
    named = session.execute(select(Person.id, Person.first_name, Person.last_name).where(*own))
    who = {one.id: f"{one.first_name} {one.last_name}" for one in named}
    return Declared(found, planned_seconds(actor.tenant_id, {member_id}).get(member_id, 0), who)


def chosen_lines(actor: Actor, keys: Mapping[str, int]) -> list[Line]:
    """Those of these declarations that the actor sees, and that are as they were: keys of lines, each with its member."""
    mine = _members(actor).where(Member.id.in_(set(keys.values())))
    found = (one for row in session.execute(mine.order_by(Member.id)) for one in lines(row))
    return [one for one in found if one.key in keys]


def planned_seconds(tenant_id: int, member_ids: Iterable[int]) -> dict[int, int]:
    """Member -> seconds that the courses are to take, each counted once however often it was begun."""
    courses = (
        select(Enrolment.member_id, Enrolment.course_id)
        .where(Enrolment.tenant_id == tenant_id, Enrolment.member_id.in_(set(member_ids)))
        .distinct()
        .subquery()
    )
    minutes = select(courses.c.member_id, func.sum(Course.minutes)).join(
        Course, and_(Course.tenant_id == tenant_id, Course.id == courses.c.course_id)
    )
    return {member: int(sum_) * 60 for member, sum_ in session.execute(minutes.group_by(courses.c.member_id))}


def _to_do(actor: Actor, cohort_id: int) -> tuple[list[Line], bool]:
    """All that is to be done, in order, and whether there is more; of one cohort alone where all would be too many."""
    rows = session.execute(_open(actor).limit(MOST + 1)).all()
    if len(rows) > MOST and cohort_id:
        rows = session.execute(_open(actor).where(Member.cohort_id == cohort_id).limit(MOST + 1)).all()
    found = [one for row in rows[:MOST] for one in lines(row) if _is_to_do(one)]
    return sorted(found, key=_place), len(rows) > MOST


def _place(one: Line) -> tuple[str, date, str, int, str]:
    """By portal, then what is to be taken back, then by the day until which it is due."""
    return one.portal, one.due_on or date.min, one.about.sort_name, one.about.member_id, one.slot


def _is_to_do(one: Line) -> bool:
    return one.state is not State.DECLARED


def _matching(some: Sequence[Line], asked: DeclarationFilter) -> list[Line]:
    return [
        one
        for one in some
        if (not asked.cohort_id or one.about.cohort_id == asked.cohort_id)
        and (not asked.portal or one.portal == asked.portal)
        and (not asked.state or one.state == asked.state)
    ]


def _tally(some: Sequence[Line], and_more: bool) -> Tally:
    of = Counter(one.state for one in some)
    return Tally(of[State.OPEN], of[State.LATE], of[State.TO_CORRECT], and_more)


def _open(actor: Actor) -> AnySelect:
    """Members of whom something is to be declared, or to be corrected."""
    since, known = today() - LOOKED_BACK, facts.schemes(actor.tenant_id)
    return _members(actor, known).where(facts.is_to_do(_entry, _exit, since, known)).order_by(Member.id)


def _members(actor: Actor, known: facts.Schemes | None = None) -> AnySelect:
    """Members in sight, with their facts and with what was ticked off of them."""
    declared = [(table, _of_slot(table, slot)) for slot, table in _slots()]
    found = _about(known or facts.schemes(actor.tenant_id), *declared)
    said = (getattr(one, name).label(f"{slot}_{name}") for slot, one in _slots() for name in SAID)
    return found.add_columns(*said).where(*_in_sight(actor))


def _slots() -> tuple[tuple[Slot, Any], ...]:
    return (Slot.ENTRY, _entry), (Slot.EXIT, _exit)


def _of_slot(table: Any, slot: Slot) -> ColumnElement[bool]:
    return and_(table.tenant_id == Member.tenant_id, table.member_id == Member.id, table.slot == slot)


def _in_sight(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """Of the cohorts in hand, those whom an enroller sees there by name."""
    own = Member.tenant_id == actor.tenant_id, Cohort.organisation_id.in_(in_hand(actor))
    if not actor.is_any(*ENROLLERS):
        return *own, false()
    return own if actor.sees_branch else (*own, sight.members(actor))


def _about(known: facts.Schemes, *declared: tuple[Any, ColumnElement[bool]]) -> AnySelect:
    """A member with cohort, organisation and person; ``declared`` are looked up before these two, which few rows reach."""
    found = select(
        Member.tenant_id, Member.id.label("member_id"), Member.person_id, Member.steps_done, Member.steps_total,
        Member.seconds, Member.withdrawal_reason, Person.first_name, Person.last_name, Person.sort_name,
        Person.birth_date, Person.agency_identifier, Cohort.id.label("cohort_id"), Cohort.name.label("cohort"),
        Cohort.agreement, func.coalesce(Member.action_number, Cohort.action_number).label("action_number"),
        func.coalesce(Member.session_number, Cohort.session_number).label("session_number"),
        facts.scheme().label("scheme"), known.portal().label("now_portal"), facts.last_day().label("last_day"),
        facts.entry().label("now_entry"), facts.entry_moment().label("now_entry_at"),
        facts.exit_().label("now_exit"), facts.exit_moment().label("now_exit_at"),
        Organisation.zone, Organisation.address, Organisation.safir,
    )  # fmt: skip
    cohort = and_(Cohort.tenant_id == Member.tenant_id, Cohort.id == Member.cohort_id)
    found = found.select_from(Member).join(Cohort, cohort)
    for table, on in declared:
        found = found.outerjoin(table, on)
    unit = and_(Organisation.tenant_id == Cohort.tenant_id, Organisation.id == Cohort.organisation_id)
    who = and_(Person.tenant_id == Member.tenant_id, Person.id == Member.person_id)
    return found.join(Organisation, unit).join(Person, who)


_LATEST = Declaration.at.desc(), Declaration.id.desc()


def _ticked(actor: Actor, asked: DeclarationFilter) -> AnySelect:
    """What was ticked off, each with its member."""
    of = and_(Declaration.tenant_id == Member.tenant_id, Declaration.member_id == Member.id)
    said = (getattr(Declaration, name).label(f"said_{name}") for name in SAID)
    where = [*_in_sight(actor), Declaration.tenant_id == actor.tenant_id]
    if asked.cohort_id:
        where.append(Member.cohort_id == asked.cohort_id)
    if asked.portal in list(Portal):
        where.append(Declaration.portal == Portal(asked.portal))
    found = _about(facts.schemes(actor.tenant_id)).join(Declaration, of)
    return found.add_columns(Declaration.slot, *said).where(*where)


def _ticked_page(actor: Actor, asked: DeclarationFilter) -> Page:
    found = _ticked(actor, asked)
    number, total, and_more = counting.page_of(found.with_only_columns(Declaration.id), asked.number, PAGE)
    rows = session.execute(found.order_by(*_LATEST).limit(PAGE).offset((number - 1) * PAGE)).all()
    shown: Any = _ticked_lines(rows)
    return Page(shown, number, total, and_more=and_more)


def _ticked_lines(rows: Sequence[AnyRow]) -> list[Line]:
    found = (line(row, row.slot, "said") for row in rows)
    return [one for one in found if one is not None]
