"""A row in every table that reaches a person, with a canary in each text and file: what an erasure must find."""

import io
from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from lms.api.models import ResourceKind, ScimMember, ScimResource, ScimToken
from lms.assessment.models import Attempt
from lms.certificates import services as certificates
from lms.certificates.models import Certificate, RegisterEntry
from lms.core import db, files, privacy
from lms.core.clock import now
from lms.core.db import Mode, Model, session
from lms.core.jobs import Job
from lms.core.journal import Entry
from lms.core.post import Mail
from lms.core.privacy import Erased, Holding, Part, Whose
from lms.courses.models import Course, Media
from lms.curricula.models import Curriculum
from lms.enrolment.models import (
    Batch,
    CohortTrainer,
    ColumnMapping,
    Declaration,
    Enrolment,
    ImportRun,
    ImportState,
    LastSaid,
    Level,
    Member,
    MovedOut,
    Place,
    Pool,
    PoolShare,
    Reminder,
    Rule,
    RuleCondition,
    Share,
    StagedRow,
    Trace,
    Way,
    WayMode,
    Wish,
    WishState,
)
from lms.ledger.models import Account, Book, Movement, Transaction, Unit
from lms.mandates.models import Mandate
from lms.notifications.models import MessageRules, OptOut, Wording
from lms.organisations.models import Invitation, Organisation, OrganisationKind, Role
from lms.people import queries, services
from lms.people.models import (
    AccessCard,
    AddressChange,
    Authenticator,
    Passkey,
    RecoveryCode,
    ResetLink,
    SignIn,
)
from lms.progress import ledger
from lms.progress.ledger import Fact, Head
from lms.progress.models import Standing
from lms.records.models import DataRequest, RequestKind
from lms.reports.models import ReportRun
from lms.sso.models import IdentityDomain, IdentityLink, IdentityProvider, IdentitySession, UsedState
from tests.support import sight, worlds
from tests.support.worlds import Corner, Someone

CANARY = "ZZ-CANARI-ZZ"
#: Tables of which only staff have rows.
OF_STAFF = {
    "enrolment_batch",
    "enrolment_import",
    "report_run",
    "cohort_share",
    "place_pool_share",
    "cohort_trainer",
    "cohort_rule",
    "cohort_rule_condition",
    "invitation",
    "message_wording",
}
#: Columns of text that hold words of ours, or the keys of files: nobody types there; nor in the ledger.
_WORDS = {
    "once_key", "about", "state", "kind", "verb", "language", "zone", "method", "level", "pdf_key", "file_key", "hash", "let_go_hash", "mark", "logo", "own_logo",
    "slot", "fact", "portal",
    "way", "run", "topic", "mail_key", "weekdays", "copy",
}  # fmt: skip
#: What the database lets nobody change: its rows are written with their canary.
_LEDGER = {"learning_event", "journal_entry"}


def whose(corner: Corner, *people: Someone) -> Whose:
    """These people of a tenant."""
    with db.transaction(Mode.READ, corner.tenant_id):
        return queries.whose(corner.tenant_id, [one.person_id for one in people])


def every_table(corner: Corner, who: Someone, by: Someone) -> Whose:
    """Rows on ``who`` in every table, with canaries; rows that only staff have are of ``by``, with ``who`` in their files."""
    _files.clear()
    with sight.everything():  # a mail of the account alone belongs to no tenant
        for row in chain(_on_accounts(who), _on_work(corner, who, by)):
            session.add(row)
            session.flush()
        _on_courses(corner, who)
    found = whose(corner, who)
    _mark(found, set(Holding.registered) - OF_STAFF - _LEDGER)
    return found


def learners(corner: Corner, size: int) -> list[Someone]:
    """So many people more, each in a cohort, with a certificate."""
    with db.transaction(tenant_id=corner.tenant_id):
        people = [
            worlds.person(corner.tenant_id, corner.agency_id, Role.LEARNER, f"A{size}", f"B{n}")
            for n in range(size)
        ]
        course = session.get_one(Course, corner.course_id)
        worlds.cohort(corner.tenant_id, corner.agency_id, f"Cohorte de {size}", [course], people)
        ids = [one.person_id for one in people]
        done = sa.update(Enrolment).where(Enrolment.person_id.in_(ids)).values(completed_at=now())
        certificates.issue(corner.tenant_id, session.scalars(done.returning(Enrolment.id)).all())
    return people


