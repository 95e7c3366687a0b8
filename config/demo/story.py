"""The main job from end to end, by the same commands and services as the pages: ``flask demo story`` (``make demo``).

A cohort file is imported and its people are put on a path; those without e-mail get an access card; each plays every
step; certificates are issued, drawn and checked; the partner's workbook is written. The paths are printed.
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import func, select

from config import settings
from config.demo import answers
from config.demo.load import CURRICULUM, load
from lms.certificates.models import Certificate
from lms.core import db, files, jobs
from lms.core.clock import now, today
from lms.core.db import Mode, session
from lms.core.jobs import Job
from lms.courses.activity import Learner
from lms.courses.models import Activity
from lms.enrolment import services as enrolment
from lms.enrolment.models import Cohort, Enrolment, Level, Member
from lms.organisations.queries import by_slug
from lms.people import services as people
from lms.people.models import Account, Person
from lms.progress import queries as progress
from lms.progress import services as playing

AGENCY, FUNDER, PARTNER = "agence-roubaix", "fonds-nord-competences", "partenaire"
_OWN_FILE = Path(__file__).parent / "learners.csv"
_PATIENCE = 120  #: seconds for the certificates to be drawn, be it by a worker that runs beside


class StoryBroken(Exception):
    """A part of the main job did not do what it is for."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the story left behind."""

    certificate: Path
    workbook: Path


def tell() -> int:
    """Run it and say where its files are. 0, or 1 with what went wrong."""
    try:
        told = run()
    except StoryBroken as broken:
        print(broken, file=sys.stderr)
        return 1
    print(f"Certificate: {told.certificate}")
    print(f"Workbook:    {told.workbook}")
    return 0


def run() -> Told:
    """The whole story. Raises ``StoryBroken``."""
    _prepare()
    name = f"Récit du {now():%Y-%m-%d à %H h %M min %S s}"
    cohort = _import(cohort_file(), name)
    tenant_id = cohort.tenant_id
    cards = _print_cards(cohort)
    before = _last_job()
    learners = list(_learners(cohort))
    _say(f"{len(learners)} people enrolled, {cards} access cards printed.")
    for each in learners:
        with db.transaction(Mode.WRITE, tenant_id):
            play(each)
    _say(f"{len(learners)} people have played every step.")
    certificate = _draw(cohort, before)
    return Told(_checked(certificate, cohort), _workbook(cohort))


def cohort_file() -> Path:
    """The file of job seekers: a real layout where there is one, else the project's own, of invented people."""
    folder = Path(os.environ.get("LMS_TEST_DATA") or settings.ROOT.parent / "shared" / "data")
    real = folder / "learners" / "stagiaires-pe.csv"
    return real if real.is_file() else _OWN_FILE


def play(learners: list[Learner]) -> None:
    """Play every step of one person's courses, in their order, with the right answers."""
    for learner in learners:
        with_course = select(Enrolment.course_id).where(Enrolment.id == learner.enrolment_id)
        steps = progress.steps(learner.tenant_id, learner.enrolment_id, session.scalars(with_course).one())
        for step in steps:
            activity = session.get_one(Activity, step.activity_id)
            playing.open_activity(learner, activity)
            for sent in _sent(activity):
                playing.submit(learner, activity, sent)


def _sent(activity: Activity) -> Iterator[dict[str, list[str]]]:
    """What the forms of a step are sent with: nothing for a lesson, answers for a quiz."""
    if activity.kind != "quiz":
        yield {}
        return
    questions = activity.content["questions"]
    if activity.content.get("layout", "one") == "all":
        yield {key: value for one in questions for key, value in answers.sent(one).items()}
        return
    if activity.content.get("intro"):
        yield {"go": ["start"]}
    for one in questions:
        yield {"question": [one["key"]], "go": ["answer"], **answers.sent(one)}
        yield {"question": [one["key"]], "go": ["next"]}


def _prepare() -> None:
    """Tables and the demo's people, where they are missing."""
    _command("db", "upgrade")
    if load():
        _say("The demo was loaded first.")


def _import(file: Path, name: str) -> Cohort:
    """Enrol the people of the file; a line that is wrong is named and left out."""
    said = ["--organisation", AGENCY, "--cohort", name, "--curriculum", CURRICULUM, "--valid-rows", "--json"]
    due = ["--due", str(today() + timedelta(days=60))]
    report = json.loads(_command("enrolment", "import", str(file), *said, *due, accept=(0, 1)))
    for fault in report["errors"]:
        _say(f"  line {fault['line']}, {fault['column']}: {fault['message']}")
    _say(
        f"{file.name}: {report['imported'] + report['updated']} of {report['total']} lines enrolled in “{name}”."
    )
    with db.transaction(Mode.READ):
        agency = by_slug(AGENCY)
    assert agency is not None
    with db.transaction(Mode.READ, agency.tenant_id):
        found = select(Cohort).where(Cohort.organisation_id == agency.id, Cohort.name == name)
        cohort = session.scalars(found).one_or_none()
        if cohort is None:
            raise StoryBroken("The import enrolled nobody.")
        session.expunge(cohort)  # its plain values outlive the transaction
    return cohort


