"""Whom and what the lines of a file name besides the person: known names under a number, advisers, agencies.

A file names few agencies and advisers however long it is: they are looked up once each, not once a line.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from lms.core.db import AnyRow, session
from lms.core.i18n import sort_key
from lms.enrolment.models import Outcome, StagedRow
from lms.enrolment.reading.people_file import alike
from lms.organisations.models import Branch, Membership, Organisation, Role
from lms.people.models import Person

_CHUNK = 500
_SAID = (StagedRow.id, StagedRow.outcome, StagedRow.first_name, StagedRow.last_name, StagedRow.sort_name)
_KNOWN = (
    Person.first_name.label("known_first"),
    Person.last_name.label("known_last"),
    Person.sort_name.label("known_sort"),
)
_FOLLOWERS = (Role.ADVISER, Role.MANAGER, Role.HR_MANAGER, Role.MEDIATOR, Role.TRAINER, Role.ADMIN)


def align(mine: ColumnElement[bool]) -> None:
    """A number known in its long form (11 characters) or its short one (the last 8 of them) stays as it is known."""
    known = (
        select(Person.agency_identifier)
        .where(Person.tenant_id == StagedRow.tenant_id, Person.id == StagedRow.person_id, in_another_form())
        .correlate(StagedRow)
        .scalar_subquery()
    )
    change = update(StagedRow).where(mine, StagedRow.agency_identifier.is_not(None), known.is_not(None))
    session.execute(change.values(agency_identifier=known).execution_options(synchronize_session=False))


def in_another_form() -> ColumnElement[bool]:
    """Whether line and person have the same agency's number, one in its long form and one in its short one."""
    said, known = StagedRow.agency_identifier, Person.agency_identifier
    longer = and_(func.length(said) == 11, func.length(known) == 8, func.substr(said, 4) == known)
    shorter = and_(func.length(said) == 8, func.length(known) == 11, func.substr(known, 4) == said)
    return or_(longer, shorter)


def judge(mine: ColumnElement[bool]) -> None:
    """Numbers that we know under another name: somebody else is an error, another first name only a warning."""
    same_tenant = Person.tenant_id == StagedRow.tenant_id
    by_number = or_(
        Person.agency_identifier == StagedRow.agency_identifier, Person.hr_number == StagedRow.hr_number
    )
    renamed = select(*_SAID, *_KNOWN).join(Person, and_(same_tenant, Person.id == StagedRow.person_id))
    changes = [
        _change(row, code)
        for row in session.execute(renamed.where(mine, Person.sort_name != StagedRow.sort_name, by_number))
        if (code := _verdict(row))
    ]
    of_another = or_(
        Person.id.is_distinct_from(StagedRow.person_id),
        Person.agency_identifier != StagedRow.agency_identifier,
    )
    doubtful = select(*_SAID, *_KNOWN).join(
        Person, and_(same_tenant, Person.hr_number == StagedRow.hr_number)
    )
    both = doubtful.where(mine, StagedRow.agency_identifier.is_not(None), of_another)
    changes += [_change(row, "numbers_disagree") for row in session.execute(both)]
    if changes:
        session.execute(update(StagedRow), changes)
    _propose(mine)


def _propose(mine: ColumnElement[bool]) -> None:
    """Whoever would be made although somebody of this name was born on this day: perhaps the same person."""
    known = exists().where(
        Person.tenant_id == StagedRow.tenant_id,
        Person.sort_name == StagedRow.sort_name,
        Person.birth_date == StagedRow.birth_date,
        # Not the bare column: SQLite would look through all who are merged into nobody.
        func.coalesce(Person.merged_into_id, 0) == 0,
    )
    doubtful = mine, StagedRow.person_id.is_(None), StagedRow.birth_date.is_not(None)
    change = update(StagedRow).where(*doubtful, StagedRow.fault.is_(None), known)
    session.execute(change.values(fault="possible_duplicate").execution_options(synchronize_session=False))


def part(mine: ColumnElement[bool]) -> None:
    """Two numbers of one file never lead to one person known without a number: the later lines are somebody new."""
    numbers = func.count(StagedRow.agency_identifier.distinct()), func.count(StagedRow.hr_number.distinct())
    shared = (
        select(StagedRow.person_id, func.min(StagedRow.line))
        .where(mine, StagedRow.person_id.is_not(None))
        .group_by(StagedRow.person_id)
        .having(or_(*(number > 1 for number in numbers)))
    )
    for person_id, first in session.execute(shared).all():  # hardly ever any: father and son with one address
        later = StagedRow.person_id == person_id, StagedRow.line > first
        change = update(StagedRow).where(mine, *later).values(person_id=None)
        session.execute(change.execution_options(synchronize_session=False))


