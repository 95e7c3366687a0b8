"""Builds the demo: two customers, their people and what they have learned. Loaded twice, it stands once."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, literal, select

from config.demo import declared, granted, names, past, provider
from config.demo.names import Invented
from config.demo.past import Pace, Past
from lms.core import clock, db
from lms.core.clock import Instant
from lms.core.db import session
from lms.core.post import Mail
from lms.courses import queries as course_queries
from lms.courses import services as courses
from lms.courses.models import Activity, Course
from lms.curricula import services as curricula
from lms.curricula.models import Curriculum
from lms.enrolment import services as enrolment
from lms.enrolment import states
from lms.enrolment.models import BatchKind, Cohort, Enrolment, Level, Member
from lms.enrolment.states import MemberState
from lms.organisations import services as organisations
from lms.organisations.models import Organisation, OrganisationKind, Role
from lms.organisations.queries import by_slug
from lms.people import services as people
from lms.people.models import Person, Situation
from lms.progress.history import Deed
from lms.sso import services as sso

PASSWORD = "kokoroe-demo"
COURSES = Path(__file__).parent / "courses"
CURRICULUM = "le-numerique-au-quotidien"


@dataclass(slots=True)
class Site:
    """One customer while it is being built."""

    tenant_id: int
    password_hash: str
    today: date
    chance: random.Random
    units: dict[str, Organisation] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)

    def unit(
        self,
        slug: str,
        name: str,
        kind: OrganisationKind,
        parent: Organisation | None,
        level: str,
        **more: Any,
    ) -> Organisation:
        """An organisation of the tree, with its own fields."""
        made = organisations.add(slug, name, kind, parent=parent, level=level)
        for key, value in more.items():
            setattr(made, key, value)
        self.units[slug] = made
        return made

    def account(self, login: str, first: str, last: str, slug: str, role: Role, **more: Any) -> Person:
        """Somebody who signs in with the demo's password."""
        email = f"{login}@exemple.fr"
        account = people.create_account(login, email=email)
        people.set_password(account.id, self.password_hash)
        follower = more.pop("follower", None)
        person = people.add_person(self.tenant_id, first, last, account_id=account.id, email=email, **more)
        organisations.add_member(person.id, self.units[slug], role, follower.id if follower else None)
        self.people[login] = person
        return person

    def crowd(
        self, some: Sequence[Invented], slug: str, follower: Person | None, is_staff: bool = False
    ) -> list[int]:
        """Learners who do not sign in with a password. Their ids."""
        found = []
        for one in some:
            number: dict[str, Any] = (
                {"hr_number": f"M{one.number:05d}"}
                if is_staff
                else {"agency_identifier": f"98{one.number:08d}K"}
            )
            person = people.add_person(
                self.tenant_id, one.first_name, one.last_name, email=one.email or None, phone=one.phone,
                birth_date=one.birth_date, postcode=one.postcode,
                situation=Situation.EMPLOYEE if is_staff else Situation.JOB_SEEKER, **number,
            )  # fmt: skip
            organisations.add_member(
                person.id, self.units[slug], Role.LEARNER, follower.id if follower else None
            )
            found.append(person.id)
        return found

    def course(self, folder: str, owner: Organisation, slug: str = "") -> Course:
        """One of the demo's courses, published."""
        courses.import_folder(COURSES / folder, owner, slug or folder)
        made = course_queries.course_by_slug(self.tenant_id, slug or folder)
        assert made is not None
        courses.publish(made)
        return made

    def day(self, offset: int) -> date:
        """So many days from today."""
        return self.today + timedelta(days=offset)

    def join(self, cohort: Cohort, person_ids: Sequence[int], **more: Any) -> None:
        """Enrol people as of the day the cohort began. ``more``: what a file would have said of each of them."""
        begins = datetime.combine(cohort.starts_on or self.today, time(8, 0), clock.now().tzinfo)
        joined = literal(min(begins, clock.now()), Instant()).label("joined_at")
        said = [literal(value).label(name) for name, value in more.items()]
        chosen = select(Person.id.label("person_id"), joined, *said).where(Person.id.in_(person_ids))
        enrolment.enrol(chosen, cohort, kind=BatchKind.BY_HAND)


def load() -> bool:
    """Write what is missing. Says whether anything was."""
    password_hash = people.hash_password(PASSWORD)  # slow: before any transaction
    first = _customer("emploi-demain", "Emploi Demain", password_hash, 1, _first)
    second = _customer("cap-loire", "Cap Loire", password_hash, 2, _second)
    return first or second


