"""A small world for tests: two tenants alike, with people in every role, a course and a cohort each.

Every text of a tenant carries its canary (``CANARI-1``, ``CANARI-2``), so that a leak shows in any page or file.
"""

import secrets
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from lms.core import db
from lms.core.clock import now
from lms.core.db import session
from lms.core.sealing import fingerprint
from lms.core.tenants import Tenant
from lms.courses.models import Activity, Course, CourseState, Module
from lms.enrolment.models import Batch, BatchKind, Cohort, CohortCourse, CohortTrainer, Enrolment, Member
from lms.mandates.models import Mandate
from lms.organisations.models import Branch, Membership, Organisation, OrganisationKind, Role
from lms.people.models import Account, Person, SignIn, sorted_as


@dataclass(frozen=True, slots=True)
class Someone:
    """A person who can sign in, by numbers."""

    tenant_id: int
    organisation_id: int
    person_id: int
    account_id: int
    login: str
    name: str


@dataclass(slots=True)
class Corner:
    """What a test knows of one tenant."""

    tenant_id: int
    root_id: int
    agency_id: int
    other_agency_id: int
    company_id: int
    course_id: int
    activity_ids: list[int]
    cohort_id: int
    people: dict[str, Someone] = field(default_factory=dict)

    def __getattr__(self, role: str) -> Someone:
        try:
            return self.people[role]
        except KeyError:
            raise AttributeError(role) from None


@dataclass(slots=True)
class World:
    """Two tenants; ``one`` and ``two`` differ in nothing but their canaries."""

    one: Corner
    two: Corner


def make() -> World:
    """Write both tenants."""
    return World(_corner(1), _corner(2))


def third() -> Corner:
    """A third tenant like the two of the world."""
    return _corner(3)


def every_role(corner: Corner) -> None:
    """Somebody in each role that the corner lacks: a manager and a mediator who follow its learner, an auditor up to a day."""
    tenant_id, mark = corner.tenant_id, corner.admin.name.partition(" ")[2]
    with db.transaction(tenant_id=tenant_id):
        for name, role, first in (
            ("manager", Role.MANAGER, "Marc"), ("mediator", Role.MEDIATOR, "Mina"), ("auditor", Role.AUDITOR, "Aude")
        ):  # fmt: skip
            corner.people[name] = person(tenant_id, corner.agency_id, role, first, mark)
        auditing = session.query(Membership).filter_by(person_id=corner.auditor.person_id)
        auditing.update({"ends_at": now() + timedelta(days=30)})
        learning = session.query(Membership).filter_by(tenant_id=tenant_id, role=Role.LEARNER)
        learning.filter_by(person_id=corner.learner.person_id).update(
            {"follower_id": corner.manager.person_id}
        )
        learning.filter_by(person_id=corner.other_learner.person_id).update(
            {"follower_id": corner.mediator.person_id}
        )


def in_sight_of_few(corner: Corner) -> None:
    """The cohort is given to the trainer, and its learner lets the mediator act; after ``every_role``."""
    tenant_id = corner.tenant_id
    with db.transaction(tenant_id=tenant_id):
        session.add(
            CohortTrainer(tenant_id=tenant_id, cohort_id=corner.cohort_id, person_id=corner.trainer.person_id)
        )
        session.add(
            Mandate(
                tenant_id=tenant_id, person_id=corner.learner.person_id, holder_id=corner.mediator.person_id,
                scopes=["courses", "papers"], days=31, form="2026-11", signed_at=now(),
                ends_at=now() + timedelta(days=31),
            )
        )  # fmt: skip


def cookie_of(who: Someone) -> dict[str, Any]:
    """The cookie of a browser in which this person has just signed in."""
    token = secrets.token_urlsafe(16)
    with db.transaction(tenant_id=who.tenant_id):
        session.add(SignIn(account_id=who.account_id, token_hash=fingerprint(token), method="password"))
    seen = int(now().timestamp())
    return {"_user_id": f"{who.tenant_id}.{who.organisation_id}.{token}", "_fresh": True, "seen": seen}


def organisation(
    tenant_id: int, parent: Organisation | None, slug: str, name: str, kind: OrganisationKind
) -> Organisation:
    """An organisation in its place in the tree, inside a transaction."""
    made = Organisation(
        tenant_id=tenant_id, parent_id=parent.id if parent else None, slug=slug, name=name, kind=kind,
        help_phone="01 99 00 42 10", help_hours="du lundi au vendredi, de 9 h à 17 h",
    )  # fmt: skip
    session.add(made)
    session.flush()
    above: Any = (
        session.query(Branch.above_id).filter_by(tenant_id=tenant_id, below_id=parent.id) if parent else []
    )
    for (one,) in [*above, (made.id,)]:
        session.add(Branch(tenant_id=tenant_id, above_id=one, below_id=made.id))
    session.flush()
    return made


def person(
    corner_or_tenant: int, organisation_id: int, role: Role, first: str, last: str, **more: Any
) -> Someone:
    """Somebody with an account and one role, inside a transaction."""
    login = more.pop("login", f"{first}.{last}".lower())
    account = Account(login=login, email=more.get("email"))
    session.add(account)
    session.flush()
    who = Person(
        tenant_id=corner_or_tenant, account_id=account.id, first_name=first, last_name=last,
        sort_name=sorted_as(first, last), **more,
    )  # fmt: skip
    session.add(who)
    session.flush()
    session.add(
        Membership(tenant_id=corner_or_tenant, person_id=who.id, organisation_id=organisation_id, role=role)
    )
    session.flush()
    return Someone(corner_or_tenant, organisation_id, who.id, account.id, login, who.name)