def place(mine: ColumnElement[bool], tenant_id: int, organisation_id: int) -> None:
    """Put each line in its agency, and beside the adviser it names, where we know them."""
    _point(
        mine,
        StagedRow.agency,
        "organisation_id",
        _agencies(tenant_id, organisation_id, _said(mine, StagedRow.agency)),
    )
    _point(
        mine, StagedRow.adviser_key, "follower_id", _advisers(tenant_id, _said(mine, StagedRow.adviser_key))
    )


def _verdict(row: AnyRow) -> str:
    same_last = sort_key(row.known_last) == sort_key(row.last_name)
    same_first = sort_key(row.known_first) == sort_key(row.first_name)
    if same_last and not same_first:
        return "other_first_name"
    if same_last or same_first or alike(row.known_sort, row.sort_name):
        return ""  # a name changed by marriage, or spelt better
    return "known_as_another"


def _change(row: AnyRow, code: str) -> dict[str, Any]:
    outcome = row.outcome if code == "other_first_name" else Outcome.INVALID
    name = f"{row.known_first} {row.known_last}"
    return {"id": row.id, "fault": code, "fault_about": name, "outcome": outcome}


def _said(mine: ColumnElement[bool], column: InstrumentedAttribute[str | None]) -> list[str]:
    found = select(column).where(mine, column.is_not(None)).distinct()
    return [word for word in session.scalars(found) if word]


def _point(
    mine: ColumnElement[bool], column: InstrumentedAttribute[str | None], to: str, known: dict[str, int]
) -> None:
    """One statement a chunk of words, each a branch of a CASE by its word."""
    for words in _chunks(sorted(known)):
        target = case({word: known[word] for word in words}, value=column)
        change = update(StagedRow).where(mine, column.in_(words)).values({to: target})
        session.execute(change.execution_options(synchronize_session=False))


def _agencies(tenant_id: int, organisation_id: int, words: list[str]) -> dict[str, int]:
    """Agencies below the organisation, by their SAFIR code (its zeros may be lost), slug or name."""
    found: dict[str, int] = {}
    for chunk in _chunks(words):
        codes = {word.zfill(5) for word in chunk if word.isdigit()}
        known = (
            select(Organisation.id, Organisation.safir, Organisation.slug, Organisation.name)
            .join(
                Branch, and_(Branch.tenant_id == Organisation.tenant_id, Branch.below_id == Organisation.id)
            )
            .where(
                Organisation.tenant_id == tenant_id,
                Branch.above_id == organisation_id,
                or_(
                    Organisation.safir.in_(codes | set(chunk)),
                    Organisation.slug.in_(chunk),
                    Organisation.name.in_(chunk),
                ),
            )
        )
        for number, *names in session.execute(known):
            found |= {word: number for word in chunk if {word, word.zfill(5)} & set(names)}
    return found


def _advisers(tenant_id: int, keys: list[str]) -> dict[str, int]:
    """Advisers and managers of the tenant, by address, staff number or name, whichever comes first in it."""
    found: dict[str, int] = {}
    for chunk in _chunks(keys):
        turned = {form: key for key in chunk for form in _forms(key)}
        known = (
            select(Person.id, Person.email, Person.sort_name, Person.hr_number)
            .join(
                Membership, and_(Membership.tenant_id == Person.tenant_id, Membership.person_id == Person.id)
            )
            .where(
                Person.tenant_id == tenant_id,
                Membership.role.in_(_FOLLOWERS),
                or_(Person.email.in_(chunk), Person.sort_name.in_(turned), Person.hr_number.in_(chunk)),
            )
            .order_by(Person.id.desc())
        )
        for number, *names in session.execute(known):
            found |= {turned[name]: number for name in names if name in turned}
    return found


def _forms(key: str) -> list[str]:
    """``claire le goff`` is found as ``le goff claire``: every way to turn the words."""
    words = key.split()[:6]
    return [" ".join(words[n:] + words[:n]) for n in range(max(1, len(words)))]


def _chunks(words: list[str]) -> Iterable[list[str]]:
    return (words[n : n + _CHUNK] for n in range(0, len(words), _CHUNK))
