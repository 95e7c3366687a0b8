"""Builds a large customer, slice after slice: stopped at any moment and started again, it goes on and nothing is double."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from config.demo.load import PASSWORD
from config.demo.scale import plan, slices
from config.demo.scale.plan import Agency, Scale
from config.demo.scale.slices import Ground
from config.demo.scale.study import CourseShape, StepShape
from lms.core import bulk, clock, db
from lms.core.db import Mode, session
from lms.courses import services as courses
from lms.courses.models import Activity, Course
from lms.courses.queries import course_by_slug
from lms.curricula import services as curricula
from lms.curricula.models import Curriculum
from lms.enrolment.models import Cohort
from lms.organisations import services as organisations
from lms.organisations.models import Membership, Organisation, OrganisationKind, Role
from lms.organisations.queries import by_slug
from lms.people import services as people

_COURSES = Path(__file__).parents[1] / "courses"
_PATH = ("premiers-pas-courriel", "rester-en-securite-en-ligne", "tableur-pour-debuter")
_EVERY = 2.0  #: seconds between two words about how far it is
_SECONDS = 600  #: a statement may take: the statistics of a large table
SINCE = timedelta(days=800)  #: the customer is older than its oldest cohort


@dataclass(slots=True)
class Told:
    """What was done, and how quickly."""

    learners: int = 0
    events: int = 0
    found: int = 0  #: learners who were there already
    begun: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self.begun


def load(wanted: Scale, say: Callable[[str], None], owner_url: str = "") -> Told:
    """Write what is missing of this customer; ``say`` is told how far it is.

    ``owner_url``: who may refresh the statistics, where that is not the installation's own database.
    """
    before, db.SECONDS[Mode.WRITE] = db.SECONDS[Mode.WRITE], _SECONDS
    try:
        return _load(wanted, say, owner_url)
    finally:
        db.SECONDS[Mode.WRITE] = before


def _load(wanted: Scale, say: Callable[[str], None], owner_url: str) -> Told:
    password_hash = people.hash_password(PASSWORD)  # slow: before any transaction
    tenant_id, since = _root(wanted)
    until = since + SINCE  # the moment of the first load, for one that goes on later too
    _admin(tenant_id, wanted, password_hash)
    curriculum_id, path = _shelf(tenant_id, wanted.slug)
    told, last = Told(), time.monotonic()
    for agency in plan.agencies(wanted):
        here = _opened(Ground(tenant_id, agency, curriculum_id, path, password_hash, until), wanted)
        for learners, events in _agency(here, wanted, until.date(), told):
            told.learners += learners
            told.events += events
            if time.monotonic() - last > _EVERY:
                last = time.monotonic()
                say(_so_far(wanted, told))
    if told.learners:
        say("Statistics of the tables ...")
        bulk.refresh_statistics(owner_url)
    return told


def _agency(here: Ground, wanted: Scale, today: date, told: Told) -> Iterator[tuple[int, int]]:
    """Write the slices that are not there yet, each in its own transaction. Learners and events of each."""
    with db.transaction(Mode.READ, here.tenant_id):
        own = select(Cohort.name).where(
            Cohort.tenant_id == here.tenant_id, Cohort.organisation_id == here.organisation_id
        )
        there = set(session.scalars(own))
    for cohorts in plan.slices(wanted, here.agency, today):
        number = sum(one.size for one in cohorts)
        if cohorts[0].name in there:  # a slice stands as a whole or not at all
            told.found += number
            continue
        with db.transaction(Mode.WRITE, here.tenant_id):
            events = slices.write(here, cohorts)
        yield number, events


def _so_far(wanted: Scale, told: Told) -> str:
    rate = told.learners / told.seconds
    left = (wanted.learners - told.found - told.learners) / rate
    return (
        f"{told.found + told.learners:,} of {wanted.learners:,} learners, {told.events:,} events, "
        f"{told.events / told.seconds:,.0f} events a second, {left / 60:.1f} min left"
    )


def _root(wanted: Scale) -> tuple[int, datetime]:
    """The customer, and since when it is one."""
    with db.transaction():
        root = by_slug(wanted.slug)
        if root is None:
            root = organisations.add(wanted.slug, wanted.name, OrganisationKind.AGENCY, level="réseau")
            root.created_at = clock.now() - SINCE
            root.signatory, root.signatory_role = "Hélène Vasseur", "directrice de la formation"
            root.siret, root.nda = "90000123100019", "99990012359"
            root.address = "12 rue des Tisserands, 59100 Roubaix"
            root.help_phone, root.help_hours = "01 99 00 42 20", "du lundi au vendredi, de 9 h à 17 h"
        return root.tenant_id, root.created_at


def admin_login(wanted: Scale) -> str:
    """Who signs in to see all of it, with the demo's password."""
    return f"admin-{wanted.slug}"