def _customer(slug: str, name: str, password_hash: str, seed: int, build: Any) -> bool:
    """A root first, then the rest in one transaction: cut short, it is done again as a whole."""
    with db.transaction() as current:
        root = by_slug(slug) or organisations.add(slug, name, OrganisationKind.AGENCY, level="réseau")
        current.flush()
        tenant_id = root.tenant_id
    with db.transaction(tenant_id=tenant_id):
        if session.scalar(select(Cohort.id).where(Cohort.tenant_id == tenant_id).limit(1)):
            return False
        site = Site(tenant_id, password_hash, clock.today(), random.Random(seed))  # invented people  # nosec B311
        site.units["root"] = session.get_one(Organisation, root.id)
        build(site)
        session.execute(delete(Mail).where(Mail.tenant_id == tenant_id))  # the demo's people get no mail
    return True


def _first(site: Site) -> None:
    """A network of employment agencies, a training body, a company, a funder."""
    _tree(site)
    _staff(site)
    path = _shelf(site)
    past_ = Past(site.tenant_id)
    autumn = _autumn(site, path, past_)
    _spring(site, path, past_)
    _elsewhere(site, past_)
    past_.write()
    region, agencies = site.units["emploi-demain-nord"], ("agence-roubaix", "agence-tourcoing")
    granted.grant(site.units["root"], region, [site.units[slug] for slug in agencies], autumn, site.today)
    _said_by_the_staff(site, autumn)
    session.flush()
    declared.declare_until(site.day(-12), site.people["conseiller"], site.units["agence-roubaix"])
    _sign_on(site)


def _tree(site: Site) -> None:
    root, unit = site.units["root"], site.unit
    kind = OrganisationKind
    root.help_phone, root.help_hours = "01 99 00 42 20", "du lundi au vendredi, de 9 h à 17 h"
    root.signatory, root.signatory_role = "Hélène Vasseur", "directrice de la formation"
    root.address, root.siret, root.nda = (
        "12 rue des Tisserands, 59100 Roubaix",
        "90000123100019",
        "99990012359",
    )
    region = unit("emploi-demain-nord", "Emploi Demain Nord", kind.AGENCY, root, "région")
    help_ = {"help_phone": "01 99 00 42 10", "help_hours": "du lundi au vendredi, de 9 h à 17 h"}
    unit("agence-roubaix", "Agence Roubaix Centre", kind.AGENCY, region, "agence", safir="99001", **help_)
    unit("agence-tourcoing", "Agence Tourcoing Nord", kind.AGENCY, region, "agence", safir="99002", **help_)
    unit(
        "atelier-des-lettres", "Atelier des Lettres", kind.TRAINING_BODY, root, "organisme",
        siret="90000123100019", nda="99990012359", **help_,
    )  # fmt: skip
    company = unit("filatures-de-la-lys", "Filatures de la Lys", kind.COMPANY, root, "entreprise", **help_)
    unit("filatures-roubaix", "Filatures de la Lys, site de Roubaix", kind.COMPANY, company, "site", **help_)
    unit("filatures-halluin", "Filatures de la Lys, site d’Halluin", kind.COMPANY, company, "site", **help_)
    unit("fonds-nord-competences", "Fonds Nord Compétences", kind.FUNDER, root, "financeur", **help_)


def _staff(site: Site) -> None:
    site.units["emploi-demain"] = site.units["root"]
    account = site.account
    account("admin", "Hélène", "Vasseur", "emploi-demain", Role.ADMIN)
    account("rh", "Sylvie", "Marchand", "filatures-de-la-lys", Role.HR_MANAGER, phone="0199004230")
    adviser = account("conseiller", "Claire", "Morel", "agence-roubaix", Role.ADVISER, phone="0199004211")
    account("formateur", "Malik", "Haddad", "emploi-demain", Role.TRAINER)
    account("partenaire", "Claude", "Renard", "fonds-nord-competences", Role.PARTNER)
    account(
        "apprenant", "Nadia", "Benali", "agence-roubaix", Role.LEARNER, follower=adviser, phone="0639987130",
        postcode="59100", agency_identifier="9800000001K", situation=Situation.JOB_SEEKER,
    )  # fmt: skip
    account("professeur", "Monique", "Delattre", "agence-roubaix", Role.LEARNER, follower=adviser)