def every_text(corner: Corner) -> None:
    """A canary in every text and JSON column of every row of this tenant, whatever else it says."""
    every_table(corner, corner.learner, corner.adviser)
    with db.transaction(tenant_id=corner.tenant_id):
        of = {"tenant_id": corner.tenant_id}
        session.add(Curriculum(**of, organisation_id=corner.root_id, slug="canary", title="x"))
        session.add(
            Media(
                **of, course_id=corner.course_id, name="x", file_key="x", media_type="x", sha256="x", size=1
            )
        )
        session.flush()  # the statements below must find them
        for table in Model.metadata.sorted_tables:
            columns = [column for column in _texts(table) if not column.foreign_keys]
            if table.name != "journal_entry" and "tenant_id" in table.c and "id" in table.c and columns:
                canaries = {column.name: _canary(column) for column in columns}
                session.execute(
                    sa.update(table).where(table.c.tenant_id == corner.tenant_id).values(canaries)
                )


def more_of_everything(corner: Corner, turn: int) -> None:
    """More people in the corner's cohort, on more courses, in more cohorts and units, than it had."""
    tenant_id, agency_id = corner.tenant_id, corner.agency_id
    learners(corner, 5 * turn)
    with db.transaction(tenant_id=tenant_id):
        more = [
            worlds.person(tenant_id, agency_id, Role.LEARNER, f"Plus{turn}{n}", "Encore") for n in range(8)
        ]
        made = [
            worlds.course(tenant_id, corner.root_id, f"plus-{turn}{n}", f"Plus {turn}{n}")[0]
            for n in range(3)
        ]
        worlds.cohort(
            tenant_id, agency_id, f"Encore {turn}", made, [*more, corner.learner, corner.other_learner]
        )
        batch = session.scalars(select(Member.batch_id).where(Member.cohort_id == corner.cohort_id)).first()
        place = {"tenant_id": tenant_id, "cohort_id": corner.cohort_id, "batch_id": batch}
        session.add_all(Member(**place, person_id=one.person_id) for one in more)
        agency = session.get_one(Organisation, agency_id)
        for n in range(3):
            worlds.organisation(
                tenant_id, agency, f"site-{turn}{n}", f"Site {turn}{n}", OrganisationKind.AGENCY
            )


def tables_with_texts() -> set[str]:
    """Tables of tenants in which somebody may have typed something."""
    return {table.name for table in Model.metadata.sorted_tables if "tenant_id" in table.c and _texts(table)}


def places() -> set[tuple[str, str]]:
    """Table and column of every canary in the database."""
    found = set()
    with sight.everything(Mode.READ):
        for table in Model.metadata.sorted_tables:
            for column in _texts(table):
                canaries = select(sa.literal(1)).where(sa.cast(column, sa.Text).contains(CANARY))
                if session.execute(canaries.limit(1)).first():
                    found.add((table.name, column.name))
    return found


def canary_files() -> set[str]:
    """The names of our files in which the canary stands."""
    found = set()
    for key, name in _files.items():
        if files.storage().exists(key):
            with files.storage().open(key) as content:
                if CANARY.encode() in content.read():
                    found.add(name)
    return found


def everything() -> dict[str, list[str]]:
    """All rows of all tables but the journal's, as text: whether anything was changed."""
    with sight.everything(Mode.READ):
        return {
            table.name: sorted(str(tuple(row)) for row in session.execute(select(table)))
            for table in Model.metadata.sorted_tables
            if table.name != "journal_entry"
        }


def shown(found: Whose) -> dict[str, Part]:
    """What they are shown, table by table."""
    with db.transaction(Mode.READ, found.tenant_id):
        return {part.name: part for part in privacy.export(found)}


def erase(found: Whose) -> dict[str, Erased]:
    """Erase them, and keep it; what became of each table."""
    with db.transaction(tenant_id=found.tenant_id):
        return {one.name: one for one in services.erase(found.tenant_id, found.person_ids)}


_files: dict[str, str] = {}


def _file(name: str) -> str:
    key = files.storage().put(name, io.BytesIO(f"{name} {CANARY}".encode()))
    _files[key] = name
    return key


def _texts(table: sa.Table) -> list[sa.Column[Any]]:
    """Columns that can hold what somebody typed."""
    return [
        column
        for column in table.c
        if isinstance(column.type, sa.JSON)
        or (
            isinstance(column.type, sa.String)
            and not isinstance(column.type, sa.Enum)
            and column.name not in _WORDS
        )
    ]


def _mark(found: Whose, names: set[str]) -> None:
    """Write the canary into every text of their rows; with the row's number, as some must differ."""
    with sight.everything():
        for name in names:
            held = Holding.registered[name]()
            table = held.table.__table__
            of_nobody = held.of_nobody(found)
            theirs = held.mine(found) if of_nobody is None else sa.or_(held.mine(found), of_nobody)
            values = {column.name: _canary(column) for column in _texts(table) if not column.foreign_keys}
            if values:
                session.execute(sa.update(table).where(theirs).values(values))


