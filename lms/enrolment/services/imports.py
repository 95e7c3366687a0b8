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

from sqlalchemy import func, select

from lms.core.clock import today
from lms.core.db import session
from lms.core.tenants import Tenant
from lms.courses.models import Course
from lms.curricula.models import Curriculum
from lms.enrolment.models import Batch, BatchKind, CohortCourse, ImportMode, Outcome
from lms.enrolment.reading.columns import FIELDS
from lms.enrolment.reading.lines import Line
from lms.enrolment.reading.people_file import PeopleFile, read_people
from lms.enrolment.reading.recognition import Remembered
from lms.enrolment.services import foresight, landing, remembering, staging
from lms.enrolment.services.cohorts import course_ids, make_cohort, named
from lms.enrolment.services.members import enrol
from lms.enrolment.services.receipts import Receipt, name_cohort, open_batch
from lms.enrolment.services.report import Report, changed_here_too, tell
from lms.enrolment.services.staging import Target
from lms.organisations.models import Organisation, OrganisationKind
from lms.people.models import Situation

CHUNK = 1_000  #: lines a step: some 30 ms of the writer's time
MANY = 500  #: lines from which reading whole tables once beats looking each line up
Step = Callable[[int], AbstractContextManager[object]]
_SITUATIONS = {OrganisationKind.AGENCY: Situation.JOB_SEEKER, OrganisationKind.COMPANY: Situation.EMPLOYEE}


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
    mode: ImportMode = ImportMode.CHANGES
    #: How many were said to leave, where the file replaces the cohort; another number writes nothing.
    leaving: int | None = None
    #: What was said of the columns of files that came before.
    remembered: Remembered = field(default_factory=dict)


@dataclass(slots=True)
class Passage:
    """One reading of one file: opened outside of any transaction, then taken in step by step."""

    order: Order
    people: PeopleFile
    sha256: str
    stage: str
    report: Report = field(default_factory=Report)
    #: Fingerprints of lines that need not be looked at.
    known: set[int] = field(default_factory=set)

    def steps(self, skip: int = 0) -> Iterator[tuple[int, list[Line]]]:
        """The lines by chunks: how many were read, and the good ones. ``skip``: so many wait already, from a try before."""
        lines = self.people.lines(self.known)
        while chunk := list(islice(lines, CHUNK)):
            for line in chunk:
                self.report.total += 1
                self.report.invalid += not line.is_good
                self.report.note(line.faults)
            if self.report.total > skip:
                yield len(chunk), [line for line in chunk if line.is_good]


def open_file(source: Path | bytes, order: Order, stage: str) -> Passage:
    """Open the file; columns are recognised here. Raises ``TableRejected`` or ``PeopleFileRefused``."""
    people = read_people(source, order.file_name, today(order.organisation.zone), order.remembered)
    columns = people.columns
    report = Report(
        read=[(columns.header[at], str(FIELDS[name][0])) for name, at in columns.at.items()],
        unread=columns.unread(),
        layout=columns.layout.name if columns.layout else "",
        sight=people.sight,
        is_remembered=columns.is_remembered,
    )
    return Passage(order, people, _sha256(source), stage, report)


def stage(passage: Passage, step: Step, skip: int = 0) -> None:
    """Let every line of the file wait in the staging table, in short commits; those that say nothing new need not wait."""
    target = _target(passage)
    if passage.order.mode == ImportMode.CHANGES:
        with step(0):
            passage.known = remembering.fingerprints(_target(passage, compared=True))
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
    staging.find(target)
    may_differ = order.mode == ImportMode.CHANGES and target.cohort_id is not None
    if may_differ:
        _respect_what_was_changed_here(passage, target)
    staging.suspect(target)
    if may_differ:
        remembering.keep_numbers(target)
    staging.judge(target)
    tell(report, passage.people.columns, target)
    _count(passage, target)
    batch = _write(passage, target) if _may_write(order, report) else None
    staging.clear(target)
    return batch


def _respect_what_was_changed_here(passage: Passage, target: Target) -> None:
    remembering.refuse_twice(target, passage.people.unchanged)
    for row, name, known in remembering.changed_on_both_sides(target):
        passage.report.note([changed_here_too(passage.people.columns, row, name, known)])
    remembering.keep_what_was_changed_here(target)


def _count(passage: Passage, target: Target) -> None:
    report, counts = passage.report, staging.counts(target)
    report.invalid += counts[Outcome.INVALID]
    report.imported, report.updated = counts[Outcome.IMPORTED], counts[Outcome.UPDATED]
    report.ignored = counts[Outcome.IGNORED] + len(passage.people.unchanged)
    report.changes = foresight.changes(target, passage.people.columns)
    if target.mode == ImportMode.REPLACE:
        report.leaving = foresight.leaving(target)


def _may_write(order: Order, report: Report) -> bool:
    """Whoever stands on a line that can't be read must not be taken out: a file that replaces has none such."""
    is_replacing = order.mode == ImportMode.REPLACE
    if order.is_dry or (is_replacing and order.leaving != report.leaving and report.leaving):
        return False
    may_leave_out = order.valid_rows and not is_replacing
    return (may_leave_out or not report.invalid) and report.invalid < report.total


def forget(passage: Passage) -> None:
    """Take the waiting lines away after something broke, in the transaction of the caller."""
    staging.clear(_target(passage))


def _write(passage: Passage, target: Target) -> Batch:
    order, report = passage.order, passage.report
    organisation = order.organisation
    is_new = target.cohort_id is None
    counts = (report.total, report.imported, report.updated, report.ignored, report.invalid)
    receipt = Receipt(order.file_name, passage.sha256, *counts)
    batch = open_batch(organisation, BatchKind.IMPORT, order.by, receipt)
    cohort = make_cohort(
        organisation, order.cohort_name, courses=order.courses, curriculum=order.curriculum, due_on=order.due_on,
        by=order.by, batch=batch,
    )  # fmt: skip
    name_cohort(batch, cohort)
    target = replace(target, cohort_id=cohort.id)
    landing.note_before(target, batch)
    situation = _SITUATIONS.get(organisation.kind, Situation.OTHER)
    landing.write_people(target, situation, organisation.language)
    if target.mode != ImportMode.ADD:
        landing.change_members(target)
    enrol(
        landing.members(target), cohort, kind=BatchKind.IMPORT, by=order.by, receipt=receipt, comes_back=False,
        batch=batch,
    )  # fmt: skip
    if is_new:
        landing.tell_cohort(target, cohort)
    landing.note_after(target, batch)
    remembering.remember(target, batch.id)
    if target.mode == ImportMode.REPLACE:
        foresight.take_out(target, cohort, order.by, batch)
    report.batch_id, report.cohort_id = batch.id, cohort.id
    return batch


def _target(passage: Passage, compared: bool = False) -> Target:
    order = passage.order
    organisation = order.organisation
    target = Target(organisation.tenant_id, passage.stage, organisation.id, None, (), order.mode)
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


def _sha256(source: Path | bytes) -> str:
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
