"""What pages cost on a small, a larger and a large customer: each in a database of its own, all measured by turns.

The line is the page that grows most; ``ratio`` is the large one's cost over the small one's, the application's CPU and
the database server's together. ``growth`` has every page at the two larger sizes, ``ms`` what each cost at all three.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from benchmarks import seed, visits
from benchmarks.meter import Figures, Outcome, typical
from benchmarks.places import Place
from benchmarks.visits import Environ
from config.demo.scale import load, plan
from lms.core import db
from lms.core.db import AnyRow, Mode, session
from lms.courses.models import Activity
from lms.enrolment.models import Cohort, Enrolment, Member
from lms.enrolment.states import MemberState
from lms.organisations.models import Membership, Organisation, Role
from lms.organisations.queries import by_slug
from lms.people.models import Person

SIZE = 20_000
_LEAST = 400
SMALL = 5_000  #: learners: as few as fill every page (50 cohorts that are shown), else one would measure rows
_ROUNDS = 12  #: in which the three take turns
_REQUESTS = 6  #: of each page in a round
_STEPS = 6  #: lessons of the first course, marked complete one after the other


@dataclass(frozen=True, slots=True)
class Site:
    """A customer to be visited: its database, and what browsers ask for, page by page."""

    url: str
    pages: dict[str, list[Environ]]


def run(place: Place, size: int) -> Outcome:
    """``size``: learners of the largest customer; the one between has the geometric mean."""
    small = min(SMALL, max(_LEAST, size))
    sizes = (small, max(small, round((small * size) ** 0.5)), max(small, size))
    made = {one: _site(place, f"growth{n}", one) for n, one in enumerate(dict.fromkeys(sizes), 1)}
    return outcome(place, [made[one] for one in sizes], sizes)


def outcome(place: Place, sites: Sequence[Site], sizes: Sequence[int]) -> Outcome:
    """Every page of every site, round after round; the median of each."""
    found = measured(place, sites, _ROUNDS if max(sizes) >= SMALL else 1)
    worst = max(found, key=lambda name: found[name][-1].cpu / found[name][0].cpu)
    house, floor = found[worst][-1], found[worst][0]
    growth = {
        name: [round(one.cpu / rows[0].cpu, 2) for one in rows[1:]] for name, rows in sorted(found.items())
    }
    ms = {name: [round(one.cpu * 1000, 2) for one in rows] for name, rows in sorted(found.items())}
    whole = Figures(house.seconds, house.cpu, house.cpu, house.peak_mib, house.queries)
    more: dict[str, object] = {"page": worst, "learners": list(sizes), "growth": growth, "ms": ms}
    return Outcome(whole, floor.cpu, units=_REQUESTS, requests=_REQUESTS, more=more)


def measured(place: Place, sites: Sequence[Site], turns: int) -> dict[str, list[Figures]]:
    """One request of each page at each site."""
    rounds: dict[str, list[list[Figures]]] = {name: [[] for _ in sites] for name in sites[0].pages}
    for turn in range(turns):
        for at, site in enumerate(sites):
            db.connect(site.url)
            for name, environs in site.pages.items():
                some = environs[turn * _REQUESTS : (turn + 1) * _REQUESTS]
                rounds[name][at].append(_each(place, some or environs[-_REQUESTS:]))
    return {name: [typical(some) for some in of_sites] for name, of_sites in rounds.items()}


def site(place: Place, url: str, slug: str) -> Site:
    """What is asked of a customer that is loaded: a learner's pages, and the lists of an adviser and of the network."""
    db.connect(url)
    with db.transaction(Mode.READ):
        root = by_slug(slug)
        assert root is not None
        agency = by_slug(f"{slug}-a1")
        assert agency is not None
    here = _ground(root.tenant_id, agency, Role.ADVISER)
    top = _ground(root.tenant_id, root, Role.ADMIN)
    pages = _of_staff(place, here) | _of_network(place, top) | _of_learners(place, here)
    return Site(url, pages)


def _site(place: Place, name: str, learners: int) -> Site:
    """A customer of this size, made in a database of its own."""
    url, owner_url = place.beside(name)
    db.connect(url)
    wanted = plan.scale("national", learners)
    load.load(wanted, lambda text: print(text, file=sys.stderr), owner_url)
    return site(place, url, wanted.slug)


def _ground(tenant_id: int, unit: Organisation, role: Role) -> seed.Ground:
    """An organisation as somebody sees it who works there."""
    with db.transaction(Mode.READ, tenant_id):
        own = (
            select(Person.id, Person.account_id)
            .join(
                Membership, (Membership.tenant_id == Person.tenant_id) & (Membership.person_id == Person.id)
            )
            .where(Membership.tenant_id == tenant_id, Membership.organisation_id == unit.id)
            .where(Membership.role == role)
        )
        person_id, account_id = session.execute(own.order_by(Person.id).limit(1)).one()
        assert account_id is not None
        return seed.Ground(tenant_id, unit.id, unit.slug, person_id, account_id, (), "")


