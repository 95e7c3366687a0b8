"""What happens to a file after it was sent. Killed, each goes on from its last step, and its effect stands once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from lms.core import db, files, i18n, walls
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import lazy
from lms.core.jobs import Job, Run, task
from lms.core.schedule import every
from lms.enrolment.assignment import Intent
from lms.enrolment.models import Batch, ImportRun, ImportState
from lms.enrolment.reading.faults import ColumnsMissing
from lms.enrolment.services import imports, late_people, promotion, reminders, rules, uploads
from lms.enrolment.services.assigning_parts import grant_by_parts
from lms.enrolment.services.order import Order
from lms.enrolment.services.taking_back import undo
from lms.enrolment.services.tracing import forget_old
from lms.organisations.actor import Actor
from lms.organisations.models import Role
from lms.people.models import Person

_TURNS = 1_000  #: slices of one run of a rule; the next night goes on
_ROUNDS = 10_000  #: of so many people each: more than anybody has


@dataclass(frozen=True, slots=True)
class Sender:
    """Whoever sent the file, for the journal and the receipt."""

    tenant_id: int
    person_id: int
    account_id: int | None


@task("enrolment.check_file", lazy("Checking the file"))
def check_file(run: Run, import_id: int) -> None:
    """Read every line and compare it with what we know; nothing is enrolled."""
    _take_in(run, import_id, is_dry=True)


@task("enrolment.write_file", lazy("Enrolling the people of the file"))
def write_file(run: Run, import_id: int, valid_rows: bool = False, leaving: int | None = None) -> None:
    """The same again, and at the end everybody is enrolled: at once, or part by part where the file is long."""
    _take_in(run, import_id, is_dry=False, valid_rows=valid_rows, leaving=leaving)


@every(name="enrolment.forget_old_files", hours=24)
def forget_old_files(run: Run) -> None:
    """Files of a month ago, and lines that wait for nobody."""
    with db.transaction(db.Mode.READ):
        tenants = walls.every_tenant()
    for tenant_id in tenants:
        with db.transaction(db.Mode.WRITE, tenant_id):
            uploads.forget_old(tenant_id)


@task("enrolment.undo", lazy("Taking it back"))
def undo_batch(run: Run, batch_id: int, told: bool = False) -> None:
    """Person by person, in short steps; stopped anywhere, it goes on where it was."""
    tenant_id = run.tenant_id or 0
    with db.transaction(db.Mode.READ, tenant_id):
        batch = session.scalars(select(Batch).where(Batch.tenant_id == tenant_id, Batch.id == batch_id)).one()
        asked = select(Job.person_id).where(Job.id == run.job_id)
        by = Sender(tenant_id, session.scalar(asked) or 0, None)
    undo(batch, run.step, told=told, by=by)
    with run.step(0, last={"page": f"/cohorts/receipts/{batch_id}"}):
        pass


@task(rules.RUN, lazy("Applying the rule of a cohort"))
def run_rule(run: Run, rule_id: int) -> dict[str, str] | None:
    """Who enters and who leaves, some thousands at a time. Killed, it goes on: whoever is in already enters no more."""
    tenant_id = run.tenant_id or 0
    with db.transaction(db.Mode.READ, tenant_id):
        told = rules.teller(tenant_id, rule_id)
    if told is None:
        return None
    with i18n.speaking_to(told.language, told.zone):
        try:
            for _turn in range(_TURNS):
                with run.step():
                    done = rules.go_on(tenant_id, rule_id, is_first=run.done == 0)
                if not done:
                    break
        except Refused as refusal:
            with run.step():
                rules.give_up(tenant_id, rule_id, refusal)
    return {"page": f"/cohorts/{told.cohort_id}/rule"}


@every(name="enrolment.run_rules", hours=24)
def run_rules(run: Run) -> None:
    """Each rule that is on has a job of its own: one that is refused holds nobody else up."""
    with db.transaction(db.Mode.READ):
        tenants = walls.every_tenant()
    for tenant_id in tenants:
        with db.transaction(db.Mode.WRITE, tenant_id):
            rules.ask_for_all(tenant_id)


@task("enrolment.assign", lazy("Enrolling people"))
def assign_people(run: Run, intent: dict[str, Any], organisation_id: int, **rights: Any) -> dict[str, Any]:
    """Part by part; begun again, whoever is on the courses already is left alone."""
    who = _asker(run, organisation_id, **rights)
    with i18n.speaking_to(who.language, who.zone):
        made = grant_by_parts(who, Intent.of(intent), run.step, is_begun=run.attempt > 1)
    return {"page": f"/cohorts/receipts/{made[0]}" if len(made) == 1 else "/cohorts/receipts"}


def _asker(run: Run, organisation_id: int, **rights: Any) -> Actor:
    """Whoever asked, with the rights they had then."""
    tenant_id = run.tenant_id or 0
    with db.transaction(db.Mode.READ, tenant_id):
        person_id = session.scalar(select(Job.person_id).where(Job.id == run.job_id)) or 0
    roles = frozenset(Role(one) for one in rights.pop("roles"))
    features = frozenset(rights.pop("features"))
    return Actor(
        person_id=person_id, sign_in_id=0, tenant_id=tenant_id, organisation_id=organisation_id,
        organisation_name="", first_name="", name="", roles=roles, features=features, **rights,
    )  # fmt: skip


@every(name="enrolment.forget_traces", hours=24)
def forget_traces(run: Run) -> None:
    """How rows stood before is forgotten after a month: nobody undoes so far back."""
    with db.transaction(db.Mode.READ):
        tenants = walls.every_tenant()
    for tenant_id in tenants:
        with db.transaction(db.Mode.WRITE, tenant_id):
            forget_old(tenant_id)


@every(name="enrolment.let_waiting_people_in", hours=24)
def let_waiting_people_in(run: Run) -> None:
    """Whoever waits for a place of a pool, which nobody announces: given since, thawed, begun. A transaction a cohort."""
    with db.transaction(db.Mode.READ):
        tenants = walls.every_tenant()
    for tenant_id in tenants:
        with db.transaction(db.Mode.READ, tenant_id):
            cohorts = promotion.cohorts_that_wait(tenant_id)
        for cohort_id in cohorts:
            with db.transaction(db.Mode.WRITE, tenant_id):
                promotion.promote(tenant_id, cohort_id)


@every(name="enrolment.remind", hours=1)
def remind(run: Run) -> None:
    """Learners whose last day is near or past, and whoever follows them: within the hours of their organisations."""
    with db.transaction(db.Mode.READ):
        tenants = walls.every_tenant()
    for tenant_id in tenants:
        for work in (reminders.remind, late_people.tell):
            _until_none_is_left(tenant_id, work)


def _until_none_is_left(tenant_id: int, work: Callable[[int], int]) -> None:
    """In short transactions. Whoever was written to today is not asked for again, so that this ends."""
    waits_for = reminders.waits_for if work is reminders.remind else late_people.waits_for
    with db.transaction(db.Mode.READ, tenant_id):
        if not waits_for(tenant_id):
            return
    for _round in range(_ROUNDS):
        with db.transaction(db.Mode.WRITE, tenant_id):
            if not work(tenant_id):
                return


def _take_in(
    run: Run, import_id: int, *, is_dry: bool, valid_rows: bool = False, leaving: int | None = None
) -> None:
    tenant_id = run.tenant_id or 0
    found = _sent(import_id, tenant_id)
    sent, sender = found
    if sent.state in (ImportState.DONE, ImportState.REFUSED):
        return
    by = Sender(tenant_id, sender.id, sender.account_id)
    order = uploads.order_of(sent, is_dry=is_dry, valid_rows=valid_rows, by=by, leaving=leaving)
    end = {"page": f"/cohorts/imports/{import_id}"}
    with files.on_disk(sent.file_key) as source, i18n.speaking_to(sender.language, order.organisation.zone):
        try:
            _go(run, order, source, sent, end)
        except ColumnsMissing as missing:
            with run.step(0, last=end):
                uploads.ask(import_id, tenant_id, missing)
        except Refused as refusal:
            with run.step(0, last=end):
                uploads.refuse(import_id, tenant_id, refusal)


def _go(run: Run, order: Order, source: Path, sent: ImportRun, end: dict[str, Any]) -> None:
    passage = imports.open_file(source, order, f"job/{run.job_id}")
    total = uploads.steps_of(sent, is_dry=order.is_dry)

    def step(rows: int) -> AbstractContextManager[object]:
        return run.step(rows, total)

    def last(_rows: int) -> AbstractContextManager[object]:
        return run.step(max(0, (total or 0) - run.done), last=end)

    begun = uploads.begun(sent, run.done)
    imports.stage(passage, step, skip=run.done, is_begun=begun is not None)
    keep = partial(uploads.settle, sent.id, order.organisation.tenant_id, is_begun=begun is not None)
    imports.finish(passage, step, last=last, keep=keep, begun=begun)


def _sent(import_id: int, tenant_id: int) -> tuple[ImportRun, Person]:
    with db.transaction(db.Mode.READ, tenant_id):
        sent = session.scalars(
            select(ImportRun).where(ImportRun.tenant_id == tenant_id, ImportRun.id == import_id)
        ).one()
        sender = session.scalars(
            select(Person).where(Person.tenant_id == tenant_id, Person.id == sent.by_id)
        ).one()
        return sent, sender
