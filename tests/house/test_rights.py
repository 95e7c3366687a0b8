"""Who passes where: each role at each address, against a table that people review.

After a change of routes or policies: ``RIGHTS=write .venv/bin/python -m pytest tests/house/test_rights.py``, then read the
difference of ``rights.txt`` line by line, and ``.venv/bin/python -m config.rights`` for the page of docs.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from config import rights
from lms.core import web
from tests.house import staircase
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.worlds import World

TABLE = Path(__file__).with_name("rights.txt")
ROLES = (
    *("admin", "hr", "manager", "adviser", "other_adviser", "trainer", "mediator", "auditor"),
    *("partner", "learner", "nobody"),
)
#: Deeds of an auditor that write about nobody else: their own account, and asking for a report.
OWN = (
    "/me",
    "/sign-",
    "/mandates/stop",
    "/my-data",
    "/sso/mine",
    "/invitations/<string:code>",
    "/display",
    "/language",
    "/organisations/in-hand",
    "/reports/<string:name>",
    "/certificates/verify",
)
_HEAD = f"""\
# Who passes where. Written by: RIGHTS=write .venv/bin/python -m pytest tests/house/test_rights.py
# 200 passes · 302 is sent to sign in · 401 the same, for a form · 403 not for this role · 404 does not exist for them
# The subject belongs to the first tenant: a cohort of the adviser's agency, its learner (whom the manager follows), a job
# that the adviser asked for.
{"":8}{"":56}{" ".join(f"{role:>13}" for role in ROLES)}
"""


@pytest.fixture
def guards(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The guards as they are, the views emptied: who passes is told, and nothing is done."""
    real = web._guard

    def guard(_view: object, may: Any, on: Any, values: dict[str, Any]) -> Any:
        return real(lambda *_subject, **_values: "passes", may, on, values)

    subjects = staircase.subjects(app, world)  # made once, for GET and POST
    monkeypatch.setattr(staircase, "subjects", lambda *_: subjects)
    monkeypatch.setattr(web, "_guard", guard)
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


def answers(app: Flask, world: World, visit: Callable[..., Visitor]) -> list[str]:
    """A line for each route: method, address, and what each role gets."""
    worlds.every_role(world.one)
    browsers = [visit(world.one.people.get(role)) for role in ROLES]
    lines = []
    for method in ("GET", "POST"):
        for rule, path in staircase.addresses(app, world, method):
            typed = (
                {"cohort": world.one.cohort_id, "cohort_id": world.one.cohort_id}
                if method == "POST"
                else None
            )
            codes = [one.client.open(path, method=method, data=typed).status_code for one in browsers]
            lines.append((rule.rule, method, " ".join(f"{code:>13}" for code in codes)))
    return [f"{method:<8}{rule:<56}{codes}" for rule, method, codes in sorted(lines)]


def test_each_role_passes_where_the_table_says(
    app: Flask, world: World, visit: Callable[..., Visitor], guards: None
) -> None:
    now = answers(app, world, visit)
    if os.environ.get("RIGHTS") == "write":
        TABLE.write_text(_HEAD + "\n".join(now) + "\n", encoding="utf-8")
    was = [line for line in TABLE.read_text("utf-8").splitlines() if line.startswith(("GET", "POST"))]
    assert now == was


def test_the_table_lets_no_stranger_in() -> None:
    """Whatever was written there: the signed out pass only where everybody does, and a partner never writes on people."""
    for line in TABLE.read_text("utf-8").splitlines():
        if not line.startswith(("GET", "POST")):
            continue
        method, address, *codes = line.split()
        of = dict(zip(ROLES, codes, strict=True))
        if of["nobody"] == "200":
            assert set(codes) == {"200"}, line
        else:
            assert of["nobody"] in ("302", "401", "404"), line
        if method == "POST" and address.startswith(
            ("/cohorts", "/people", "/organisations/<", "/certificates/<")
        ):
            assert not {of["partner"], of["learner"]} & {"200"}, line
        if method == "POST" and not address.startswith(OWN) and of["nobody"] != "200":
            assert of["auditor"] != "200", f"an auditor only reads: {line}"


def test_the_page_of_rights_is_up_to_date(app: Flask) -> None:
    assert rights.PAGE.read_text("utf-8") == rights.page(app), "python -m config.rights"


def test_every_policy_says_its_rule_in_words(app: Flask) -> None:
    page = rights.page(app)
    assert "**: \n" not in page
    assert "):  \n" not in page