def _of_staff(place: Place, here: seed.Ground) -> dict[str, list[Environ]]:
    with db.transaction(tenant_id=here.tenant_id):
        cookie = seed.cookie(place.app, here, here.adviser_account)
        crowded = (
            select(Member.cohort_id)
            .join(Cohort, (Cohort.tenant_id == Member.tenant_id) & (Cohort.id == Member.cohort_id))
            .where(Cohort.tenant_id == here.tenant_id, Cohort.organisation_id == here.agency_id)
            .group_by(Member.cohort_id)
            .order_by(func.count().desc())
            .limit(1)
        )
        cohort_id = session.scalars(crowded).one()
    paths = {"people": "/people", "cohorts": "/cohorts", "cohort": f"/cohorts/{cohort_id}"}
    return {name: [visits.page(path, cookie)] * _REQUESTS for name, path in paths.items()}


def _of_network(place: Place, here: seed.Ground) -> dict[str, list[Environ]]:
    with db.transaction(tenant_id=here.tenant_id):
        cookie = seed.cookie(place.app, here, here.adviser_account)
    paths = {"people of the network": "/people", "cohorts of the network": "/cohorts"}
    return {name: [visits.page(path, cookie)] * _REQUESTS for name, path in paths.items()}


def _of_learners(place: Place, here: seed.Ground) -> dict[str, list[Environ]]:
    """Somebody midway looks at the path and the lesson; others, who have not begun, mark lessons complete."""
    midway = _learners(here, Member.state == MemberState.IN_PROGRESS, 1)
    fresh = _learners(here, Member.state == MemberState.REGISTERED, -(-_ROUNDS * _REQUESTS // _STEPS))
    (path, cookie), *_rest = _lessons(place, here, midway[0])
    forms = [form for enrolment in fresh for form in _forms(place, _lessons(place, here, enrolment))]
    return {
        "home": [visits.page("/learn", cookie)] * _REQUESTS,
        "lesson": [visits.page(path, cookie)] * _REQUESTS,
        "complete": forms,
    }


def _learners(here: seed.Ground, which: ColumnElement[bool], number: int) -> list[AnyRow]:
    """The first courses of so many members of the agency: id, person, course."""
    with db.transaction(Mode.READ, here.tenant_id):
        own = (
            select(Enrolment.id, Enrolment.person_id, Enrolment.course_id)
            .join(Member, (Member.tenant_id == Enrolment.tenant_id) & (Member.id == Enrolment.member_id))
            .join(Cohort, (Cohort.tenant_id == Member.tenant_id) & (Cohort.id == Member.cohort_id))
            .where(Cohort.tenant_id == here.tenant_id, Cohort.organisation_id == here.agency_id, which)
            .where(Enrolment.position == 1)
        )
        return list(session.execute(own.order_by(Enrolment.id).limit(number)))


def _lessons(place: Place, here: seed.Ground, enrolment: AnyRow) -> list[tuple[str, str]]:
    """Addresses of the lessons of a course, and the cookie of the learner's browser."""
    with db.transaction(tenant_id=here.tenant_id):
        person = session.get_one(Person, enrolment.person_id)
        account_id = person.account_id or _account(person)
        cookie = seed.cookie(place.app, here, account_id)
        steps = (
            select(Activity.id)
            .where(Activity.tenant_id == here.tenant_id, Activity.course_id == enrolment.course_id)
            .order_by(Activity.position)
            .limit(_STEPS)
        )
        return [(f"/learn/{enrolment.id}/{one}", cookie) for one in session.scalars(steps)]


def _account(person: Person) -> int:
    from secrets import token_hex

    from lms.people import services as people

    account = people.create_account(f"k-{token_hex(6)}")
    person.account_id = account.id
    return account.id


def _forms(place: Place, lessons: Sequence[tuple[str, str]]) -> list[Environ]:
    """What the browser sends, lesson after lesson; its first page gave it the token."""
    client = place.app.test_client()
    name, _, value = lessons[0][1].partition("=")
    client.set_cookie(name, value)
    token = visits.csrf_token(client.get(lessons[0][0]).text)
    kept = client.get_cookie(name)
    assert kept is not None
    return [visits.form(path, f"{name}={kept.value}", csrf_token=token) for path, _cookie in lessons]


def _each(place: Place, environs: Sequence[Environ]) -> Figures:
    expected = 302 if environs[0]["REQUEST_METHOD"] == "POST" else 200
    if expected == 200:  # statements and templates are made once; a form can be sent but once
        visits.ask(place.app, environs[0])
    with place.meter.measured() as found:
        for environ in environs:
            visits.ask(place.app, environ, expected)
    many = len(environs)
    return Figures(
        found.seconds / many, found.cpu / many, found.own / many, found.peak_mib, -(-found.queries // many)
    )
