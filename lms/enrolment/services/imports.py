"""A file of people on its way in: read in short commits, compared and written in one transaction, all or nothing.

Checking is writing without the last step. ``step(rows)`` opens one write transaction and keeps it: ``Run.step`` in a
job, ``db.transaction`` in a command.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import and_, func, or_, select

from lms.core.clock import today
from lms.core.db import session
from lms.core.tenants import Tenant
from lms.courses.models import Course
from lms.curricula.models import Curriculum
from lms.enrolment.models import Batch, BatchKind, CohortCourse, Outcome, StagedRow
from lms.enrolment.reading.columns import FIELDS
from lms.enrolment.reading.faults import Fault, shortened
from lms.enrolment.reading.lines import Line
from lms.enrolment.reading.people_file import PeopleFile, read_people
from lms.enrolment.services import landing, staging
from lms.enrolment.services.cohorts import course_ids, make_cohort, named
from lms.enrolment.services.members import Receipt, enrol
from lms.enrolment.services.staging import Target
from lms.organisations.models import Organisation, OrganisationKind
from lms.people.models import Situation

CHUNK = 1_000  #: lines a step: some 30 ms of the writer's time
MANY = 500  #: lines from which reading whole tables once beats looking each line up
Step = Callable[[int], AbstractContextManager[object]]
_SITUATIONS = {OrganisationKind.AGENCY: Situation.JOB_SEEKER, OrganisationKind.COMPANY: Situation.EMPLOYEE}
_FIELD_OF = {"agency_unknown": "agency", "adviser_unknown": "adviser", "numbers_disagree": "hr_number"}


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked: whose people, into which cohort, on what, until when; and whether bad lines may be left out."""

    organisation: Organisation
    cohort_name: str
    courses: tuple[Course, ...] = ()
    curriculum: Curriculum | None = None
    due_on: date | None = None
    is_dry: bool = False
    valid_rows: bool = False
    by: Any = None
    file_name: str = ""


