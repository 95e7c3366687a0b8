"""Data to measure with: a customer, its courses, an agency full of people, some of whom are signed in."""

import random
import secrets
import time
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import case, insert, literal, select, update

from config.demo.names import FIRST, LAST
from lms.core import db
from lms.core.clock import now
from lms.core.db import AnySelect, insert_new, session
from lms.courses import services as courses
from lms.courses.models import Course
from lms.courses.queries import course_by_slug
from lms.enrolment import services as enrolment
from lms.enrolment.models import BatchKind, Enrolment
from lms.organisations import services as organisations
from lms.organisations.models import Membership, Organisation, OrganisationKind, Role
from lms.people import services as people
from lms.people.models import Person, sorted_as

_FOLDERS = Path(__file__).resolve().parents[1] / "config" / "demo" / "courses"
_SHELF = ("premiers-pas-courriel", "rester-en-securite-en-ligne", "tableur-pour-debuter")
_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Ground:
    """A tenant: an agency with its adviser, and published courses."""

    tenant_id: int
    agency_id: int
    agency: str  #: its slug
    adviser_id: int
    adviser_account: int
    course_ids: tuple[int, ...]
    course: str  #: the slug of the first

    def everyone(self) -> AnySelect:
        """All learners of the agency, as ``enrol`` wants them."""
        return select(Membership.person_id.label("person_id")).where(
            Membership.tenant_id == self.tenant_id,
            Membership.organisation_id == self.agency_id,
            Membership.role == Role.LEARNER,
        )


def ground(number_of_courses: int = 3) -> Ground:
    """A new customer with the demo's own courses, some of them twice if need be."""
    mark = f"bench-{secrets.token_hex(4)}"
    with db.transaction():
        tenant_id = organisations.add(mark, "Réseau", OrganisationKind.AGENCY).tenant_id
    with db.transaction(tenant_id=tenant_id):
        root = session.scalars(select(Organisation).where(Organisation.slug == mark)).one()
        root.signatory, root.signatory_role, root.nda = "Hélène Vasseur", "directrice", "99990012359"
        root.siret, root.address = "90000123100019", "12 rue des Tisserands, 59100 Roubaix"
        agency = organisations.add(f"{mark}-agence", "Agence", OrganisationKind.AGENCY, parent=root)
        agency.safir, agency.help_phone = "99001", "0199004210"
        account = people.create_account(f"{mark}-conseil", email=f"{mark}@exemple.fr")
        adviser = people.add_person(tenant_id, "Claire", "Morel", account_id=account.id)
        organisations.add_member(adviser.id, agency, Role.ADVISER)
        shelf = [_course(root, mark, n) for n in range(number_of_courses)]
        return Ground(
            tenant_id, agency.id, agency.slug, adviser.id, account.id,
            tuple(one.id for one in shelf), shelf[0].slug,
        )  # fmt: skip


def crowd(here: Ground, number: int) -> None:
    """So many more people of the agency, followed by its adviser."""
    mark, chance = secrets.token_hex(3).upper(), random.Random(number)
    rows = (_person(here.tenant_id, mark, n, chance) for n in range(number))
    with db.transaction(tenant_id=here.tenant_id):
        while chunk := list(islice(rows, _CHUNK)):
            session.execute(insert(Person), chunk)
        new = select(
            Person.tenant_id, Person.id, Person.sort_name, literal(here.agency_id), literal(Role.LEARNER.value),
            literal(here.adviser_id),
        ).where(Person.tenant_id == here.tenant_id, Person.hr_number.startswith(mark))  # fmt: skip
        insert_new(
            Membership, ["tenant_id", "person_id", "sort_name", "organisation_id", "role", "follower_id"], new
        )


