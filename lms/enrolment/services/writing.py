"""A file that was compared is written: at once, or where it is long part by part, so that nobody waits long for the writer.

A part is whole: each of its people is known, in their unit, a member, on every course, and on the receipt. Stopped
between two parts, the writing goes on with the next one.
"""

from dataclasses import dataclass, replace
from typing import Any

from lms.core.db import session
from lms.enrolment.models import Batch, BatchKind, Cohort, ImportMode
from lms.enrolment.services import foresight, landing, remembering, staging, tracing
from lms.enrolment.services.cohorts import make_cohort
from lms.enrolment.services.members import enrol
from lms.enrolment.services.order import Order
from lms.enrolment.services.receipts import Receipt, name_cohort, open_batch
from lms.enrolment.services.report import Report
from lms.enrolment.services.staging import Target
from lms.organisations.models import OrganisationKind
from lms.people.models import Situation
from lms.people.queries import newest_person

PART = 5_000  #: lines; with five courses each, some half a second of the writer's time
_SITUATIONS = {OrganisationKind.AGENCY: Situation.JOB_SEEKER, OrganisationKind.COMPANY: Situation.EMPLOYEE}


@dataclass(slots=True)
class Writing:
    """What is being written: the order, where its lines are to go, the receipt.

    ``newest``: the last person of the tenant when the lines were compared. ``seen``: the last one when a part had been
    written; ``has_newcomers``: others than ours came since, so that the lines are looked at again.
    """

    order: Order
    target: Target
    batch: Batch
    cohort: Cohort
    newest: int
    seen: int
    has_newcomers: bool = False


def begin(order: Order, report: Report, sha256: str, target: Target) -> Writing:
    """The receipt and the cohort, with what all lines say alike of a new one."""
    organisation = order.organisation
    batch = open_batch(organisation, BatchKind.IMPORT, order.by, _receipt(order, report, sha256))
    cohort = make_cohort(
        organisation, order.cohort_name, courses=order.courses, curriculum=order.curriculum, due_on=order.due_on,
        by=order.by, batch=batch,
    )  # fmt: skip
    name_cohort(batch, cohort)
    if target.cohort_id is None:
        landing.tell_cohort(target, cohort)
    tracing.after(batch, "cohort")
    report.batch_id, report.cohort_id = batch.id, cohort.id
    return _writing(order, target, batch, cohort)


def go_on(order: Order, report: Report, target: Target, batch_id: int) -> Writing:
    """The same for a file of which a part was written before its worker was stopped."""
    batch = session.get_one(Batch, batch_id)
    cohort = session.get_one(Cohort, batch.cohort_id)
    report.batch_id, report.cohort_id = batch.id, cohort.id
    return _writing(order, target, batch, cohort)


def _writing(order: Order, target: Target, batch: Batch, cohort: Cohort) -> Writing:
    newest = newest_person(target.tenant_id)
    return Writing(order, replace(target, cohort_id=cohort.id), batch, cohort, newest, newest)


def must_be_whole(cohort: Cohort) -> bool:
    """Whether all of the people enter or nobody: there are places for so many only."""
    return cohort.pool_id is not None or cohort.seats is not None


def write(writing: Writing) -> None:
    """Everybody of the file."""
    _write_part(writing, writing.target)
    while take_out_some(writing):
        pass


def write_part(writing: Writing, lines: tuple[int, int]) -> None:
    """The people of these lines, from the first to the last."""
    target = replace(writing.target, lines=lines)
    writing.has_newcomers |= newest_person(target.tenant_id) != writing.seen
    if writing.has_newcomers:
        staging.find_newcomers(target, writing.newest, writing.batch.id)
    _write_part(writing, target)
    writing.seen = newest_person(target.tenant_id)


def take_out_some(writing: Writing) -> int:
    """Some of those who leave, where the file replaces the cohort; how many, 0 where nobody is left."""
    if writing.order.mode != ImportMode.REPLACE:
        return 0
    return foresight.take_out(writing.target, writing.cohort, writing.order.by, writing.batch)


def _write_part(writing: Writing, target: Target) -> None:
    order, batch = writing.order, writing.batch
    organisation = order.organisation
    landing.note_before(target, batch)
    landing.write_people(target, _SITUATIONS.get(organisation.kind, Situation.OTHER), organisation.language)
    if target.mode != ImportMode.ADD:
        landing.change_members(target)
    enrol(
        landing.members(target), writing.cohort, kind=BatchKind.IMPORT, by=order.by, receipt=Receipt(), comes_back=False,
        batch=batch, is_part=target.lines is not None,
    )  # fmt: skip
    landing.note_after(target, batch)
    remembering.remember(target, batch.id)


def _receipt(order: Order, report: Report, sha256: str) -> Receipt:
    counts: tuple[Any, ...] = (
        report.total,
        report.imported,
        report.updated,
        report.ignored,
        report.invalid,
    )
    return Receipt(order.file_name, sha256, *counts)
