"""Questions of reports: whose rows may be in one, and who may open it again."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import String, func, literal, or_, select, type_coerce
from sqlalchemy.orm import aliased

from lms.core.clock import now
from lms.core.db import AnySelect, session
from lms.enrolment.models import Cohort, Level, Share
from lms.organisations.actor import Actor, watches
from lms.organisations.models import Branch, Membership, Organisation, Role
from lms.organisations.queries import below
from lms.people.models import Account, Person
from lms.reports.models import ReportRun
from lms.reports.scope import LEVELS, Asker, Scope, asker_of

RUNS = 10  #: past reports on one page
CHOICES = 200  #: cohorts that a form offers, newest first


@dataclass(frozen=True, slots=True)
class Choice:
    """A cohort that the asker may choose, and at what level it is open to them."""

    cohort_id: int
    name: str
    organisation_id: int
    level: Level


@dataclass(frozen=True, slots=True)
class RunInSight:
    """A report of the actor's own. ``is_open``: whether they may still see what it was made of."""

    run: ReportRun
    is_open: bool


@dataclass(frozen=True, slots=True)
class RunPage:
    """Some of the actor's reports: page ``number`` of ``size`` each, out of ``total``."""

    runs: Sequence[ReportRun]
    number: int
    size: int
    total: int


def seen(asker: Asker, cohort_id: int | None = None) -> AnySelect:
    """Id and level (as text) of each cohort in sight, or of this one: every report joins it, so none shows more."""
    if asker.by_shares:
        found = select(Share.cohort_id.label("id"), type_coerce(Share.level, String).label("level")).where(
            Share.tenant_id == asker.tenant_id,
            Share.person_id == (asker.person_id if asker.is_partner else 0),
        )
        return found.where(Share.cohort_id == cohort_id) if cohort_id is not None else found
    found = select(Cohort.id.label("id"), literal(Level.NOMINATIVE.value).label("level")).where(
        Cohort.tenant_id == asker.tenant_id,
        Cohort.organisation_id.in_(below(asker.tenant_id, asker.organisation_id)),
    )
    return found.where(Cohort.id == cohort_id) if cohort_id is not None else found


def choices(asker: Asker, cohort_id: int | None = None, name: str = "") -> Sequence[Choice]:
    """Cohorts to choose from, newest first: at most ``CHOICES``; one of them, or those of a name, where that is said."""
    sight = seen(asker, cohort_id).subquery()
    found = (
        select(Cohort.id, Cohort.name, Cohort.organisation_id, sight.c.level)
        .join(sight, sight.c.id == Cohort.id)
        .where(Cohort.tenant_id == asker.tenant_id)
        .order_by(Cohort.created_at.desc(), Cohort.id.desc())
        .limit(CHOICES)
    )
    rows = session.execute(found.where(Cohort.name == name) if name else found)
    return [Choice(row[0], row[1], row[2], Level(row[3])) for row in rows]


def levels_in_sight(scope: Scope) -> dict[Level, int]:
    """How many cohorts the report shows at each level."""
    sight = seen(scope.asker, scope.cohort_id).subquery()
    found: dict[Level, int] = {}
    for shared, number in session.execute(select(sight.c.level, func.count()).group_by(sight.c.level)):
        level = scope.level_of(shared)
        found[level] = found.get(level, 0) + number
    return {level: found[level] for level in LEVELS if level in found}


def shares(scope: Scope) -> dict[str, str]:
    """What a partner's file is made from: cohort -> level shown. Empty for those who watch whole organisations."""
    if not scope.asker.by_shares:
        return {}
    found = session.execute(seen(scope.asker, scope.cohort_id))
    return {str(cohort_id): scope.level_of(shared).value for cohort_id, shared in found}