def cohort(here: Ground, name: str, number_of_courses: int, with_people: bool = True) -> int:
    """A cohort of the agency on its first courses; its people are all learners of the agency. Its id."""
    with db.transaction(tenant_id=here.tenant_id):
        agency = session.get_one(Organisation, here.agency_id)
        chosen = [session.get_one(Course, one) for one in here.course_ids[:number_of_courses]]
        made = enrolment.make_cohort(
            agency,
            name,
            courses=chosen,
            due_on=date.today() + timedelta(days=40),  # noqa: DTZ011
        )
        made.funder, made.scheme, made.agreement = "Fonds Nord Compétences", "AFC", "FNC-2026-041"
        if with_people:
            enrolment.enrol(here.everyone(), made, kind=BatchKind.BY_HAND)
        return made.id


def learned(here: Ground, cohort_id: int, all_of_it: bool = False) -> None:
    """One in five has completed, others have begun, or everybody has completed: figures without a history."""
    at, turn = now() - timedelta(days=3), Enrolment.id % (1 if all_of_it else 15)
    is_over = turn % 5 == 0
    done = case((is_over, Enrolment.steps_total), (turn % 3 == 0, 0), else_=2)
    with db.transaction(tenant_id=here.tenant_id):
        mine = Enrolment.tenant_id == here.tenant_id, Enrolment.cohort_id == cohort_id
        figures = update(Enrolment).where(*mine).values(
            steps_done=done, seconds=done * 240, score=case((is_over, 80 + turn), else_=None),
            started_at=case((done > 0, at - timedelta(days=9)), else_=None),
            last_at=case((done > 0, at), else_=None), completed_at=case((is_over, at), else_=None),
        )  # fmt: skip
        session.execute(figures.execution_options(synchronize_session=False))
        enrolment.keep_figures(here.tenant_id, select(Enrolment.id).where(*mine))


def signed_in(app: Flask, here: Ground, number: int) -> list[tuple[int, str]]:
    """So many learners of the agency: the person, and the ``Cookie`` header of their browser."""
    with db.transaction(tenant_id=here.tenant_id):
        rows = select(Person).where(Person.id.in_(here.everyone().order_by(Membership.id).limit(number)))
        found = []
        for person in session.scalars(rows.order_by(Person.id)):
            account = people.create_account(f"k-{secrets.token_hex(6)}")
            person.account_id = account.id
            found.append((person.id, cookie(app, here, account.id)))
        return found


def settled(app: Flask, cookie: str, path: str) -> tuple[str, str]:
    """The ``Cookie`` header of a browser that has seen a page, with the secret of its forms; and that page."""
    client = app.test_client()
    name, _, value = cookie.partition("=")
    client.set_cookie(name, value)
    html = client.get(path).text
    kept = client.get_cookie(name)
    assert kept is not None
    return f"{name}={kept.value}", html


def cookie(app: Flask, here: Ground, account_id: int) -> str:
    """The ``Cookie`` header of somebody who has just signed in, in the transaction of the caller."""
    token = people.start(account_id, "password")
    values: dict[str, Any] = {
        "_user_id": f"{here.tenant_id}.{here.agency_id}.{token}", "_fresh": True, "seen": int(time.time())
    }  # fmt: skip
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps(values)}"


def _course(owner: Organisation, mark: str, n: int) -> Course:
    slug = f"{mark}-{n}"
    courses.import_folder(_FOLDERS / _SHELF[n % len(_SHELF)], owner, slug)
    made = course_by_slug(owner.tenant_id, slug)
    assert made is not None
    courses.publish(made)
    return made


def _person(tenant_id: int, mark: str, n: int, chance: random.Random) -> dict[str, Any]:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    return {
        "tenant_id": tenant_id, "first_name": first, "last_name": last, "sort_name": sorted_as(first, last),
        "email": f"p{n}.{mark.lower()}@exemple.fr" if n % 3 else None, "phone": f"063998{n % 10_000:04d}",
        "birth_date": date(1961, 1, 1) + timedelta(days=chance.randrange(15_500)), "postcode": "59100",
        "agency_identifier": f"{mark}{n:07d}", "hr_number": f"{mark}{n:07d}",
    }  # fmt: skip
