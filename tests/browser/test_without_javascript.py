"""The learner's part, and what leads to it, without any JavaScript."""

from collections.abc import Callable

from tests.browser.conftest import DESK, PHONE
from tests.browser.deeds import (
    COURSE,
    add_person,
    enter_by_code,
    make_cards,
    make_cohort,
    onwards,
    open_card,
    pass_quiz,
    play,
)
from tests.browser.eyes import Eyes


def test_a_course_is_finished_without_javascript(look: Callable[..., Eyes]) -> None:
    adviser = look(DESK, javascript=False)
    adviser.sign_in("conseiller")
    make_cohort(adviser, "Sans JavaScript")
    add_person(adviser, "Ludivine", "Wattel")
    card = make_cards(adviser, ["Wattel"])[0]
    learner = look(PHONE, javascript=False)
    open_card(learner, card)
    learner.check()
    lessons = list(play(learner))
    assert len(set(lessons)) == 7
    pass_quiz(learner)
    learner.sees("You have passed.")
    onwards(learner)
    assert learner.heading == learner.word("You have finished this course")
    again = look(PHONE, javascript=False)
    enter_by_code(again, card)
    again.go("/certificates")
    again.reads(COURSE)
    again.check()
    again.press("See")
    again.sees("Download the PDF")
    again.check()
    again.go("/learn")
    again.press("I am leaving")
    again.sees("You have left")