@dataclass(slots=True)
class Report:
    """What became of a file, or would: total = imported + updated + ignored + invalid."""

    total: int = 0
    imported: int = 0
    updated: int = 0
    ignored: int = 0
    invalid: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    #: Headers that were read, with what we take them for; and those that were not.
    read: list[tuple[str, str]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    batch_id: int | None = None
    cohort_id: int | None = None

    def note(self, faults: tuple[Fault, ...] | list[Fault]) -> None:
        """Keep what was said about a line."""
        for fault in faults:
            (self.warnings if fault.is_warning else self.errors).append(fault.kept())

    def kept(self, most: int) -> dict[str, Any]:
        """As the import's row keeps it, with at most ``most`` errors and warnings, and how many there are of each."""
        for faults in (self.errors, self.warnings):
            faults.sort(key=lambda fault: int(fault["line"]))
        counts = {
            name: getattr(self, name) for name in ("total", "imported", "updated", "ignored", "invalid")
        }
        return counts | {
            "errors": self.errors[:most], "all_errors": len(self.errors),
            "warnings": self.warnings[:most], "all_warnings": len(self.warnings),
            "read": [list(pair) for pair in self.read], "unread": self.unread,
        }  # fmt: skip


@dataclass(slots=True)
class Passage:
    """One reading of one file: opened outside of any transaction, then taken in step by step."""

    order: Order
    people: PeopleFile
    sha256: str
    stage: str
    report: Report = field(default_factory=Report)

    def steps(self, skip: int = 0) -> Iterator[tuple[int, list[Line]]]:
        """The lines by chunks: how many were read, and the good ones. ``skip``: so many wait already, from a try before."""
        lines = self.people.lines()
        while chunk := list(islice(lines, CHUNK)):
            for line in chunk:
                self.report.total += 1
                self.report.invalid += not line.is_good
                self.report.note(line.faults)
            if self.report.total > skip:
                yield len(chunk), [line for line in chunk if line.is_good]


def open_file(source: Path | bytes, order: Order, stage: str) -> Passage:
    """Open the file; columns are recognised here. Raises ``TableRejected`` or ``PeopleFileRefused``."""
    people = read_people(source, order.file_name, today(order.organisation.zone))
    columns = people.columns
    report = Report(
        read=[(columns.header[at], str(FIELDS[name][0])) for name, at in columns.at.items()],
        unread=columns.unread(),
    )
    return Passage(order, people, _sha256(source), stage, report)


def stage(passage: Passage, step: Step, skip: int = 0) -> None:
    """Let every line of the file wait in the staging table, in short commits."""
    target = _target(passage)
    for number, good in passage.steps(skip):
        with step(number):
            staging.put(target, good)


def finish(passage: Passage) -> Batch | None:
    """In the transaction of the caller: compare, and write unless this is only a check or a line is wrong."""
    order, report = passage.order, passage.report
    _one_at_a_time(order.organisation.tenant_id)
    if report.total >= MANY:
        _join_by_hash()
    target = _target(passage, compared=True)
    staging.compare(target)
    _tell(passage, target)
    counts = staging.counts(target)
    report.invalid += counts[Outcome.INVALID]
    report.imported, report.updated = counts[Outcome.IMPORTED], counts[Outcome.UPDATED]
    report.ignored = counts[Outcome.IGNORED]
    may_write = (
        not order.is_dry and (order.valid_rows or not report.invalid) and report.invalid < report.total
    )
    batch = _write(passage, target) if may_write else None
    staging.clear(target)
    return batch


def forget(passage: Passage) -> None:
    """Take the waiting lines away after something broke, in the transaction of the caller."""
    staging.clear(_target(passage))


def _write(passage: Passage, target: Target) -> Batch:
    order, report = passage.order, passage.report
    organisation = order.organisation
    cohort = make_cohort(
        organisation, order.cohort_name, courses=order.courses, curriculum=order.curriculum, due_on=order.due_on,
        by=order.by,
    )  # fmt: skip
    target = replace(target, cohort_id=cohort.id)
    situation = _SITUATIONS.get(organisation.kind, Situation.OTHER)
    landing.write_people(target, situation, organisation.language)
    landing.change_members(target)
    counts = (report.total, report.imported, report.updated, report.ignored, report.invalid)
    receipt = Receipt(order.file_name, passage.sha256, *counts)
    batch = enrol(
        landing.members(target), cohort, kind=BatchKind.IMPORT, by=order.by, receipt=receipt, comes_back=False
    )
    report.batch_id, report.cohort_id = batch.id, cohort.id
    return batch


def _target(passage: Passage, compared: bool = False) -> Target:
    order = passage.order
    organisation = order.organisation
    target = Target(organisation.tenant_id, passage.stage, organisation.id, None, ())
    if not compared:
        return target
    wanted = set(course_ids(order.courses, order.curriculum))
    cohort = named(organisation, order.cohort_name)
    if cohort is not None:
        own = select(CohortCourse.course_id).where(
            CohortCourse.tenant_id == cohort.tenant_id, CohortCourse.cohort_id == cohort.id
        )
        wanted |= set(session.scalars(own))
    return replace(target, cohort_id=cohort.id if cohort else None, course_ids=tuple(sorted(wanted)))


def _one_at_a_time(tenant_id: int) -> None:
    """Two imports of one tenant take turns, so that the second one sees the persons whom the first one made."""
    session.execute(select(Tenant.id).where(Tenant.id == tenant_id).with_for_update(key_share=True))


def _join_by_hash() -> None:
    """PostgreSQL has no statistics of rows just written: it takes thousands for one, and compares each with each.

    Hashing is never far from the best plan; nor is it worth compiling one for a second. Until this transaction ends.
    """
    if session.get_bind().dialect.name == "postgresql":
        names = ("enable_nestloop", "enable_mergejoin", "jit")
        session.execute(select(*(func.set_config(name, "off", True) for name in names)))


def _tell(passage: Passage, target: Target) -> None:
    """What the tables had to say about the lines, in the words of the file's columns."""
    unknown_adviser = and_(StagedRow.adviser_key.is_not(None), StagedRow.follower_id.is_(None))
    unknown_agency = and_(StagedRow.agency.is_not(None), StagedRow.organisation_id.is_(None))
    found = (
        select(
            StagedRow.line, StagedRow.last_name, StagedRow.first_name, StagedRow.fault, StagedRow.fault_about,
            StagedRow.agency_identifier, StagedRow.hr_number, StagedRow.agency, StagedRow.adviser,
            unknown_adviser.label("adviser_unknown"), unknown_agency.label("agency_unknown"),
        )
        .where(target.mine(), or_(StagedRow.fault.is_not(None), unknown_adviser, unknown_agency))
        .order_by(StagedRow.line)
    )  # fmt: skip
    for row in session.execute(found):
        codes = [code for code in ("agency_unknown", "adviser_unknown") if getattr(row, code)]
        passage.report.note([_fault(passage, row, code) for code in (row.fault, *codes) if code])


def _fault(passage: Passage, row: Any, code: str) -> Fault:
    who = f"{row.last_name} {row.first_name}"
    if code == "was_withdrawn":
        return Fault(row.line, "", who, code, {}, who)
    name = _FIELD_OF.get(code) or ("agency_identifier" if row.agency_identifier else "hr_number")
    about = {"name": row.fault_about} if code == row.fault else {}
    return Fault(
        row.line,
        passage.people.columns.label(name),
        shortened(str(getattr(row, name) or "")),
        code,
        about,
        who,
    )


def _sha256(source: Path | bytes) -> str:
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