def _canary(column: sa.Column[Any]) -> Any:
    if isinstance(column.type, sa.JSON):
        return {"said": CANARY}
    return sa.literal(f"{CANARY}-").concat(sa.cast(column.table.c.id, sa.String))


def _on_accounts(who: Someone) -> Iterator[Model]:
    account = {"account_id": who.account_id}
    yield AccessCard(**account, number="1", words_hash="1")
    yield SignIn(**account, token_hash=f"canary {who.account_id}", method="password")
    yield ResetLink(**account, token_hash=f"canary {who.account_id}", expires_at=now())
    yield Authenticator(**account, sealed_secret="x", last_step=1)
    yield RecoveryCode(**account, code_hash=f"canary {who.account_id}")
    yield Passkey(**account, credential=f"canary {who.account_id}", public_key="x", sign_count=0, name="x")
    yield AddressChange(
        **account, email="x@exemple.fr", token_hash=f"canary {who.account_id}", expires_at=now()
    )
    yield Mail(
        tenant_id=who.tenant_id, person_id=who.person_id, key="canary", kind="people.welcome", address=""
    )
    yield Mail(**account, key="canary of the account", kind="people.new_password", address="")


def _on_work(corner: Corner, who: Someone, by: Someone) -> Iterator[Model]:
    tenant = {"tenant_id": corner.tenant_id}
    place = {**tenant, "organisation_id": corner.agency_id}
    yield Entry(**tenant, person_id=who.person_id, verb="signed-in", details={"said": CANARY})
    yield Job(**tenant, person_id=who.person_id, kind="core.none", state="done")
    yield DataRequest(**tenant, person_id=who.person_id, kind=RequestKind.CORRECT, due_on=date(2026, 12, 30))
    yield Mandate(
        **tenant, person_id=who.person_id, holder_id=by.person_id, scopes=["courses"], days=31, form="x", signed_at=now(),
    )  # fmt: skip
    provider = IdentityProvider(**place, slug="canary", name="x", issuer="http://127.0.0.1:1", client_id="x")
    yield provider
    tied = IdentityLink(
        **tenant, provider_id=provider.id, subject="x", account_id=who.account_id, person_id=who.person_id
    )
    yield tied
    here = SignIn(account_id=who.account_id, token_hash=f"canary over there {who.account_id}", method="sso")
    yield here
    yield IdentitySession(**tenant, link_id=tied.id, sign_in_id=here.id, id_token="x")
    yield IdentityDomain(**tenant, provider_id=provider.id, domain="x")
    yield UsedState(**tenant, state_hash="x", expires_at=now())
    described = ScimResource(
        **place, kind=ResourceKind.USER, scim_id=f"canary {who.person_id}", person_id=who.person_id
    )
    group = ScimResource(**place, kind=ResourceKind.GROUP, scim_id="canary", cohort_id=corner.cohort_id)
    yield from (ScimToken(**place, name="x", token_hash=f"canary {who.person_id}"), described, group)
    yield ScimMember(**tenant, group_id=group.id, resource_id=described.id)
    yield StagedRow(
        **tenant, stage="x", line=1, person_key="x", last_name="x", first_name="x", sort_name="x",
        person_id=who.person_id,
    )  # fmt: skip
    yield Invitation(
        **place, role=Role.LEARNER, email="x@exemple.fr", code_hash=f"canary {corner.tenant_id}", sealed_code="x",
        most=1, by_id=by.person_id, expires_at=now(),
    )  # fmt: skip
    yield Share(**tenant, cohort_id=corner.cohort_id, person_id=by.person_id, level=Level.NOMINATIVE)
    rule = Rule(**tenant, cohort_id=corner.cohort_id, owner_id=by.person_id, organisation_id=corner.agency_id)
    yield rule
    yield RuleCondition(**tenant, rule_id=rule.id, kind="follower", person_id=by.person_id)
    yield MovedOut(**tenant, cohort_id=corner.cohort_id, person_id=who.person_id, batch_id=1)
    yield CohortTrainer(**tenant, cohort_id=corner.cohort_id, person_id=by.person_id)
    way = Way(
        **tenant, cohort_id=corner.cohort_id, mode=WayMode.AT_ONCE, code_hash=f"canary {corner.tenant_id}", sealed_code="x"
    )  # fmt: skip
    yield way
    yield Wish(
        **tenant, cohort_id=corner.cohort_id, person_id=who.person_id, way_id=way.id, state=WishState.REFUSED
    )
    yield from _in_books(corner, who, by)
    batch = session.scalars(select(Batch).filter_by(**tenant, cohort_id=corner.cohort_id)).one()
    batch.by_id = by.person_id
    member_id = session.scalars(select(Member.id).filter_by(**tenant, person_id=who.person_id)).first()
    if member_id is not None:
        yield LastSaid(
            **tenant, member_id=member_id, batch_id=batch.id, last_name=CANARY, first_name=CANARY
        )  # fmt: skip
        yield Trace(
            **tenant, batch_id=batch.id, kind="person", row_id=who.person_id, person_id=who.person_id, before=None, after=CANARY
        )  # fmt: skip
    yield ColumnMapping(**place, signature="x", fields=["last_name", "first_name"])
    yield OptOut(**tenant, person_id=who.person_id, topic="reminders")
    yield MessageRules(**place, weekdays="12345", copy="week")
    own = {"kind": "enrolment.welcome", "language": "fr", "subject": "x", "body": "x"}
    yield Wording(**place, **own, by_id=by.person_id)
    course = session.scalars(select(Enrolment.id).filter_by(**tenant, person_id=who.person_id)).first()
    if course is not None:
        last = {"due_on": date(2026, 12, 30), "sent_on": date(2026, 12, 23), "number": 0, "mail_key": "x"}
        yield Reminder(**tenant, enrolment_id=course, person_id=who.person_id, **last)
    yield ImportRun(
        **place, by_id=by.person_id, file_name="x.csv", file_key=_file("import"), cohort_name="x",
        state=ImportState.DONE, batch_id=batch.id, report={"total": 1, "errors": [{"value": CANARY}]},
    )  # fmt: skip
    for cohort_id in (corner.cohort_id, None):
        yield ReportRun(
            **place, person_id=by.person_id, report="progress", level="nominative", cohort_id=cohort_id,
            file_key=_file("report"), rows=2, made_at=now(), sha256="0" * 64,
        )  # fmt: skip