def _shelf(site: Site) -> Curriculum:
    owner = site.units["root"]
    for folder in ("premiers-pas-courriel", "rester-en-securite-en-ligne", "tableur-pour-debuter"):
        site.course(folder, owner)
    return curricula.add(
        CURRICULUM, "Le numérique au quotidien", owner,
        ["premiers-pas-courriel", "rester-en-securite-en-ligne", "tableur-pour-debuter"],
    )  # fmt: skip


def _autumn(site: Site, path: Curriculum, past_: Past) -> Cohort:
    """The cohort of today: Nadia midway in the first course, others everywhere. The partner follows it by name."""
    agency, adviser = site.units["agence-roubaix"], site.people["conseiller"]
    crowd = site.crowd(names.invent(44, 1, ("59100", "59200", "59390")), "agence-roubaix", adviser)
    nadia = site.people["apprenant"].id
    cohort = enrolment.make_cohort(
        agency,
        "Le numérique au quotidien, automne",
        curriculum=path,
        starts_on=site.day(-38),
        due_on=site.day(24),
    )
    cohort.funder, cohort.scheme, cohort.agreement = "Fonds Nord Compétences", "AFC", "FNC-2026-041"
    site.join(cohort, [nadia, *crowd], session_number="SE_0000990026", action_number="32_SE_0000990026")
    gone = select(Member.id).where(Member.cohort_id == cohort.id, Member.person_id.in_(crowd[:2]))
    past.study(past_, cohort, Pace(0.16, 0.5), site.today, site.chance, but=[nadia])
    _midway(site, cohort, past_)
    enrolment.withdraw(list(session.scalars(gone)), cohort, "job")
    enrolment.share(cohort, site.people["partenaire"].id, Level.NOMINATIVE)
    without = select(Person.id).where(Person.id.in_(crowd), Person.email.is_(None))
    people.new_cards(list(session.scalars(without)), site.tenant_id, None)
    return cohort


def _said_by_the_staff(site: Site, cohort: Cohort) -> None:
    """One of each state: somebody who opened a first step and did no more, and those that only the staff know."""
    own = Member.tenant_id == cohort.tenant_id, Member.cohort_id == cohort.id
    fresh = select(Member.id).where(*own, Member.state == MemberState.REGISTERED).order_by(Member.id).limit(4)
    working = (
        select(Member.id).where(*own, Member.state == MemberState.IN_PROGRESS).order_by(Member.id.desc())
    )
    waiting = list(session.scalars(fresh))
    _opened(site, waiting[0])
    enrolment.change_state(waiting[1:3], cohort, states.Deed.CONVOKE)
    enrolment.change_state(waiting[3:], cohort, states.Deed.NOT_ENTER)
    enrolment.change_state(list(session.scalars(working.limit(1))), cohort, states.Deed.SUSPEND)


def _opened(site: Site, member_id: int) -> None:
    first = (
        select(Enrolment.id, Activity.id)
        .join(Activity, Activity.course_id == Enrolment.course_id)
        .where(Enrolment.member_id == member_id, Activity.removed_at.is_(None))
        .order_by(Enrolment.position, Activity.position)
        .limit(1)
    )
    own, step = session.execute(first).one()
    at = datetime.combine(site.day(-1), time(10), clock.now().tzinfo)
    Past(site.tenant_id, [Deed(own, step, "opened", at)]).write()


def _midway(site: Site, cohort: Cohort, past_: Past) -> None:
    """Nadia has done two steps of the first course, and began the third two days ago."""
    mine = (
        select(Enrolment)
        .where(Enrolment.cohort_id == cohort.id, Enrolment.person_id == site.people["apprenant"].id)
        .order_by(Enrolment.position)
        .limit(1)
    )
    own = session.scalars(mine).one()
    rows = select(Activity).where(Activity.course_id == own.course_id).order_by(Activity.position).limit(3)
    steps = session.scalars(rows).all()
    for step, days in zip(steps, (9, 2, 2), strict=True):
        at = datetime.combine(site.day(-days), time(9, 10 * step.position), clock.now().tzinfo)
        if step.position < 3:
            past.play(past_, own.id, step, at, site.chance)
        else:
            past_.deeds.append(Deed(own.id, step.id, "opened", at))