def _print_cards(cohort: Cohort) -> int:
    """A card for whoever has no e-mail and no way in yet."""
    with db.transaction(Mode.WRITE, cohort.tenant_id):
        without = (
            select(Person.id)
            .join(Member, (Member.tenant_id == Person.tenant_id) & (Member.person_id == Person.id))
            .where(Member.cohort_id == cohort.id, Person.email.is_(None), Person.account_id.is_(None))
        )
        return len(people.new_cards(list(session.scalars(without)), cohort.tenant_id, None))


def _learners(cohort: Cohort) -> Iterator[list[Learner]]:
    """The enrolments of each member that are not finished, in the order of the path."""
    with db.transaction(Mode.READ, cohort.tenant_id):
        rows = (
            select(Enrolment.member_id, Enrolment.person_id, Enrolment.id)
            .where(Enrolment.tenant_id == cohort.tenant_id, Enrolment.cohort_id == cohort.id)
            .order_by(Enrolment.member_id, Enrolment.position)
        )
        found: dict[int, list[Learner]] = {}
        for member_id, person_id, enrolment_id in session.execute(rows):
            found.setdefault(member_id, []).append(Learner(cohort.tenant_id, person_id, enrolment_id))
    yield from found.values()


def _last_job() -> int:
    with db.transaction(Mode.READ, of_all=True):
        return session.scalar(select(func.max(Job.id))) or 0


def _draw(cohort: Cohort, before: int) -> Certificate:
    """Have the PDFs drawn by the jobs written since ``before``, here or by the worker that runs beside. One of them."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        with db.transaction(Mode.READ, cohort.tenant_id):
            own = (
                select(Certificate)
                .join(
                    Enrolment,
                    (Enrolment.tenant_id == Certificate.tenant_id)
                    & (Enrolment.id == Certificate.enrolment_id),
                )
                .where(Enrolment.cohort_id == cohort.id)
                .order_by(Certificate.id)
            )
            found = session.scalars(own).all()
            drawn = [one for one in found if one.pdf_key]
        if found and len(drawn) == len(found):
            _say(f"{len(found)} certificates issued and drawn.")
            return drawn[0]
        if not any(_run(job_id) for job_id in _waiting(before)):
            time.sleep(0.2)
    raise StoryBroken("The certificates were not drawn in time; see `flask jobs list`.")


def _waiting(before: int) -> Sequence[int]:
    with db.transaction(Mode.READ, of_all=True):
        mine = select(Job.id).where(Job.id > before, Job.kind == "certificates.draw", jobs.due())
        return session.scalars(mine.order_by(Job.id)).all()


def _run(job_id: int) -> bool:
    """Do one job, unless somebody else has it."""
    if (taken := jobs.claim("story", job_id=job_id)) is None:
        return False
    taken.run()
    return True


def _checked(certificate: Certificate, cohort: Cohort) -> Path:
    """The original, copied out of the storage and verified as anybody would."""
    assert certificate.pdf_key
    target = _folder() / f"certificat-{certificate.number}.pdf"
    with files.storage().open(certificate.pdf_key) as original:
        target.write_bytes(original.read())
    verdict = json.loads(_command("certificates", "verify", str(target), "--json"))
    if verdict["status"] != "valid":
        raise StoryBroken(f"{target} is said to be {verdict['status']}.")
    _command("progress", "verify", "--organisation", AGENCY)
    _say("The certificate is valid, and the ledger of learning holds.")
    return target


def _workbook(cohort: Cohort) -> Path:
    """The cohort is shared with the partner, who takes the report."""
    with db.transaction(Mode.WRITE, cohort.tenant_id):
        account = (
            select(Person.id).join(Account, Account.id == Person.account_id).where(Account.login == PARTNER)
        )
        partner_id = session.scalars(account).one()
        enrolment.share(session.get_one(Cohort, cohort.id), partner_id, Level.NOMINATIVE)
    target = _folder() / f"progression-{now():%Y%m%d-%H%M%S}.xlsx"
    asked = ["--organisation", FUNDER, "--cohort", cohort.name, "--as", PARTNER, "--level", "nominative"]
    _command("reports", "run", "progress", *asked, "--output", str(target))
    return target


def _folder() -> Path:
    folder = settings.current().var / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _command(*words: str, accept: tuple[int, ...] = (0,)) -> str:
    """What a command of this installation prints. Raises ``StoryBroken`` when it ends otherwise than expected."""
    done = current_app.test_cli_runner().invoke(args=list(words))
    if done.exit_code not in accept:
        raise StoryBroken(f"flask {' '.join(words)}\n{done.output}") from done.exception
    return done.stdout


def _say(text: str) -> None:
    print(text, file=sys.stderr)