def asker_again(tenant_id: int, person_id: int, organisation_id: int) -> Asker | None:
    """The asker as they are now, without a request: what a worker needs. None: nothing there any more."""
    held = aliased(Organisation)  # where a role was given
    found = (
        select(
            Person.first_name,
            Person.last_name,
            Person.language,
            Organisation.name,
            Organisation.zone,
            Organisation.features,
            held.features.label("features_above"),
            Membership.role,
        )
        .select_from(Person)
        .join(Membership, (Membership.tenant_id == Person.tenant_id) & (Membership.person_id == Person.id))
        .join(
            Branch,
            (Branch.tenant_id == Membership.tenant_id) & (Branch.above_id == Membership.organisation_id),
        )
        .join(
            Organisation,
            (Organisation.tenant_id == Branch.tenant_id) & (Organisation.id == Branch.below_id),
        )
        .join(held, (held.tenant_id == Membership.tenant_id) & (held.id == Membership.organisation_id))
        .where(
            Person.tenant_id == tenant_id,
            Person.id == person_id,
            Person.archived_at.is_(None),
            Person.suspended_at.is_(None),
            Organisation.archived_at.is_(None),
            Branch.below_id == organisation_id,
            or_(Membership.ends_at.is_(None), Membership.ends_at > now()),
        )
    )
    rows = session.execute(found).all()
    if not rows:
        return None
    one, roles = rows[0], {row.role for row in rows}
    return Asker(
        tenant_id=tenant_id,
        person_id=person_id,
        name=f"{one.first_name} {one.last_name}".strip(),
        organisation_id=organisation_id,
        organisation=one.name,
        is_watcher=watches(roles, {*one.features, *(name for row in rows for name in row.features_above)}),
        is_partner=Role.PARTNER in roles,
        zone=one.zone,
        language=one.language,
    )


def person_by_login(tenant_id: int, login: str) -> int | None:
    """The person of this tenant who signs in by this login."""
    found = (
        select(Person.id)
        .join(Account, Account.id == Person.account_id)
        .where(
            Person.tenant_id == tenant_id,
            Account.login == login.strip().lower(),
            Account.suspended_at.is_(None),
        )
    )
    return session.scalars(found.order_by(Person.id)).first()


def steady() -> None:
    """One picture of the data for the whole workbook: first thing in its transaction. SQLite always reads so."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def my_runs(actor: Actor, number: int = 1) -> RunPage:
    """The actor's own reports, newest first."""
    mine = ReportRun.tenant_id == actor.tenant_id, ReportRun.person_id == actor.person_id
    total = session.scalar(select(func.count()).select_from(ReportRun).where(*mine)) or 0
    number = min(max(number, 1), max(1, -(-total // RUNS)))
    found = select(ReportRun).where(*mine).order_by(ReportRun.id.desc())
    return RunPage(session.scalars(found.limit(RUNS).offset((number - 1) * RUNS)).all(), number, RUNS, total)


def run_in_sight(actor: Actor, run_id: int) -> RunInSight | None:
    """One's own report, and whether its right still stands: asked anew each time."""
    found = select(ReportRun).where(
        ReportRun.tenant_id == actor.tenant_id,
        ReportRun.person_id == actor.person_id,
        ReportRun.id == run_id,
    )
    run = session.scalars(found).one_or_none()
    return RunInSight(run, still_open(asker_of(actor), run)) if run else None


def still_open(asker: Asker, run: ReportRun) -> bool:
    """Whether the asker may see now all that the file was made of, at a level at least as open."""
    if run.shares:
        now_open = {row[0]: row[1] for row in session.execute(seen(asker))} if asker.is_partner else {}
        return all(
            int(cohort_id) in now_open
            and LEVELS.index(Level(now_open[int(cohort_id)])) <= LEVELS.index(Level(level))
            for cohort_id, level in run.shares.items()
        )
    if not asker.is_watcher:
        return False
    organisations = select(func.count()).where(
        Branch.tenant_id == asker.tenant_id,
        Branch.above_id == asker.organisation_id,
        Branch.below_id == run.organisation_id,
    )
    if not session.scalar(organisations):
        return False
    return run.cohort_id is None or bool(choices(asker, run.cohort_id))