def _spring(site: Site, path: Curriculum, past_: Past) -> None:
    """A cohort that is over: most have their certificates. The partner sees it without names."""
    agency, adviser = site.units["agence-roubaix"], site.people["conseiller"]
    crowd = site.crowd(names.invent(34, 2, ("59100", "59510")), "agence-roubaix", adviser)
    cohort = enrolment.make_cohort(
        agency,
        "Le numérique au quotidien, printemps",
        curriculum=path,
        starts_on=site.day(-210),
        due_on=site.day(-120),
    )
    cohort.funder, cohort.scheme = "Fonds Nord Compétences", "AFC"
    site.join(cohort, crowd)
    past.study(past_, cohort, Pace(0.08, 0.98), site.day(-115), site.chance)
    enrolment.share(cohort, site.people["partenaire"].id, Level.PSEUDONYMOUS)


def _elsewhere(site: Site, past_: Past) -> None:
    """Another agency, and the two sites of the company."""
    shelf = {slug: course_queries.course_by_slug(site.tenant_id, slug) for slug in ("premiers-pas-courriel", "rester-en-securite-en-ligne", "tableur-pour-debuter")}  # fmt: skip
    plans = (
        ("agence-tourcoing", "Premiers pas, novembre", "premiers-pas-courriel", 3, 40, -20, 35, Pace(0.3, 0.6), False),
        ("filatures-roubaix", "Sécurité en ligne, équipes de jour", "rester-en-securite-en-ligne", 4, 46, -45, 12, Pace(0.1, 0.8), True),
        ("filatures-halluin", "Tableur, première session", "tableur-pour-debuter", 5, 28, 9, 60, Pace(1, 0), True),
    )  # fmt: skip
    for unit, name, slug, seed, count, begins, due, pace, is_staff in plans:
        follower = site.people["rh"] if is_staff else None
        crowd = site.crowd(names.invent(count, seed, ("59200", "59250")), unit, follower, is_staff)
        course = shelf[slug]
        assert course is not None
        cohort = enrolment.make_cohort(
            site.units[unit], name, courses=[course], starts_on=site.day(begins), due_on=site.day(due)
        )
        site.join(cohort, crowd)
        past.study(past_, cohort, pace, site.today, site.chance)


def _sign_on(site: Site) -> None:
    """The partner's own provider: in the demo, one that answers on the loopback."""
    funder = site.units["fonds-nord-competences"]
    made = sso.add(
        funder, "fonds-nord", funder.name, provider.issuer(), "kokoroe-demo",
        secret=PASSWORD,  # the stand-in knows no client without one
    )  # fmt: skip
    sso.trust(made)
    sso.link(made, provider.SUBJECT, site.people["partenaire"])


def _second(site: Site) -> None:
    """Another customer, to try what one sees of the other: nothing."""
    root = site.units["cap-loire"] = site.units["root"]
    help_ = {"help_phone": "01 99 00 77 10", "help_hours": "du lundi au jeudi, de 9 h à 16 h"}
    root.help_phone, root.help_hours, root.signatory = *help_.values(), "Rémi Gallet"
    site.unit(
        "agence-cap-loire-tours", "Agence Cap Loire Tours", OrganisationKind.AGENCY, root, "agence", **help_
    )
    site.unit("vergers-du-cher", "Vergers du Cher", OrganisationKind.COMPANY, root, "entreprise", **help_)
    site.account("rh2", "Aurore", "Fontaine", "vergers-du-cher", Role.HR_MANAGER)
    adviser = site.account(
        "conseiller2", "Yves", "Lambert", "agence-cap-loire-tours", Role.ADVISER, phone="0199007711"
    )
    learner = site.account(
        "apprenant2", "Samir", "Ouali", "agence-cap-loire-tours", Role.LEARNER, follower=adviser
    )
    course = site.course("premiers-pas-courriel", root, "courriel-cap-loire")
    crowd = site.crowd(names.invent(8, 6, ("37000", "37100")), "agence-cap-loire-tours", adviser)
    cohort = enrolment.make_cohort(
        site.units["agence-cap-loire-tours"], "Premiers pas à Tours", courses=[course],
        starts_on=site.day(-12), due_on=site.day(30),
    )  # fmt: skip
    site.join(cohort, [learner.id, *crowd])
    past_ = Past(site.tenant_id)
    past.study(past_, cohort, Pace(0.2, 0.6), site.today, site.chance, but=[learner.id])
    past_.write()
