"""Contracts of the families that have few members: each is tried over every member, so that a new one is judged by itself."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import select

from config.settings import ROOT
from lms.api.models import ResourceKind, ScimResource, ScimToken
from lms.core import db
from lms.core.db import AnySelect, Mode, session
from lms.core.quotas import Weight
from lms.courses.activity import ActivityKind
from lms.courses.fence import Fence
from lms.courses.front_matter import Head
from lms.courses.importer import Importer
from lms.courses.models import Course
from lms.courses.sight import CourseSight
from lms.enrolment.models import Level, Share
from lms.organisations.actor import Actor
from lms.organisations.models import Role
from lms.people.belonging import Belonging
from lms.people.door import Door
from lms.people.models import Person
from lms.people.panel import Panel
from lms.people.sight import Sight
from lms.sso.directory import Called, Described, Directory
from lms.sso.models import IdentityProvider, ProviderState
from tests.support import worlds
from tests.support.queries import statements
from tests.support.sight import everything
from tests.support.worlds import Corner, World

ROLES = {
    "admin": Role.ADMIN, "hr": Role.HR_MANAGER, "adviser": Role.ADVISER, "other_adviser": Role.ADVISER,
    "trainer": Role.TRAINER, "partner": Role.PARTNER, "learner": Role.LEARNER,
}  # fmt: skip
QUESTION = "Deux et deux ? {=4 ~5}\n"


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("01-un.md", "# Un\n\nDu texte.")
    return file.getvalue()


#: Something that each importer takes.
FILES: dict[str, Callable[[Path], Path]] = {
    "folder": lambda _folder: ROOT / "config/demo/courses/tableur-pour-debuter",
    "archive": lambda folder: _written(folder / "cours.zip", _zip()),
    "gift": lambda folder: _written(folder / "questions.gift", QUESTION.encode()),
}


def actor(corner: Corner, name: str) -> Actor:
    """Somebody of a corner with the organisation in hand, as a request would know them."""
    who = corner.people[name]
    return Actor(
        who.account_id, who.person_id, 0, who.tenant_id, who.organisation_id, "", "", who.name, frozenset({ROLES[name]})
    )  # fmt: skip


@pytest.fixture
def shared(world: World) -> World:
    """The world, where each partner is given the cohort by name."""
    for corner in (world.one, world.two):
        with db.transaction(tenant_id=corner.tenant_id):
            session.add(
                Share(
                    tenant_id=corner.tenant_id,
                    cohort_id=corner.cohort_id,
                    person_id=corner.partner.person_id,
                    level=Level.NOMINATIVE,
                )
            )
    return world


def _ids(found: AnySelect | None) -> set[int]:
    with everything(Mode.READ):  # past the walls: what is asked for stays in its tenant by itself
        return set(session.scalars(found)) if found is not None else set()


@pytest.mark.parametrize("role", ROLES)
def test_a_reason_to_see_people_stays_in_its_tenant(shared: World, role: str) -> None:
    who = actor(shared.one, role)
    own = _ids(select(Person.id).where(Person.tenant_id == shared.one.tenant_id))
    for name, kind in Sight.registered.items():
        seen = _ids(kind().people(who))
        assert seen <= own, name
        if role in ("learner", "trainer"):
            assert seen == set(), name
        if role == "other_adviser":
            assert shared.one.learner.person_id not in seen, name
    assert any(_ids(kind().people(who)) for kind in Sight.registered.values()) == (
        role not in ("learner", "trainer")
    )


def test_trainers_and_mediators_see_whom_they_were_given_and_nobody_else(world: World) -> None:
    """Of their own tenant, of the organisation in hand: whoever takes another one in hand sees nobody there for these reasons."""
    for corner in (world.one, world.two):
        worlds.every_role(corner)
        worlds.in_sight_of_few(corner)
    one = world.one
    nadia, odile = one.learner.person_id, one.other_learner.person_id
    trainer = replace(actor(one, "trainer"), roles=frozenset({Role.TRAINER}))
    mina = Actor(
        1, one.mediator.person_id, 0, one.tenant_id, one.agency_id, "", "", "", frozenset({Role.MEDIATOR})
    )
    given, held = Sight.registered["taught"](), Sight.registered["mandate"]()
    assert _ids(given.people(trainer)) == {nadia, odile}
    assert _ids(held.people(mina)) == {nadia}
    assert _ids(given.people(replace(trainer, organisation_id=one.other_agency_id))) == set()
    assert _ids(held.people(replace(mina, organisation_id=one.other_agency_id))) == set()
    for role in set(Role) - {Role.TRAINER}:
        assert given.people(replace(trainer, roles=frozenset({role}))) is None
    for role in set(Role) - {Role.MEDIATOR}:
        assert held.people(replace(mina, roles=frozenset({role}))) is None


@pytest.mark.parametrize("role", ROLES)
def test_a_reason_to_see_courses_stays_in_its_tenant(shared: World, role: str) -> None:
    own = _ids(select(Course.id).where(Course.tenant_id == shared.one.tenant_id))
    for name, kind in CourseSight.registered.items():
        assert _ids(kind().courses(actor(shared.one, role))) <= own, name
    if role == "learner":
        assert any(_ids(kind().courses(actor(shared.one, role))) for kind in CourseSight.registered.values())


@pytest.mark.parametrize("role", ["admin", "hr", "adviser", "other_adviser"])
def test_a_panel_of_a_file_shows_what_its_reader_may_see(shared: World, role: str) -> None:
    """Whoever sees nothing of the cohort gets no panel; nobody gets a row of another tenant."""
    who, learner = actor(shared.one, role), shared.one.learner
    theirs = shared.two.learner.person_id
    for name, kind in Panel.registered.items():
        with db.transaction(Mode.READ, who.tenant_id):
            file = SimpleNamespace(ids=[learner.person_id], person=SimpleNamespace(id=learner.person_id))
            shown = kind().show(who, file)
            others = SimpleNamespace(ids=[theirs], person=SimpleNamespace(id=theirs))
            assert kind().show(who, others) is None, name
            assert list(kind().moments(who, others)) == [], name
        if name == "courses":
            assert (shown is not None) == (role in ("admin", "adviser"))
        if shown is not None:
            assert shown.name == name
            assert shown.title


def test_a_belonging_leads_where_its_account_may_go(app: Flask, world: World) -> None:
    adviser, learner = world.one.adviser, world.one.learner
    for name, kind in Belonging.registered.items():
        with db.transaction(Mode.READ):
            one = kind()
            (place,) = one.places(adviser.account_id)
            assert (place.tenant_id, place.person_id) == (adviser.tenant_id, adviser.person_id), name
            assert place.name, name
            assert place.roles, name
            assert one.of_person(world.two.tenant_id, adviser.person_id) == [], name
            assert one.host("agence-1") is not None, name
            assert one.host("nowhere") is None, name
            assert one.actor(place, "no such key") is None, name
        more = _ids(one.more_than_learners())
        assert adviser.person_id in more, name
        assert learner.person_id not in more, name


def test_a_door_has_a_label_an_address_of_ours_and_two_queries_at_most(app: Flask, world: World) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        session.add(
            IdentityProvider(
                tenant_id=world.one.tenant_id, organisation_id=world.one.root_id, slug="p", name="P",
                issuer="http://127.0.0.1:1", client_id="x", state=ProviderState.LIVE,
            )
        )  # fmt: skip
    for name, kind in Door.registered.items():
        with db.transaction(Mode.READ), statements() as sent, app.test_request_context():
            entries = kind().entries("/learn?path=1&x=//evil.example")
        assert len(sent) <= 2, name
        assert entries, name
        for entry in entries:
            assert entry.label, name
            assert entry.url.startswith("/"), name
            assert not entry.url.startswith("//"), name
            assert "//evil" not in entry.url, f"{name}: what was asked for stays one value"


#: What connects a directory to an organisation and has it announce somebody under a number: a token, and a user.
def _announce(corner: Corner, number: str, person_id: int) -> None:
    where = {"tenant_id": corner.tenant_id, "organisation_id": corner.company_id}
    with db.transaction(tenant_id=corner.tenant_id):
        user = ScimResource(
            **where, kind=ResourceKind.USER, scim_id=number, external_id=number, person_id=person_id
        )
        session.add_all([ScimToken(**where, name="x", token_hash=f"{corner.tenant_id} {number}"), user])


ANNOUNCE = {"scim": _announce}


def test_a_directory_calls_people_to_the_letter_in_one_organisation_of_one_tenant(
    app: Flask, world: World
) -> None:
    assert set(Directory.registered) == set(ANNOUNCE)
    one, two = world.one, world.two
    for name, kind in Directory.registered.items():
        asked = kind()
        with db.transaction(Mode.READ, one.tenant_id):
            assert asked.described(one.tenant_id, one.company_id) is None, "none is connected"
        ANNOUNCE[name](one, "N-1", one.learner.person_id)
        ANNOUNCE[name](two, "N-2", two.learner.person_id)
        with db.transaction(Mode.READ, one.tenant_id), statements() as sent:
            found = asked.called(one.tenant_id, one.company_id, "N-1")
        assert (found.person_ids, found.is_gone) == ((one.learner.person_id,), False), name
        assert len(sent) == 1, name
        with db.transaction(Mode.READ, one.tenant_id):
            for number in ("", "n-1", "N-1 ", "N-2", "%", "N_1"):
                assert asked.called(one.tenant_id, one.company_id, number) == Called(()), (name, number)
            assert asked.called(one.tenant_id, one.root_id, "N-1") == Called(()), name
            described = asked.described(one.tenant_id, one.company_id)
            assert described == Described(1, "N-1"), name


def test_every_importer_is_tried_here(the_app: Flask) -> None:
    assert {name for name, kind in Importer.registered.items() if kind.__module__.startswith("lms.")} == set(
        FILES
    )


@pytest.mark.parametrize("name", FILES)
def test_an_importer_takes_what_is_its_own_and_makes_a_course(
    the_app: Flask, tmp_path: Path, name: str
) -> None:
    path = FILES[name](tmp_path)
    takers = [one for one, kind in Importer.registered.items() if kind().takes(path)]
    assert takers == [name], "one importer a file, or the order would decide"
    draft = Importer.registered[name]().read(path)
    assert draft.title
    assert draft.steps
    assert {step.kind for step in draft.steps} <= set(ActivityKind.registered)
    assert all(step.title and step.key for step in draft.steps)
    assert len({step.key for step in draft.steps}) == len(draft.steps)
    assert all(one.reason for one in draft.unread)


def test_a_fence_makes_a_known_kind_or_adds_to_its_page(the_app: Flask) -> None:
    for name, kind in Fence.registered.items():
        for text in (QUESTION, "Du texte.\n", "", "{{{ ~ = }\n"):
            found = kind().read(text, 5, Head())
            assert found.kind in {"", *ActivityKind.registered}, name
            assert found.is_empty or found.content, name
            assert all(problem.line >= 5 for problem in found.problems), name


def test_a_weight_is_one_column_of_one_tenants_bytes(world: World) -> None:
    for name, kind in Weight.registered.items():
        for corner in (world.one, world.two):
            sizes = kind().sizes(corner.tenant_id)
            assert len(sizes.selected_columns) == 1, name
            assert f"tenant_id = {corner.tenant_id}" in str(
                sizes.compile(compile_kwargs={"literal_binds": True})
            ), name
            with db.transaction(Mode.READ, corner.tenant_id):
                assert all(size >= 0 for size in session.scalars(sizes)), name
