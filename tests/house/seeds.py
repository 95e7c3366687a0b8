"""One thing of each kind in the first tenant, so that every address of the house can be built."""

from datetime import date, timedelta

from sqlalchemy import select

from lms.api.models import ScimToken
from lms.certificates import services as certificates
from lms.certificates.models import Certificate
from lms.core import db
from lms.core.clock import now
from lms.core.db import session
from lms.core.jobs import Job
from lms.core.journal import Entry
from lms.core.post import stop_token
from lms.core.sealing import seal
from lms.courses.models import Media
from lms.curricula.models import Curriculum
from lms.enrolment import way_codes
from lms.enrolment.models import Cohort, Enrolment, ImportRun, Member, Way, WayMode, Wish, WishState
from lms.enrolment.services import pools as places
from lms.enrolment.services.pools import Terms
from lms.ledger.models import Unit
from lms.mandates.models import Mandate
from lms.organisations import logo
from lms.organisations.models import Invitation, Organisation, Role
from lms.people.models import Passkey, SignIn
from lms.records.models import DataRequest, RequestKind
from lms.reports.models import ReportRun
from lms.sso.models import IdentityLink, IdentityProvider, ProviderState
from tests.support.worlds import Corner, World

#: Names that two rooms use for different things.
NAMES = {
    "courses.slug",
    "curricula.slug",
    "sso.slug",
    "courses.name",
    "reports.name",
    "sso.kind",
    "enrolment.code",
    "notifications.token",
}


def subjects(world: World) -> dict[str, object]:
    """Parameter of a URL -> a value of the first tenant."""
    return of_corner(world.one)


