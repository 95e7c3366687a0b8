"""The player through HTTP, without JavaScript: a whole course, its order, its memory, and who may open it."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from sqlalchemy import select, update

from lms.core import db
from lms.core.clock import now
from lms.core.db import session
from lms.core.i18n import lazy
from lms.courses.activity import ActivityKind, Learner, Outcome, Scene
from lms.courses.models import Activity
from lms.enrolment.models import Enrolment
from lms.progress.models import LearningEvent, Standing
from tests.progress.playing import do, enrolment, facts, learner, standing
from tests.support.page import Visitor
from tests.support.queries import statements
from tests.support.worlds import World

Visit = Callable[..., Visitor]


class Note(ActivityKind):
    """A field to fill in: what the player owes to kinds that ask something."""

    name: ClassVar[str] = "note-of-the-tests"
    label = lazy("Lesson")
    icon: ClassVar[str] = "pencil"

    def show(self, activity: Activity, learner: Learner, state: dict[str, Any]) -> Scene:
        return Scene("progress/a_note_of_the_tests.html", {"autosave": True, "text": state.get("text", "")})

    def receive(
        self, activity: Activity, learner: Learner, state: dict[str, Any], sent: dict[str, list[str]]
    ) -> Outcome:
        text = sent.get("text", [""])[0]
        return Outcome(
            done=text == "juste", stay=text != "juste", state={"text": text}, message=f"Dit : {text}"
        )

    def save(self, activity: Activity, state: dict[str, Any], sent: dict[str, list[str]]) -> dict[str, Any]:
        assert "csrf_token" not in sent
        return {"text": sent.get("text", [""])[0]}


@pytest.fixture
def note(app: Any, world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world, with a field to fill in as its first step."""
    from jinja2 import ChoiceLoader, DictLoader

    page = '<label for="text">Note</label><input id="text" name="text" value="{{ text }}">'
    loader = ChoiceLoader([DictLoader({"progress/a_note_of_the_tests.html": page}), app.jinja_loader])
    monkeypatch.setattr(app.jinja_env, "loader", loader)
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(Activity, world.one.activity_ids[0]).kind = Note.name
    return world


def address(world: World, step: int = 0) -> str:
    return f"/learn/{learner(world.one).enrolment_id}/{world.one.activity_ids[step]}"


def test_a_whole_course_without_javascript(world: World, visit: Visit) -> None:
    who = learner(world.one)
    browser = visit(world.one.learner)
    browser.get("/learn")
    browser.send("/open")
    for n in (1, 2, 3):
        assert browser.page is not None
        assert f"Étape {n} sur 3" in browser.page.words or f"Step {n} of 3" in browser.page.words
        browser.send(f"/learn/{who.enrolment_id}/{world.one.activity_ids[n - 1]}")
    assert browser.page is not None
    assert browser.page.response.request.path == f"/learn/{who.enrolment_id}/end"
    assert enrolment(who).completed_at is not None
    assert [verb for _n, verb, _s in facts(who)] == [
        "opened",
        "done",
        "opened",
        "done",
        "opened",
        "done",
        "completed",
    ]


def test_looking_writes_nothing(world: World, visit: Visit) -> None:
    browser = visit(world.one.learner)
    for path in (address(world), "/learn", f"/learn/{learner(world.one).enrolment_id}"):
        browser.get(path)
    assert facts(learner(world.one)) == []
    assert enrolment(learner(world.one)).started_at is None


def test_it_takes_up_exactly_where_it_stopped(world: World, visit: Visit) -> None:
    do(learner(world.one), world.one.activity_ids[0])
    page = visit(world.one.learner).get(f"/learn/{learner(world.one).enrolment_id}")
    assert page.response.request.path == address(world, 1)


def test_a_step_ahead_says_why_it_is_closed(world: World, visit: Visit) -> None:
    browser = visit(world.one.learner)
    page = browser.get(address(world, 2))
    assert page.status == 403
    assert "1" in page.words
    answer = browser.client.post(address(world, 2), data={"csrf_token": _token(browser)})
    assert answer.status_code == 409
    assert facts(learner(world.one)) == []


def test_a_done_step_may_be_seen_again(world: World, visit: Visit) -> None:
    who = learner(world.one)
    do(who, world.one.activity_ids[0])
    browser = visit(world.one.learner)
    assert browser.get(address(world)).status == 200
    browser.send(address(world))
    assert enrolment(who).steps_done == 1


