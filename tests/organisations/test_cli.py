"""``flask organisations add`` and ``flask people add``."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from lms.core import db
from lms.core.clock import now
from lms.core.db import session
from lms.organisations.models import Branch, Membership, Organisation, Role
from lms.people.models import Account, Authenticator, Person
from tests.people.accounts import is_in, sign_in
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import World


@pytest.fixture
def flask(app: Flask) -> Callable[..., Result]:
    runner = app.test_cli_runner()

    def run(*words: object) -> Result:
        return runner.invoke(args=[str(word) for word in words])

    return run


def said(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_first_tenant_and_its_administrator(
    app: Flask, flask: Callable[..., Result], visit: Callable[..., Visitor], tmp_path: Path
) -> None:
    assert (
        flask(
            "organisations", "add", "reseau", "--name", "Réseau", "--kind", "agency", "--level", "réseau"
        ).exit_code
        == 0
    )
    made = flask(
        "organisations", "add", "nord", "--name", "Nord", "--kind", "agency", "--parent", "reseau", "--json"
    )
    assert said(made) == {"organisation": "nord", "name": "Nord", "parent": "reseau"}
    flask("organisations", "add", "lille", "--name", "Lille", "--kind", "agency", "--parent", "nord")
    with everything(db.Mode.READ):
        units = {one.slug: one for one in session.scalars(select(Organisation))}
        assert len({one.tenant_id for one in units.values()}) == 1
        below = {(above, under) for above, under in session.execute(select(Branch.above_id, Branch.below_id))}
        ids = {slug: one.id for slug, one in units.items()}
    pairs = [
        ("reseau", "reseau"),
        ("reseau", "nord"),
        ("reseau", "lille"),
        ("nord", "nord"),
        ("nord", "lille"),
        ("lille", "lille"),
    ]
    assert below == {(ids[above], ids[under]) for above, under in pairs}
    secret = tmp_path / "password"
    secret.write_text("une girafe lit le journal\n", encoding="utf-8")
    made = flask(
        "people", "add", "Claire.Morel", "--organisation", "lille", "--role", "admin", "--email", "claire@exemple.fr",
        "--password-file", secret, "--json",
    )  # fmt: skip
    assert made.exit_code == 0
    assert said(made) == {"login": "claire.morel", "organisation": "lille", "role": "admin", "link": None}
    browser = visit()
    sign_in(browser, "claire.morel", "une girafe lit le journal")
    assert is_in(browser)
    assert "Claire Morel" in browser.get("/me").words


def test_without_a_password_a_link_is_printed(
    world: World, flask: Callable[..., Result], visit: Callable[..., Visitor]
) -> None:
    made = flask("people", "add", "nouvelle.tete", "--organisation", "agence-1", "--role", "adviser")
    assert made.exit_code == 0
    path = made.stdout.strip().removeprefix("http://localhost")
    assert visit().get(path).status == 200


def test_one_more_role_for_somebody_who_is_there(world: World, flask: Callable[..., Result]) -> None:
    made = flask(
        "people", "add", world.one.learner.login, "--organisation", "agence-1", "--role", "trainer", "--json"
    )
    assert made.exit_code == 0
    with everything(db.Mode.READ):
        found = select(Membership.role).where(Membership.person_id == world.one.learner.person_id)
        assert set(session.scalars(found)) == {Role.LEARNER, Role.TRAINER}
        assert (
            len(
                session.scalars(select(Person).where(Person.account_id == world.one.learner.account_id)).all()
            )
            == 1
        )
    again = flask("people", "add", world.one.learner.login, "--organisation", "agence-1", "--role", "trainer")
    assert again.exit_code == 0


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("organisations", "add", "agence-1", "--name", "x", "--kind", "agency"), 1),
        (("organisations", "add", "Pas Bon", "--name", "x", "--kind", "agency"), 1),
        (("organisations", "add", "x", "--name", "x", "--kind", "castle"), 2),
        (("organisations", "add", "x", "--name", " ", "--kind", "agency"), 1),
        (("people", "add", "a b", "--organisation", "agence-1", "--role", "admin"), 1),
        (("people", "add", "", "--organisation", "agence-1", "--role", "admin"), 1),
        (
            (
                "people",
                "add",
                "x",
                "--organisation",
                "agence-1",
                "--role",
                "admin",
                "--email",
                "pas-une-adresse",
            ),
            1,
        ),
        (("organisations", "add", "x", "--kind", "agency"), 2),
        (("organisations", "add", "x", "--name", "x", "--kind", "agency", "--parent", "nulle-part"), 2),
        (("people", "add", "x", "--organisation", "nulle-part", "--role", "admin"), 2),
        (("people", "add", "x", "--organisation", "agence-1", "--role", "king"), 2),
        (
            (
                "people",
                "add",
                "x",
                "--organisation",
                "agence-1",
                "--role",
                "admin",
                "--password-file",
                "/none",
            ),
            2,
        ),
        (("people", "add", "claire.canari-2", "--organisation", "agence-1", "--role", "admin"), 1),
    ],
)
def test_what_cannot_be_done_says_so(
    world: World, flask: Callable[..., Result], words: tuple[str, ...], status: int
) -> None:
    with everything(db.Mode.READ):
        before = len(session.scalars(select(Account)).all()), len(session.scalars(select(Organisation)).all())
    result = flask(*words)
    assert result.exit_code == status
    assert result.stderr
    assert result.stdout == ""
    with everything(db.Mode.READ):
        assert before == (
            len(session.scalars(select(Account)).all()),
            len(session.scalars(select(Organisation)).all()),
        )


@pytest.mark.parametrize("weak", ["motdepasse123", "thunderbird77!"])
def test_a_weak_password_is_refused(
    world: World, flask: Callable[..., Result], tmp_path: Path, weak: str
) -> None:
    secret = tmp_path / "password"
    secret.write_text(weak, encoding="utf-8")
    result = flask(
        "people", "add", "x", "--organisation", "agence-1", "--role", "admin", "--password-file", secret
    )
    assert result.exit_code == 2


def test_a_refusal_is_an_object_too(world: World, flask: Callable[..., Result]) -> None:
    whom = ("people", "add", "x", "--role", "admin", "--json", "--organisation")
    for words in ((*whom, "nulle-part"), (*whom, "agence-1", "--email", "x@")):
        answer = json.loads(flask(*words).stdout)
        assert set(answer) == {"refused", "remedy"}
        assert all(answer.values())


def test_an_audit_has_an_end_even_when_a_command_gives_it(world: World, flask: Callable[..., Result]) -> None:
    added = flask("people", "add", "auditeur", "--organisation", "agence-1", "--role", "auditor", "--json")
    assert added.exit_code == 0
    with everything(db.Mode.READ):
        held = session.scalars(select(Membership).where(Membership.role == Role.AUDITOR)).one()
        assert held.ends_at is not None
        assert 364 <= (held.ends_at - now()).days <= 366


def test_whoever_runs_the_installation_forgets_a_lost_app(
    world: World, flask: Callable[..., Result], visit: Callable[..., Visitor]
) -> None:
    who = world.one.adviser
    phone = visit(who)
    with db.transaction():
        session.add(Authenticator(account_id=who.account_id, sealed_secret="x", last_step=1))
    assert flask("people", "forget-factors", "personne", "--yes").exit_code == 2
    assert said(flask("people", "forget-factors", who.login, "--yes", "--json")) == {"login": who.login}
    with db.transaction(db.Mode.READ):
        assert session.scalars(select(Authenticator)).all() == []
    assert not is_in(phone)
