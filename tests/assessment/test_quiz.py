"""A quiz, played through HTTP without JavaScript."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from lms.assessment import gift
from lms.assessment.models import Attempt
from lms.core import db
from lms.core.db import session
from lms.courses.activity import ActivityKind
from lms.courses.models import Activity
from lms.enrolment.models import Enrolment
from lms.progress.models import Standing
from tests.support.page import Page, Visitor
from tests.support.queries import statements
from tests.support.worlds import World

Visit = Callable[..., Visitor]
GIFT = """::a:: Qui ? {=Sacha#Oui, c’est Sacha. ~Alix#Non, Alix dort. ####C’était Sacha.}

::b:: Lesquels ? {~%50%un ~%50%deux ~%-50%trois#Trois est de trop.}

::c:: Vrai ? {T#C’est vrai.#Bien vu.}

::d:: Le signe @ ? {=arobase#Voilà. ####On dit arobase.}
"""
RIGHT: list[dict[str, Any]] = [{"q-a": "1"}, {"q-b": ["1", "2"]}, {"q-c": "true"}, {"q-d": "Arobase"}]


@pytest.fixture
def quiz(world: World) -> Callable[..., World]:
    """``quiz(...)``: the world, whose first step is a quiz with these settings."""

    def make(**content: Any) -> World:
        with db.transaction(tenant_id=world.one.tenant_id):
            activity = session.get_one(Activity, world.one.activity_ids[0])
            activity.kind = "quiz"
            activity.content = {
                "questions": gift.read(GIFT).questions, "pass_mark": 70, "tries": 3, "shuffle": False, **content,
            }  # fmt: skip
        return world

    return make


class Player:
    """A learner at the quiz."""

    def __init__(self, world: World, visit: Visit) -> None:
        with db.transaction(db.Mode.READ, world.one.tenant_id):
            person = world.one.learner.person_id
            self.enrolment_id = session.scalars(
                select(Enrolment.id).where(Enrolment.person_id == person)
            ).one()
        self.world, self.browser = world, visit(world.one.learner)
        self.path = f"/learn/{self.enrolment_id}/{world.one.activity_ids[0]}"
        self.page = self.browser.get(self.path)

    def send(self, **typed: Any) -> Page:
        self.page = self.browser.send(self.path, **typed)
        assert self.page.status == 200
        return self.page

    def answer_all(self, *answers: dict[str, Any]) -> Page:
        """Answer one question after the other, right or wrong, up to the result."""
        for answer in answers:
            self.send(**answer)
            self.send(go="next")
        return self.page

    def attempts(self) -> list[Attempt]:
        with db.transaction(db.Mode.READ, self.world.one.tenant_id):
            rows = select(Attempt).where(Attempt.enrolment_id == self.enrolment_id).order_by(Attempt.number)
            return list(session.scalars(rows))

    def standing(self) -> Standing:
        with db.transaction(db.Mode.READ, self.world.one.tenant_id):
            rows = select(Standing).where(
                Standing.enrolment_id == self.enrolment_id,
                Standing.activity_id == self.world.one.activity_ids[0],
            )
            return session.scalars(rows).one()


@pytest.fixture
def play(quiz: Callable[..., World], visit: Visit) -> Callable[..., Player]:
    return lambda **content: Player(quiz(**content), visit)


def test_one_question_a_screen_and_its_explanation_inside_the_answer(play: Callable[..., Player]) -> None:
    player = play()
    assert player.page.text("h1") == "Qui ?"
    assert "2" not in [
        field.get("value") for field in player.page.all("input") if field.get("checked") is not None
    ]
    assert "Oui, c’est Sacha." not in player.page.words
    page = player.send(**{"q-a": "1"})
    assert "Oui, c’est Sacha." in page.words
    (chosen,) = [field for field in page.all("input") if field.get("checked") is not None]
    (why,) = [e for e in page.tree.iter() if e.get("id") == chosen.get("aria-describedby")]
    assert "Oui, c’est Sacha." in "".join(why.itertext())
    assert [e for e in page.tree.iter() if e.get("role") == "status"]
    assert player.send().text("h1") == "Lesquels ?"


def test_a_mistake_may_be_tried_again_and_the_first_answer_counts(play: Callable[..., Player]) -> None:
    player = play()
    page = player.send(**{"q-a": "2"})
    assert "Non, Alix dort." in page.words
    assert "C’était Sacha." not in page.words
    page = player.send(**{"q-a": "1"})
    assert "Oui, c’est Sacha." in page.words
    assert player.attempts()[0].answers == {"a": ["2"]}
    player.send()
    player.answer_all(*RIGHT[1:])
    (attempt,) = player.attempts()
    assert (attempt.score, attempt.is_passed) == (75, True)


def test_everything_right_is_passed_and_done(play: Callable[..., Player]) -> None:
    player = play()
    page = player.answer_all(*RIGHT)
    (attempt,) = player.attempts()
    assert (attempt.score, attempt.is_passed, attempt.number) == (100, True, 1)
    assert attempt.finished_at is not None
    assert attempt.answers == {"a": ["1"], "b": ["1", "2"], "c": ["true"], "d": "Arobase"}
    standing = player.standing()
    assert (standing.score, standing.done_at is not None) == (100, True)
    assert "100" in page.words
    following = f"/learn/{player.enrolment_id}/{player.world.one.activity_ids[1]}"
    assert following in page.links()
    assert player.browser.get(following).status == 200
    assert player.browser.get(player.path).text("h1") == page.text("h1")


def test_a_failed_try_explains_and_may_be_begun_again(play: Callable[..., Player]) -> None:
    player = play()
    page = player.answer_all({"q-a": "2"}, {"q-b": ["1", "3"]}, {"q-c": "true"}, {"q-d": "rien"})
    (attempt,) = player.attempts()
    assert (attempt.score, attempt.is_passed) == (25, False)
    for said in (
        "Qui ?",
        "Non, Alix dort.",
        "C’était Sacha.",
        "Trois est de trop.",
        "On dit arobase.",
        "rien",
    ):
        assert said in page.words
    assert "Vrai ?" not in page.words
    standing = player.standing()
    assert (standing.score, standing.done_at) == (25, None)
    assert player.send().text("h1") == "Qui ?"
    assert len(player.attempts()) == 1  # a try begins with its first answer
    player.answer_all(*RIGHT)
    assert [(one.number, one.score) for one in player.attempts()] == [(1, 25), (2, 100)]
    assert player.standing().score == 100


def test_when_the_tries_are_used_up_it_says_whom_to_call(play: Callable[..., Player]) -> None:
    player = play(tries=2)
    wrong: list[dict[str, Any]] = [{"q-a": "2"}, {"q-b": "3"}, {"q-c": "false"}, {"q-d": "x"}]
    player.answer_all(*wrong)
    player.send()
    page = player.answer_all(*wrong)
    assert "01\u00a099\u00a000\u00a042\u00a010" in page.words or "01 99 00 42 10" in page.words
    assert "/learn" in page.links()
    assert len(player.attempts()) == 2
    token = player.browser.get("/display").form("/display")["csrf_token"]
    player.browser.client.post(player.path, data={"csrf_token": token, "go": "again"})
    player.browser.client.post(player.path, data={"csrf_token": token, "q-a": "1", "question": "a"})
    assert len(player.attempts()) == 2
    assert player.standing().done_at is None


def test_without_an_answer_nothing_is_counted(play: Callable[..., Player]) -> None:
    player = play()
    page = player.send()
    assert page.text("h1") == "Qui ?"
    assert [e for e in page.tree.iter() if e.get("id") == "q-a-error"]
    assert player.attempts() == []
    player.answer_all(*RIGHT[:3])
    page = player.send(**{"q-d": "   "})
    assert [e for e in page.all("input") if e.get("aria-invalid") == "true"]


def test_a_question_cannot_be_passed_over(play: Callable[..., Player]) -> None:
    player = play()
    assert player.send(go="next").text("h1") == "Qui ?"
    assert player.attempts() == []


def test_the_browsers_own_way_back_changes_no_answer(play: Callable[..., Player]) -> None:
    player = play()
    first = player.page
    player.answer_all(*RIGHT[:2])
    player.browser.page = first
    page = player.send(**{"q-a": "2"})
    assert page.text("h1") == "Qui ?"
    assert player.attempts()[0].answers["a"] == ["1"]
    assert player.send(go="next").text("h1") == "Vrai ?"
    player.browser.page = first
    forged = player.send(**{"q-a": "99", "question": "unknown"})
    assert forged.text("h1") == "Vrai ?"


def test_it_goes_on_where_it_stopped_on_another_device(play: Callable[..., Player], visit: Visit) -> None:
    player = play()
    player.answer_all(*RIGHT[:2])
    assert visit(player.world.one.learner).get(player.path).text("h1") == "Vrai ?"


def test_what_is_typed_is_kept_before_it_is_sent(play: Callable[..., Player]) -> None:
    player = play()
    player.answer_all(*RIGHT[:3])
    token = player.page.form(player.path)["csrf_token"]
    answer = player.browser.client.post(f"{player.path}/draft", data={"csrf_token": token, "q-d": "arob"})
    assert answer.status_code == 204
    assert player.browser.get(player.path).form(player.path)["q-d"] == "arob"
    assert player.attempts()[0].answers.keys() == {"a", "b", "c"}


def test_a_change_of_the_course_changes_no_running_try(
    play: Callable[..., Player], quiz: Callable[..., World]
) -> None:
    player = play()
    player.answer_all(*RIGHT[:2])
    quiz(questions=gift.read("::z:: Tout autre ? {T}").questions)
    player.page = player.browser.get(player.path)
    assert player.page.text("h1") == "Vrai ?"
    player.answer_all(*RIGHT[2:])
    assert player.attempts()[0].score == 100
    assert [one["key"] for one in player.attempts()[0].questions] == ["a", "b", "c", "d"]


def test_an_introduction_comes_first_with_the_terms(play: Callable[..., Player]) -> None:
    player = play(intro="Prenez **votre** temps.")
    assert "Prenez votre temps." in player.page.words
    assert "70" in player.page.words
    assert player.send().text("h1") == "Qui ?"
    assert player.browser.get(player.path).text("h1") == "Qui ?"


def test_all_questions_on_one_page(play: Callable[..., Player]) -> None:
    player = play(layout="all", intro="Voici.")
    assert len(player.page.all("fieldset")) == 3
    page = player.send(**{"q-a": "1", "q-d": "arobase"})
    assert [e for e in page.all("div") if e.get("role") == "alert"]
    values = page.form(player.path)
    assert (values["q-a"], values["q-d"]) == ("1", "arobase")
    assert player.attempts() == []
    page = player.send(**{name: value for answer in RIGHT for name, value in answer.items()})
    assert (player.attempts()[0].score, player.standing().done_at is not None) == (100, True)
    assert len(page.all("h1")) == 1


def test_all_on_one_page_may_be_begun_again(play: Callable[..., Player]) -> None:
    player = play(layout="all")
    wrong = {"q-a": "2", "q-b": "3", "q-c": "false", "q-d": "x"}
    player.send(**wrong)
    player.send()
    assert len(player.page.all("fieldset")) == 3
    player.send(**{name: value for answer in RIGHT for name, value in answer.items()})
    assert [one.score for one in player.attempts()] == [0, 100]


def test_questions_along_the_way_ask_for_no_mark(play: Callable[..., Player]) -> None:
    player = play(pass_mark=0, tries=0)
    player.answer_all({"q-a": "2"}, {"q-b": "3"}, {"q-c": "false"}, {"q-d": "x"})
    assert (player.attempts()[0].is_passed, player.standing().done_at is not None) == (True, True)


def test_mixed_options_stay_where_they_are_during_a_try(play: Callable[..., Player]) -> None:
    player = play(shuffle=True)
    before = [field.get("value") for field in player.page.all("input") if field.get("type") == "radio"]
    after = player.browser.get(player.path)
    assert before == [field.get("value") for field in after.all("input") if field.get("type") == "radio"]


def test_a_question_with_more_than_words(play: Callable[..., Player]) -> None:
    player = play(
        questions=gift.read("::a:: [html]<p>Que fait ce code ?</p><pre>x \\= 1</pre> {=rien ~tout}").questions
    )
    assert player.page.text("h1") == "Que fait ce code ?"
    assert player.page.text("pre") == "x = 1"
    assert len(player.page.all("legend")) == 1


def test_somebody_elses_quiz_is_somebody_elses(play: Callable[..., Player], visit: Visit) -> None:
    player = play()
    assert visit(player.world.one.other_learner).fetch(player.path).status_code == 404
    assert visit(player.world.two.learner).fetch(player.path).status_code == 404


def test_two_learners_keep_apart(
    play: Callable[..., Player], quiz: Callable[..., World], visit: Visit
) -> None:
    player = play()
    player.answer_all(*RIGHT[:1])
    with db.transaction(db.Mode.READ, player.world.one.tenant_id):
        other = player.world.one.other_learner
        enrolment = session.scalars(select(Enrolment.id).where(Enrolment.person_id == other.person_id)).one()
    browser = visit(other)
    page = browser.get(f"/learn/{enrolment}/{player.world.one.activity_ids[0]}")
    assert page.text("h1") == "Qui ?"


def test_whoever_only_looks_sees_what_is_right(quiz: Callable[..., World], visit: Visit) -> None:
    world = quiz(intro="Voici.")
    page = visit(world.one.trainer).get("/courses/cours-1/steps/01")
    for said in ("Voici.", "Qui ?", "C’était Sacha.", "On dit arobase."):
        assert said in page.words


def test_a_state_of_another_kind_does_no_harm(play: Callable[..., Player]) -> None:
    player = play()
    player.send(**{"q-a": "1"})
    number = player.standing().id
    with db.transaction(tenant_id=player.world.one.tenant_id):
        session.get_one(Standing, number).state = {
            "at": "gone",
            "told": ["1"],
            "draft": {"a": ["1"]},
            "missing": ["x"],
            "again": 9,
        }
    assert player.browser.get(player.path).text("h1") == "Lesquels ?"


def test_a_screen_asks_the_same_number_of_questions_of_the_database(play: Callable[..., Player]) -> None:
    player = play()
    counts = []
    for answer in RIGHT[:3]:
        with statements() as sent:
            player.browser.get(player.path)
        counts.append(len(sent))
        player.answer_all(answer)
    assert max(counts) - min(counts) <= 1


def test_drafts_have_an_end() -> None:
    kind = ActivityKind.registered["quiz"]()
    sent = {f"q-{n}": ["x" * 2_000] * 100 for n in range(500)} | {"go": ["next"]}
    draft = kind.save(Activity(content={}), {"at": "a"}, sent)["draft"]
    assert len(draft) == 200
    assert max(len(one) for values in draft.values() for one in values) == 500
    assert max(len(values) for values in draft.values()) == 50