def _admin(tenant_id: int, wanted: Scale, password_hash: str) -> None:
    login = admin_login(wanted)
    with db.transaction(Mode.WRITE, tenant_id):
        root = by_slug(wanted.slug)
        assert root is not None
        if people.account_by_login(login) is None:
            account = people.create_account(login, email=f"{login}@exemple.fr")
            people.set_password(account.id, password_hash)
            person = people.add_person(tenant_id, "Hélène", "Vasseur", account_id=account.id)
            organisations.add_member(person.id, root, Role.ADMIN)


def _shelf(tenant_id: int, slug: str) -> tuple[int, tuple[CourseShape, ...]]:
    """The demo's courses as this customer has them, and the path of all three."""
    with db.transaction(Mode.WRITE, tenant_id):
        root = by_slug(slug)
        assert root is not None
        shelf = [_course(root, folder, f"{folder}-{slug}") for folder in _PATH]
        path_slug = f"le-numerique-au-quotidien-{slug}"
        path = session.scalars(select(Curriculum).where(Curriculum.slug == path_slug)).one_or_none()
        if path is None:
            path = curricula.add(path_slug, "Le numérique au quotidien", root, [one.slug for one in shelf])
            session.flush()  # its number goes into the cohorts
        return path.id, tuple(_shape(course) for course in shelf)


def _course(owner: Organisation, folder: str, slug: str) -> Course:
    made = course_by_slug(owner.tenant_id, slug)
    if made is None:
        courses.import_folder(_COURSES / folder, owner, slug)
        made = course_by_slug(owner.tenant_id, slug)
        assert made is not None
        courses.publish(made)
    return made


def _shape(course: Course) -> CourseShape:
    steps = (
        select(Activity.id, Activity.minutes, Activity.kind)
        .where(Activity.tenant_id == course.tenant_id, Activity.course_id == course.id)
        .where(Activity.is_mandatory, Activity.removed_at.is_(None))
        .order_by(Activity.position)
    )
    found = (StepShape(row.id, row.minutes * 60, row.kind == "quiz") for row in session.execute(steps))
    return CourseShape(course.id, tuple(found))


def _opened(ground: Ground, wanted: Scale) -> Ground:
    """The agency under its region, with its advisers; made where they are missing."""
    agency, since = ground.agency, ground.until - SINCE
    slug = f"{wanted.slug}-a{agency.number}"
    with db.transaction(Mode.WRITE, ground.tenant_id):
        unit = by_slug(slug)
        if unit is None:
            region = _region(wanted, agency)
            unit = organisations.add(
                slug, agency.name, OrganisationKind.AGENCY, parent=region, level="agence"
            )
            unit.safir, unit.created_at = agency.safir, since
            unit.help_phone = f"{agency.region.landline}{agency.number % 10_000:04d}"
            slices.staff(replace(ground, organisation_id=unit.id), since)
        advisers = select(Membership.person_id).where(
            Membership.tenant_id == ground.tenant_id, Membership.organisation_id == unit.id,
            Membership.role == Role.ADVISER,
        )  # fmt: skip
        ids = session.scalars(advisers.order_by(Membership.person_id)).all()
        return replace(ground, organisation_id=unit.id, advisers=ids)


def _region(wanted: Scale, agency: Agency) -> Organisation:
    slug = f"{wanted.slug}-{agency.region.slug}"
    found = by_slug(slug)
    if found is None:
        root = by_slug(wanted.slug)
        name = f"Emploi Demain {agency.region.name}"
        found = organisations.add(slug, name, OrganisationKind.AGENCY, parent=root, level="région")
    return found