def _in_books(corner: Corner, who: Someone, by: Someone) -> Iterator[Model]:
    """A place that they take out of a pool of their agency, and an account of their own."""
    tenant = {"tenant_id": corner.tenant_id}
    book = Book(**tenant, unit=Unit.PLACE)
    yield book
    place = {**tenant, "book_id": book.id}
    source = Account(**place, kind="source", balance=-1, floor=None)
    wallet = Account(**place, kind="wallet", balance=1, floor=0, person_id=who.person_id)
    unit = Account(**place, kind="assigned", floor=0, organisation_id=corner.agency_id)
    deed = Transaction(**place, kind="opened", by_id=who.person_id)
    yield from (source, wallet, unit, deed)
    yield Movement(**place, transaction_id=deed.id, from_id=source.id, to_id=wallet.id, amount=1)
    pool = Pool(**place, organisation_id=corner.agency_id, name="x", starts_on=date(2026, 11, 2))
    yield pool
    yield PoolShare(**tenant, pool_id=pool.id, person_id=by.person_id)
    member = session.scalars(select(Member.id).filter_by(**tenant, person_id=who.person_id)).first()
    yield Declaration(
        **tenant, member_id=member, slot="entry", fact="entry", portal="kairos", day=date(2026, 11, 2)
    )
    yield Place(**tenant, member_id=member, pool_id=pool.id, organisation_id=corner.agency_id, amount=1)


def _on_courses(corner: Corner, who: Someone) -> None:
    """A course that was completed: its steps, a test, the ledger's chain, the certificate."""
    tenant, step = {"tenant_id": corner.tenant_id}, corner.activity_ids[0]
    enrolment = session.scalars(select(Enrolment).filter_by(**tenant, person_id=who.person_id)).one()
    of = {**tenant, "enrolment_id": enrolment.id}
    enrolment.started_at = enrolment.completed_at = at = now()
    enrolment.steps_done = 1
    session.add(Standing(**of, activity_id=step, done_at=at))
    session.add(Attempt(**of, activity_id=step, number=1))
    facts = [Fact("opened", step, at), Fact("done", step, at, 60), Fact("completed", None, at)]
    ledger.write(ledger.rows(corner.tenant_id, enrolment.id, facts, Head()))
    code = f"{corner.tenant_id:04d}-AAAA"
    session.add(
        Certificate(
            **of,
            person_id=who.person_id,
            number="2026-000001",
            code=code,
            facts={},
            pdf_key=_file("certificate"),
        )
    )
    session.add(
        RegisterEntry(
            code=code, number="2026-000001", initials="N. C.", title="x", organisation="x", minutes=20,
            completed_on=date(2026, 11, 30), issued_on=date(2026, 11, 30),
        )
    )  # fmt: skip