def of_corner(one: Corner) -> dict[str, object]:
    """Parameter of a URL -> a value of this tenant."""
    mark = one.admin.name.partition(" ")[2]
    n = mark.rpartition("-")[2]
    with db.transaction(tenant_id=one.tenant_id):
        member = session.scalars(select(Member).where(Member.person_id == one.learner.person_id)).one()
        enrolment = session.scalars(select(Enrolment).where(Enrolment.member_id == member.id)).one()
        member.scheme, member.entered_at = "AIF", now()  # something of theirs is to be declared
        job = Job(kind="core.none", tenant_id=one.tenant_id, person_id=one.adviser.person_id, state="done")
        sent = ImportRun(
            tenant_id=one.tenant_id, organisation_id=one.agency_id, by_id=one.adviser.person_id,
            file_name=f"{mark}.csv", file_key="none", cohort_name=mark, course_id=one.course_id,
        )  # fmt: skip
        run = ReportRun(
            tenant_id=one.tenant_id, organisation_id=one.agency_id, person_id=one.adviser.person_id,
            report="progress", level="nominative", as_of=date(2026, 11, 20),
        )  # fmt: skip
        provider = IdentityProvider(
            tenant_id=one.tenant_id, organisation_id=one.root_id, slug=mark.lower(), name=mark,
            issuer="http://127.0.0.1:1", client_id="x", state=ProviderState.LIVE,
        )  # fmt: skip
        path = Curriculum(
            tenant_id=one.tenant_id, organisation_id=one.root_id, slug=f"parcours-{n}", title=mark
        )
        picture = Media(
            tenant_id=one.tenant_id, course_id=one.course_id, name="image.svg", file_key="none",
            media_type="image/svg+xml", sha256="0" * 64, size=1,
        )  # fmt: skip
        pool = places.open_pool(
            session.get_one(Organisation, one.agency_id), Terms(mark, Unit.PLACE, 10, date(2026, 11, 2))
        )
        session.get_one(Cohort, one.cohort_id).pool_id = pool.id
        way = Way(
            tenant_id=one.tenant_id, cohort_id=one.cohort_id, mode=WayMode.ON_APPROVAL, used=1,
            code_hash=way_codes.code_hash(f"WAYS-WAYS-{n}"), sealed_code=seal(f"WAYS-WAYS-{n}"),
        )  # fmt: skip
        session.add(way)
        session.flush()
        wish = Wish(
            tenant_id=one.tenant_id, cohort_id=one.cohort_id, person_id=one.adviser.person_id, way_id=way.id,
            state=WishState.ASKED, why=mark,
        )  # fmt: skip
        here = SignIn(account_id=one.adviser.account_id, token_hash=n * 64, method="password")
        asked = DataRequest(
            tenant_id=one.tenant_id, person_id=one.learner.person_id, kind=RequestKind.CORRECT, wish="CANARI-1",
            due_on=date(2026, 12, 30),
        )  # fmt: skip
        erased = Entry(
            tenant_id=one.tenant_id, person_id=one.admin.person_id, verb="people-erased",
            details={"people": [1], "rows": {"person": [0, 1, 0]}},
        )  # fmt: skip
        mandate = Mandate(
            tenant_id=one.tenant_id, person_id=one.learner.person_id, holder_id=one.adviser.person_id,
            scopes=["courses"], days=31, form="2026-11",
        )  # fmt: skip
        key = Passkey(
            account_id=one.adviser.account_id, credential="AAAA", public_key="AAAA", sign_count=0, name="x"
        )
        invited = Invitation(
            tenant_id=one.tenant_id, organisation_id=one.agency_id, role=Role.LEARNER, code_hash="x", most=9,
            sealed_code=seal("AAAA-AAAA-AAAA"), by_id=one.adviser.person_id, expires_at=now() + timedelta(days=9),
        )  # fmt: skip
        session.add_all(
            [job, sent, run, provider, path, picture, here, key, asked, erased, mandate, invited, wish]
        )
        token = ScimToken(tenant_id=one.tenant_id, organisation_id=one.root_id, name=mark, token_hash=n * 64)
        session.add(token)
        session.flush()
        sent.job_id = run.job_id = job.id
        tied = IdentityLink(
            tenant_id=one.tenant_id, provider_id=provider.id, subject="CANARI-1", account_id=one.partner.account_id,
            person_id=one.partner.person_id,
        )  # fmt: skip
        session.add(tied)
        session.flush()
        return {
            "cohort_id": one.cohort_id,
            "course_id": one.course_id,
            "member_id": member.id,
            "enrolment_id": enrolment.id,
            "activity_id": one.activity_ids[0],
            "person_id": one.learner.person_id,
            "organisation_id": one.agency_id,
            "certificate_id": _certificate(one.tenant_id, enrolment),
            "job_id": job.id,
            "import_id": sent.id,
            "batch_id": member.batch_id,
            "run_id": run.id,
            "sign_in_id": here.id,
            "request_id": asked.id,
            "mandate_id": mandate.id,
            "entry_id": erased.id,
            "token_id": token.id,
            "passkey_id": key.id,
            "pool_id": pool.id,
            "invitation_id": invited.id,
            "way_id": way.id,
            "wish_id": wish.id,
            "enrolment.code": f"WAYS-WAYS-{n}",
            "courses.slug": f"cours-{n}",
            "courses.name": picture.name,
            "curricula.slug": path.slug,
            "sso.slug": provider.slug,
            "sso.kind": "openid",
            "provider_id": provider.id,
            "link_id": tied.id,
            "reports.name": "progress",
            "key": "01",
            "colour": "0b4a59",
            "file": "0" * 32,
            "seal": logo.url_of("0" * 32).rpartition("/")[2].removesuffix(".png"),
            "code": "AAAA-AAAA-AAAA-AAAA",
            "words": "un-deux-trois-quatre-cinq-six",
            "token": "nobody-was-given-this-one",
            "notifications.token": stop_token(one.tenant_id, one.learner.person_id, "reminders"),
            "message": "enrolment.convocation",
            "language": "fr",
        }


def _certificate(tenant_id: int, enrolment: Enrolment) -> int:
    """The certificate of an enrolment that is taken for completed."""
    enrolment.started_at = enrolment.completed_at = now()
    enrolment.steps_done = enrolment.steps_total
    session.flush()
    certificates.issue(tenant_id, [enrolment.id])
    return session.scalars(select(Certificate.id).where(Certificate.enrolment_id == enrolment.id)).one()