@pytest.mark.parametrize("who", ["other_learner", "adviser", "admin", "hr", "partner", "trainer"])
@pytest.mark.parametrize("ending", ["", "/open", "/draft"])
def test_nobody_else_finds_the_address(world: World, visit: Visit, who: str, ending: str) -> None:
    browser = visit(getattr(world.one, who))
    token = _token(browser)
    if not ending:
        assert browser.fetch(address(world)).status_code == 404
    assert browser.client.post(address(world) + ending, data={"csrf_token": token}).status_code == 404
    assert facts(learner(world.one)) == []


def test_the_other_tenant_finds_nothing(world: World, visit: Visit) -> None:
    browser = visit(world.two.learner)
    enrolment_id = learner(world.one).enrolment_id
    for path in (address(world), f"/learn/{enrolment_id}", f"/learn/{enrolment_id}/end"):
        assert browser.fetch(path).status_code == 404


def test_a_step_of_another_course_is_not_here(world: World, visit: Visit) -> None:
    path = f"/learn/{learner(world.one).enrolment_id}/{world.two.activity_ids[0]}"
    assert visit(world.one.learner).fetch(path).status_code == 404


def test_who_was_withdrawn_reads_so(world: World, visit: Visit) -> None:
    who = learner(world.one)
    with db.transaction(tenant_id=who.tenant_id):
        session.execute(update(Enrolment).where(Enrolment.id == who.enrolment_id).values(withdrawn_at=now()))
    page = visit(world.one.learner).get(address(world))
    assert page.status == 403
    assert "CANARI-1" in page.words


def test_two_tabs_at_once_are_one_step(world: World, visit: Visit) -> None:
    first, second = visit(world.one.learner), visit(world.one.learner)
    first.get(address(world))
    second.get(address(world))
    first.send(address(world))
    second.send(address(world))
    with db.transaction(tenant_id=world.one.tenant_id):
        numbers = session.scalars(select(LearningEvent.number).order_by(LearningEvent.number)).all()
        assert len(session.scalars(select(Standing)).all()) == 1
    assert list(numbers) == list(range(1, len(numbers) + 1))
    assert enrolment(learner(world.one)).steps_done == 1


def test_an_answer_is_kept_as_it_is_typed(note: World, visit: Visit) -> None:
    browser = visit(note.one.learner)
    page = browser.get(address(note))
    assert any(form.get("data-autosave") == f"{address(note)}/draft" for form in page.all("form"))
    values = page.form(address(note)) | {"text": "à moitié"}
    assert browser.client.post(f"{address(note)}/draft", data=values).status_code == 204
    again = browser.get(address(note))
    assert again.form(address(note))["text"] == "à moitié"
    assert enrolment(learner(note.one)).steps_done == 0


def test_saving_for_later_without_javascript(note: World, visit: Visit) -> None:
    browser = visit(note.one.learner)
    values = browser.get(address(note)).form(address(note)) | {"text": "plus tard", "later": "1"}
    answer = browser.client.post(f"{address(note)}/draft", data=values, follow_redirects=True)
    assert answer.request.path == "/learn"
    assert standing(learner(note.one), note.one.activity_ids[0]).state == {"text": "plus tard"}


def test_a_wrong_answer_stays_with_its_message(note: World, visit: Visit) -> None:
    browser = visit(note.one.learner)
    browser.get(address(note))
    page = browser.send(address(note), text="faux")
    assert page.response.request.path == address(note)
    assert "Dit : faux" in page.words
    assert page.form(address(note))["text"] == "faux"
    page = browser.send(address(note), text="juste")
    assert page.response.request.path == address(note, 1)


def test_the_player_asks_few_questions(world: World, visit: Visit) -> None:
    browser, path = visit(world.one.learner), address(world)
    with statements() as sent:
        browser.get(path)
    assert len(sent) <= 6, sent


def test_a_completed_course_offers_the_next_one(world: World, visit: Visit) -> None:
    who = learner(world.one)
    browser = visit(world.one.learner)
    page = browser.get(f"/learn/{who.enrolment_id}/end")
    assert page.response.request.path == address(world)
    for n, activity_id in enumerate(world.one.activity_ids):
        do(who, activity_id, n, Outcome(done=True, score=80))
    page = browser.get(f"/learn/{who.enrolment_id}/end")
    assert "80" in page.words
    assert "/learn#certificates" in page.links()


def _token(browser: Visitor) -> str:
    return str(browser.get("/display").form("/display")["csrf_token"])
