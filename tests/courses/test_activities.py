"""What every kind of activity owes to the player, whichever room it comes from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template

from lms.core import db, i18n
from lms.core.assets import icon
from lms.core.db import session
from lms.courses.activity import ActivityKind, Learner
from lms.courses.models import Activity
from lms.enrolment.models import Enrolment
from lms.progress.models import Standing
from tests.support.page import Visitor
from tests.support.worlds import World

CONTENT: dict[str, dict[str, Any]] = {
    "page": {"markdown": "# Un titre\n\nDu texte.", "simple": "Court."},
    "quiz": {
        "questions": [
            {
                "key": "q1", "kind": "single", "title": "", "text": "Lequel ?", "format": "", "feedback": "",
                "options": [
                    {"key": "1", "text": "Celui-ci", "fraction": 100, "feedback": "Oui."},
                    {"key": "2", "text": "Celui-là", "fraction": 0, "feedback": "Non."},
                ],
                "answers": [],
            }
        ],
        "pass_mark": 70, "tries": 3,
    },
}  # fmt: skip
#: What a learner sends to come to the end, screen by screen.
ROAD: dict[str, list[dict[str, str]]] = {"page": [{}], "quiz": [{"q-q1": "1"}, {}]}


@pytest.fixture(params=sorted(CONTENT))
def kind(request: pytest.FixtureRequest, world: World) -> str:
    """A kind, and the first step of the world's course made into one."""
    with db.transaction(tenant_id=world.one.tenant_id):
        activity = session.get_one(Activity, world.one.activity_ids[0])
        activity.kind, activity.content = request.param, CONTENT[request.param]
    return str(request.param)


def test_every_kind_is_tried_here(the_app: Flask) -> None:
    ours = {name for name in ActivityKind.registered if "test" not in name}
    assert ours == set(CONTENT)


def test_it_has_a_name_in_both_languages_and_an_icon(kind: str, app: Flask) -> None:
    one = ActivityKind.registered[kind]
    assert str(one.label)
    with i18n.speaking_to("en"):
        assert str(one.label) == one.label.text
    with app.test_request_context():
        assert "<svg" in str(icon(one.icon))


def test_it_shows_itself_to_learners_and_to_those_who_only_look(kind: str, app: Flask, world: World) -> None:
    for enrolment_id in (0, 1):
        with app.test_request_context(), db.transaction(db.Mode.READ, world.one.tenant_id):
            activity = session.get_one(Activity, world.one.activity_ids[0])
            learner = Learner(world.one.tenant_id, world.one.learner.person_id, enrolment_id)
            scene = ActivityKind.registered[kind]().show(activity, learner, {})
            html = render_template(scene.template, **scene.values, simple=False, actor=None)
        assert html.strip()
        assert "style=" not in html
        assert "onclick" not in html


def test_it_is_played_to_its_end_with_the_keyboard_alone(
    kind: str, world: World, visit: Callable[..., Visitor]
) -> None:
    browser = visit(world.one.learner)
    page = browser.get(_first(world))
    for screen in ROAD[kind]:
        reachable = [
            e for e in page.all("input") + page.all("button") + page.all("a") if e.get("type") != "hidden"
        ]
        assert all(e.get("tabindex") != "-1" or e.get("hidden") is not None or "skip" in (e.get("class") or "")
                   for e in reachable)  # fmt: skip
        page = browser.send(_first(world), **screen)
        assert page.status == 200
    with db.transaction(db.Mode.READ, world.one.tenant_id):
        done = session.query(Standing).filter_by(activity_id=world.one.activity_ids[0]).one()
    assert done.done_at is not None


def test_a_draft_loses_nothing(kind: str, app: Flask, world: World) -> None:
    one = ActivityKind.registered[kind]()
    activity = Activity(content=CONTENT[kind], kind=kind)
    state = one.save(activity, {"kept": 1}, {"q-q1": ["2"]})
    assert state["kept"] == 1


def test_no_field_of_a_template_is_without_its_label(
    kind: str, world: World, visit: Callable[..., Visitor]
) -> None:
    assert visit(world.one.learner).get(_first(world)).faults() == []


def _first(world: World) -> str:
    with db.transaction(db.Mode.READ, world.one.tenant_id):
        mine = session.query(Enrolment).filter_by(person_id=world.one.learner.person_id).one()
    return f"/learn/{mine.id}/{world.one.activity_ids[0]}"


def test_templates_are_fragments(the_app: Flask) -> None:
    root = Path(the_app.root_path).parent / "templates"
    for room in ("courses", "assessment"):
        for path in (root / room / "activities").glob("*.html"):
            assert "{% extends" not in path.read_text(), path
