"""One thing of each kind in the first tenant, so that every address of the house can be built."""

from datetime import date

from sqlalchemy import select

from lms.core import db
from lms.core.db import session
from lms.core.jobs import Job
from lms.enrolment.models import Enrolment, ImportRun, Member
from lms.reports.models import ReportRun
from lms.sso.models import IdentityProvider
from tests.support.worlds import World

#: Names that two rooms use for different things.
NAMES = {"courses.slug", "curricula.slug", "sso.slug", "certificates.code", "people.words", "people.token"}


def subjects(world: World) -> dict[str, object]:
    """Parameter of a URL -> a value of the first tenant."""
    one = world.one
    with db.transaction(tenant_id=one.tenant_id):
        member = session.scalars(select(Member).where(Member.person_id == one.learner.person_id)).one()
        enrolment = session.scalars(select(Enrolment).where(Enrolment.member_id == member.id)).one()
        job = Job(kind="core.none", tenant_id=one.tenant_id, person_id=one.adviser.person_id, state="done")
        sent = ImportRun(
            tenant_id=one.tenant_id, organisation_id=one.agency_id, by_id=one.adviser.person_id,
            file_name="CANARI-1.csv", file_key="none", cohort_name="CANARI-1", course_id=one.course_id,
        )  # fmt: skip
        run = ReportRun(
            tenant_id=one.tenant_id, organisation_id=one.agency_id, person_id=one.adviser.person_id,
            report="progress", level="nominative", as_of=date(2026, 11, 20),
        )  # fmt: skip
        provider = IdentityProvider(
            tenant_id=one.tenant_id, organisation_id=one.root_id, slug="canari-1", name="CANARI-1",
            issuer="http://127.0.0.1:1", client_id="x",
        )  # fmt: skip
        session.add_all([job, sent, run, provider])
        session.flush()
        return _more(world) | {
            "cohort_id": one.cohort_id,
            "member_id": member.id,
            "enrolment_id": enrolment.id,
            "activity_id": one.activity_ids[0],
            "person_id": one.learner.person_id,
            "organisation_id": one.agency_id,
            "job_id": job.id,
            "import_id": sent.id,
            "run_id": run.id,
            "courses.slug": "cours-1",
            "sso.slug": provider.slug,
            "key": "01",
        }


def _more(world: World) -> dict[str, object]:
    """What later rooms need; filled in as they come."""
    return {}