def newcomer(corner: Corner, first: str, last: str, **more: Any) -> int:
    """A learner of the agency who never signed in, and has no account: the number of the person."""
    with db.transaction(tenant_id=corner.tenant_id):
        who = Person(
            tenant_id=corner.tenant_id,
            first_name=first,
            last_name=last,
            sort_name=sorted_as(first, last),
            **more,
        )
        session.add(who)
        session.flush()
        session.add(
            Membership(
                tenant_id=corner.tenant_id,
                person_id=who.id,
                organisation_id=corner.agency_id,
                role=Role.LEARNER,
            )
        )
        return who.id


def course(
    tenant_id: int, organisation_id: int, slug: str, title: str, pages: int = 3
) -> tuple[Course, list[Activity]]:
    """A published course of so many pages, inside a transaction."""
    made = Course(
        tenant_id=tenant_id, organisation_id=organisation_id, slug=slug, title=title, summary=title,
        minutes=20, state=CourseState.PUBLISHED, steps=pages, published_at=now(),
    )  # fmt: skip
    session.add(made)
    session.flush()
    module = Module(tenant_id=tenant_id, course_id=made.id, key="", title=title)
    session.add(module)
    session.flush()
    steps = [
        Activity(
            tenant_id=tenant_id, course_id=made.id, module_id=module.id, key=f"{n:02d}", kind="page",
            title=f"{title}, page {n}", minutes=5, position=n, content={"markdown": f"Texte {n} de {title}."},
        )
        for n in range(1, pages + 1)
    ]  # fmt: skip
    session.add_all(steps)
    session.flush()
    return made, steps


def cohort(
    tenant_id: int, organisation_id: int, name: str, courses: list[Course], people: list[Someone]
) -> Cohort:
    """A cohort with these courses and members, nobody having begun, inside a transaction."""
    made = Cohort(tenant_id=tenant_id, organisation_id=organisation_id, name=name, due_on=date(2027, 1, 29))
    session.add(made)
    session.flush()
    batch = Batch(
        tenant_id=tenant_id,
        organisation_id=organisation_id,
        cohort_id=made.id,
        cohort_name=name,
        kind=BatchKind.BY_HAND,
        total=len(people),
        imported=len(people),
    )
    session.add(batch)
    for n, one in enumerate(courses, 1):
        session.add(CohortCourse(tenant_id=tenant_id, cohort_id=made.id, course_id=one.id, position=n))
    session.flush()
    for who in people:
        member = Member(
            tenant_id=tenant_id, cohort_id=made.id, person_id=who.person_id, batch_id=batch.id,
            steps_total=sum(one.steps for one in courses),
        )  # fmt: skip
        session.add(member)
        session.flush()
        for n, one in enumerate(courses, 1):
            session.add(
                Enrolment(
                    tenant_id=tenant_id, member_id=member.id, cohort_id=made.id, person_id=who.person_id,
                    course_id=one.id, batch_id=batch.id, position=n, steps_total=one.steps, due_on=made.due_on,
                )
            )  # fmt: skip
    session.flush()
    return made


def _corner(n: int) -> Corner:
    mark = f"CANARI-{n}"
    with db.transaction():
        tenant = Tenant(name=mark)
        session.add(tenant)
        session.flush()
        tenant_id = tenant.id
    with db.transaction(tenant_id=tenant_id):
        root = organisation(tenant_id, None, f"reseau-{n}", f"Réseau {mark}", OrganisationKind.AGENCY)
        agency = organisation(tenant_id, root, f"agence-{n}", f"Agence {mark}", OrganisationKind.AGENCY)
        other = organisation(
            tenant_id, root, f"autre-agence-{n}", f"Autre agence {mark}", OrganisationKind.AGENCY
        )
        company = organisation(
            tenant_id, root, f"entreprise-{n}", f"Entreprise {mark}", OrganisationKind.COMPANY
        )
        people = {
            "admin": person(tenant_id, root.id, Role.ADMIN, "Alix", mark, email=f"alix{n}@exemple.fr"),
            "hr": person(
                tenant_id, company.id, Role.HR_MANAGER, "Rachel", mark, email=f"rachel{n}@exemple.fr"
            ),
            "adviser": person(
                tenant_id, agency.id, Role.ADVISER, "Claire", mark, email=f"claire{n}@exemple.fr"
            ),
            "other_adviser": person(
                tenant_id, other.id, Role.ADVISER, "Yann", mark, email=f"yann{n}@exemple.fr"
            ),
            "trainer": person(tenant_id, root.id, Role.TRAINER, "Tony", mark, email=f"tony{n}@exemple.fr"),
            "partner": person(tenant_id, root.id, Role.PARTNER, "Paula", mark, email=f"paula{n}@exemple.fr"),
            "learner": person(
                tenant_id, agency.id, Role.LEARNER, "Nadia", mark, email=f"nadia{n}@exemple.fr"
            ),
            "other_learner": person(tenant_id, agency.id, Role.LEARNER, "Odile", mark),
            "employee": person(
                tenant_id, company.id, Role.LEARNER, "Emeka", mark, email=f"emeka{n}@exemple.fr"
            ),
        }
        made, steps = course(tenant_id, root.id, f"cours-{n}", f"Cours {mark}")
        group = cohort(
            tenant_id, agency.id, f"Cohorte {mark}", [made], [people["learner"], people["other_learner"]]
        )
        return Corner(
            tenant_id,
            root.id,
            agency.id,
            other.id,
            company.id,
            made.id,
            [s.id for s in steps],
            group.id,
            people,
        )
