"""A file of people on its way in: read in short commits, compared, then written (``writing``).

Checking is writing without the last step. ``step(rows)`` opens one write transaction and keeps it: ``Run.step`` in a
job, ``db.transaction`` in a command.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from sqlalchemy import func, select

from lms.core.clock import today
from lms.core.db import session
from lms.core.tenants import Tenant
from lms.enrolment.models import Batch, CohortCourse, ImportMode, Outcome
from lms.enrolment.reading.columns import FIELDS
from lms.enrolment.reading.lines import Line
from lms.enrolment.reading.people_file import PeopleFile, read_people
from lms.enrolment.services import foresight, remembering, staging, writing
from lms.enrolment.services.cohorts import course_ids, named
from lms.enrolment.services.order import Order
from lms.enrolment.services.report import Report, changed_here_too, tell
from lms.enrolment.services.staging import Part, Target
from lms.enrolment.services.writing import Writing

COMPARED = 20_000  #: lines compared at once
CHUNK = 1_000  #: lines a step: some 30 ms of the writer's time
MANY = 500  #: lines from which reading whole tables once beats looking each line up
Step = Callable[[int], AbstractContextManager[object]]
#: Told what the file comes to, its receipt if it is written, and whether that is all.
Keep = Callable[[Report, Batch | None, bool], object]


@dataclass(frozen=True, slots=True)
class Begun:
    """What was written of a file before its worker was stopped: its receipt, and how many of its parts."""

    batch_id: int
    parts: int


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


def stage(passage: Passage, step: Step, skip: int = 0, *, is_begun: bool = False) -> None:
    """Let every line of the file wait in the staging table, in short commits; those that say nothing new need not wait.

    ``is_begun``: a part of the file was written already. Its lines wait too, as they are counted.
    """
    if passage.order.mode == ImportMode.CHANGES and not is_begun:
        with step(0):
            passage.known = remembering.fingerprints(_target(passage, compared=True))
    target = _target(passage)
    for number, good in passage.steps(skip):
        with step(number):
            staging.put(target, good)


def finish(
    passage: Passage,
    step: Step,
    *,
    last: Step | None = None,
    keep: Keep | None = None,
    begun: Begun | None = None,
) -> None:
    """Compare the lines that wait, and write them unless this is only a check or a line is wrong.

    A file of up to ``writing.PART`` lines is written in the transaction that compares it, all or nothing, and so is one of
    which everybody must enter or nobody; a longer one part by part. ``last`` opens the last transaction, ``step`` the others.
    ``keep`` is called once there is a receipt, and at the end.
    """
    last = last or step
    if passage.report.total <= writing.PART:
        with last(0):
            _make_ready(passage)
            target = _target(passage, compared=True)
            _compare(passage, [target], _going_on)
            work = _open(passage, target, begun)
            if work is not None:
                writing.write(work)
            _end(passage, work, keep)
        return
    step = _made_ready(passage, step)
    with step(0):
        target = _target(passage, compared=True)
        lines = [lines for _number, lines in staging.parts(target, COMPARED)]
    _compare(passage, [replace(target, lines=some) for some in lines], step)
    with step(0):
        work = _open(passage, target, begun)
        parts = _parts(work)
        if work is not None and not parts:
            writing.write(work)
        if work is not None and keep is not None:
            keep(passage.report, work.batch, False)
    if work is not None and parts:
        _write_by_parts(work, parts[begun.parts if begun else 0 :], step)
    with last(0):
        _end(passage, work, keep)


def _parts(work: Writing | None) -> list[Part]:
    return (
        [] if work is None or writing.must_be_whole(work.cohort) else staging.parts(work.target, writing.PART)
    )


def _write_by_parts(work: Writing, parts: list[Part], step: Step) -> None:
    for number, lines in parts:
        with step(number):
            writing.write_part(work, lines)
    is_over = False
    while not is_over:
        with step(0):
            is_over = not writing.take_out_some(work)


def _end(passage: Passage, work: Writing | None, keep: Keep | None) -> None:
    staging.clear(_target(passage))
    if keep is not None:
        keep(passage.report, work.batch if work else None, True)


def _compare(passage: Passage, parts: list[Target], step: Step) -> None:
    """What each line comes to. A part is looked at for itself, but for what it has in common with other lines of the file."""
    for part in parts:
        with step(0):
            staging.find(part)
            if _may_differ(part):
                _respect_what_was_changed_here(passage, part)
    if parts:
        with step(0):
            staging.tell_apart(parts[0].whole())
    for part in parts:
        with step(0):
            staging.suspect(part)
            if _may_differ(part):
                remembering.keep_numbers(part)
    for part in parts:
        with step(0):
            staging.judge(part)


def _may_differ(target: Target) -> bool:
    """Whether what was changed here since the last file is asked."""
    return target.mode == ImportMode.CHANGES and target.cohort_id is not None


def _made_ready(passage: Passage, step: Step) -> Step:
    """Steps of a long file: each takes its turn among the imports of the tenant."""

    @contextmanager
    def ready(rows: int) -> Iterator[None]:
        with step(rows):
            _make_ready(passage)
            yield

    return ready


def _make_ready(passage: Passage) -> None:
    _one_at_a_time(passage.order.organisation.tenant_id)
    if passage.report.total >= MANY:
        _join_by_hash()


def _open(passage: Passage, target: Target, begun: Begun | None) -> Writing | None:
    """The receipt and the cohort, if the file is to be written; what it comes to is told."""
    order, report = passage.order, passage.report
    if begun is not None:
        return writing.go_on(order, report, target, begun.batch_id)
    tell(report, passage.people.columns, target)
    _count(passage, target)
    return writing.begin(order, report, passage.sha256, target) if _may_write(order, report) else None


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


@contextmanager
def _going_on(_rows: int) -> Iterator[None]:
    """No transaction of its own: a short file has one for everything."""
    yield


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
