"""Without a mouse: sign in, read the lessons, answer a quiz, have a cohort fill itself. What has the focus is always seen."""

from collections.abc import Callable
from typing import Any

from tests.browser.conftest import DESK, PHONE
from tests.browser.deeds import make_cohort, questions
from tests.browser.eyes import PASSWORD, Eyes

_FAR = 60  #: presses of Tab after which one would give up
#: Whether what has the focus shows it, and is on the screen with nothing upon it.
_SEEN = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  if (one === document.body || box.width === 0) return "nothing has the focus";
  const label = one.id && document.querySelector(`label[for="${one.id}"]`);
  const shows = [one, label, one.parentElement].filter(Boolean).some((each) => {
    const style = getComputedStyle(each);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
  });
  if (!shows) return "no ring";
  const [x, y] = [box.left + box.width / 2, box.top + Math.min(box.height / 2, 20)];
  const top = document.elementFromPoint(x, y);
  const is_mine = top && (one.contains(top) || top.contains(one) || (label && label.contains(top)));
  return is_mine ? "" : `hidden under ${top ? top.outerHTML.slice(0, 80) : "the edge"}`;
}"""


def test_signing_in(look: Callable[..., Eyes]) -> None:
    someone = look(DESK)
    someone.go("/sign-in")
    someone.page.keyboard.press("Tab")
    assert someone.page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    _reach(someone, "input[name=login]")
    someone.page.keyboard.type("apprenant2")
    _reach(someone, "input[name=password]")
    someone.page.keyboard.type(PASSWORD)
    _reach(someone, "input[name=shared]")
    someone.page.keyboard.press("Space")
    assert someone.page.locator("form:has(input[name=password]) input[name=shared]").is_checked()
    _reach(someone, "form:has(input[name=password]) button")
    with someone.page.expect_navigation():
        someone.page.keyboard.press("Enter")
    assert someone.page.url.endswith("/learn")


def test_a_course_and_its_quiz(look: Callable[..., Eyes]) -> None:
    learner = look(PHONE)
    learner.sign_in("apprenant2")
    _press(learner, ".sewn button")
    while not learner.page.locator("form#step input[name=go][value=start]").count():
        _press(learner, ".duo .btn--main")
    _press(learner, ".duo .btn--main")
    for question in questions():
        _answer(learner, question)
    learner.sees("You have passed.")
    learner.check()


def test_a_rule_that_fills_a_cohort_and_its_undo(look: Callable[..., Eyes]) -> None:
    staff = look(DESK, "en")
    staff.sign_in("rh")
    make_cohort(staff, "Filled by a rule")
    for way in ("main a[href$='/rule']", "a[href*='kind=unit']", "form[action$='/rule/add'] .btn--main"):
        _press(staff, way)
    staff.check()
    _press(staff, "a[href$='/rule/rehearsal']")
    staff.check()
    number = staff.page.locator(".counts b").nth(1).inner_text()
    assert int(number) > 10
    staff.sees("Nobody leaves.")
    _press(staff, "form[action$='/rule/start'] button")
    staff.sees("It is done.")
    for way in ("main a[href$='/rule']", "a[href*='/cohorts/receipts?']", "main tbody a"):
        _press(staff, way)
    staff.check()
    assert f"People brought in {number}" in staff.words()
    _press(staff, "form[action$='/undo'] button")
    staff.sees("The rule of the cohort is off now.")


def test_people_are_put_on_courses(look: Callable[..., Eyes]) -> None:
    """From the list of people to the receipt, and back again by the undo, in fewer than ten presses of a key that does something."""
    adviser, presses = look(DESK), 0
    adviser.sign_in("conseiller")
    adviser.go("/people?q=achour")
    _reach(adviser, "input[name=person]")
    adviser.page.keyboard.press("Space")
    for selector in ("form#choose [data-bulk] button", *["main form .btn--main"] * 3):
        if adviser.page.locator("input[type=checkbox][name=courses]").count():
            _reach(adviser, "input[type=checkbox][name=courses]")
            adviser.page.keyboard.press("Space")
            presses += 1
        _press(adviser, selector)
        adviser.check()
        presses += 1
    if adviser.page.locator("input[name=again]").count():
        raise AssertionError("somebody who is new in the cohort has finished nothing there")
    _press(adviser, "main form .btn--main")
    adviser.check()
    presses += 2  # and the first tick
    assert "/cohorts/receipts/" in adviser.page.url
    assert presses < 10
    _press(adviser, "#undo button, main form .btn--stop")
    adviser.check()


def _answer(learner: Eyes, question: dict[str, Any]) -> None:
    """By arrows, Space, letters and Enter."""
    from config.demo import answers

    given, name = answers.right(question), f"q-{question['key']}"
    _reach(learner, f"input[name='{name}']")
    if isinstance(given, str):
        learner.page.keyboard.type(given)
    elif question["kind"] == "multiple":
        for place, option in enumerate(question["options"]):
            if place:
                _reach(learner, f"input[value='{option['key']}']")
            if option["key"] in given:
                learner.page.keyboard.press("Space")
    else:
        learner.page.keyboard.press("Space")
        for _option in question["options"]:
            if not learner.page.locator(f"input[name='{name}'][value='{given[0]}']").is_checked():
                learner.page.keyboard.press("ArrowDown")
    _press(learner, ".duo .btn--main")
    learner.sees("Your answer is right.")
    _press(learner, ".duo .btn--main")


def _press(learner: Eyes, selector: str) -> None:
    """Go there by Tab, and press Enter."""
    _reach(learner, selector)
    with learner.page.expect_navigation():
        learner.page.keyboard.press("Enter")


def _reach(someone: Eyes, selector: str) -> None:
    """Press Tab until this has the focus; whatever has it on the way must be seen."""
    for _press_of_tab in range(_FAR):
        if someone.page.evaluate("where => document.activeElement.matches(where)", selector):
            return
        someone.page.keyboard.press("Tab")
        assert someone.page.evaluate(_SEEN) == "", someone.page.evaluate(
            "document.activeElement.outerHTML.slice(0, 160)"
        )
    raise AssertionError(f"{selector} is not reached by Tab at {someone.page.url}")
