"""The parts of the main job, each by whoever does it, in front of a browser."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.demo import answers
from config.demo.load import COURSES
from config.demo.provider import SUBJECT
from lms.assessment import gift
from lms.core.qr import qr_svg
from tests.browser.eyes import Eyes

FILES = Path(__file__).parent / "files"
COURSE = "Premiers pas avec le courriel"
_PATIENCE = 60  #: seconds for a certificate to be drawn
CODE = "820461"  #: what learners choose


@dataclass(frozen=True, slots=True)
class Card:
    """What is printed on an access card."""

    name: str
    words: str
    number: str

    @property
    def link(self) -> str:
        """Where its QR code leads, from the root of the site."""
        return "/sign-in/card/" + self.words.replace(" ", "-")


def import_people(adviser: Eyes, file: Path, cohort: str, total: int) -> None:
    """Send a file, look at what it comes to, confirm, and follow the job to its end; ends on the cohort's page."""
    adviser.go("/cohorts/imports/new")
    adviser.check()
    adviser.page.locator("input[type=file]").set_input_files(file)
    adviser.choose("Cohort", adviser.word("A new cohort"))
    adviser.type("Name of the new cohort", cohort)
    adviser.choose("Path or course", COURSE)
    adviser.press("Check the file")
    adviser.press("See the result")
    adviser.sees(
        "%(n)s line read, nothing to correct", total, "%(n)s lines read, nothing to correct", n=total
    )
    adviser.sees("Nothing is written yet.")
    adviser.check()
    adviser.page.locator("form[action$='/write'] button").click()
    adviser.sees("It is done.")
    adviser.check()
    adviser.press("See the result")
    adviser.sees("%(n)s person enrolled", total, "%(n)s people enrolled", n=total)
    adviser.check()
    adviser.press("See the cohort")
    adviser.page.wait_for_url("**/cohorts/*")
    adviser.check()


def make_cohort(adviser: Eyes, name: str) -> None:
    """A cohort on one course, without anybody yet; ends on its page."""
    adviser.go("/cohorts/new")
    adviser.check()
    adviser.type("Name of the cohort", name)
    adviser.choose("Path or course", COURSE)
    with adviser.page.expect_navigation():
        adviser.press("Make the cohort")
    assert adviser.heading == name


def add_person(adviser: Eyes, first_name: str, last_name: str) -> None:
    """From a cohort's page, enrol somebody by hand."""
    adviser.press("Add a person")
    adviser.type("Last name", last_name)
    adviser.type("First name", first_name)
    adviser.check()
    with adviser.page.expect_navigation():
        adviser.press("Enrol this person")
    adviser.reads(f"{last_name} {first_name}")
    adviser.check()


def counted(staff: Eyes) -> dict[str, int]:
    """The figures at the top of a list: by their word, how many."""
    found = staff.page.locator(".counts li").all_inner_texts()
    pairs = [re.fullmatch(r"\s*([\d\s\u00a0]+?)\s+(\D.*?)\s*", text, re.S) for text in found]
    assert all(pairs), found
    return {one[2].strip(): int(re.sub(r"\D", "", one[1])) for one in pairs if one}


def make_cards(adviser: Eyes, names: list[str]) -> list[Card]:
    """On a cohort's page: tick these people, have their cards made, and read the sheet."""
    for name in names:
        adviser.page.get_by_role("row").filter(has_text=name).get_by_role("checkbox").check()
    adviser.press("Access cards")
    adviser.page.wait_for_url(re.compile(r"/cards\?"))
    adviser.check()
    return [_read(adviser, card) for card in adviser.page.locator(".ac").all()]


def _read(adviser: Eyes, card: Any) -> Card:
    words = " ".join(card.locator(".ac__w").inner_text().replace("·", " ").split())
    number = re.search(r"\d{4}[\s\u00a0]\d{4}", card.locator(".ac__f").inner_text())
    assert number
    found = Card(card.locator("h2").inner_text(), words, re.sub(r"\D", "", number[0]))
    site = re.match(r"https?://[^/]+", adviser.page.url)
    assert site
    drawn = re.findall(r' d="([^"]+)"', qr_svg(site[0] + found.link))
    assert card.locator(".ac__b svg path").last.get_attribute("d") == drawn[-1], "the QR code leads elsewhere"
    return found


def open_card(learner: Eyes, card: Card, code: str = CODE) -> None:
    """From the link of a card to one's path: the six words are there already, a code is chosen."""
    learner.go(card.link)
    learner.speak()
    learner.check()
    assert learner.page.locator("input[name=words]").input_value() == card.words
    learner.press("Open my account")
    learner.page.wait_for_url(re.compile("/sign-in/first-code"))
    learner.check()
    learner.type("Choose 6 digits", code)
    learner.type("The same 6 digits, once more", code)
    learner.press("Keep this code and enter")
    learner.page.wait_for_url("**/learn")
    learner.speak()


def enter_by_code(learner: Eyes, card: Card, code: str = CODE, is_shared: bool = True) -> None:
    """With the number of the card and the code."""
    learner.go("/sign-in")
    learner.press("I already have a 6-digit code")
    learner.page.wait_for_url(re.compile("/sign-in/card"))
    learner.check()
    learner.type("Number of the card", card.number)
    learner.type("Your 6-digit code", code)
    door = learner.page.locator("form[action='/sign-in/code']")
    if is_shared:
        door.locator("input[name=shared]").check()
    door.locator("button").first.click()
    learner.page.wait_for_url("**/learn")
    learner.speak()


def play(learner: Eyes) -> Iterator[str]:
    """From one's path to the first question of the course in hand: each lesson's heading, once it is on the screen."""
    learner.page.locator(".sewn button").click()
    while True:
        learner.page.wait_for_url(re.compile(r"/learn/\d+/\d+"))
        learner.check()
        yield learner.heading
        if learner.page.locator("form#step input[name=go][value=start]").count():
            onwards(learner)
            return
        onwards(learner)


def onwards(learner: Eyes) -> None:
    """The button at the bottom right, and the page that it leads to."""
    with learner.page.expect_navigation():
        learner.page.locator(".duo .btn--main").click()


def questions(folder: str = "premiers-pas-courriel") -> list[Any]:
    """The questions of a demo course, as its author wrote them."""
    text = next((COURSES / folder).glob("*quiz.md")).read_text(encoding="utf-8")
    block = re.search(r"^```quiz\n(.*?)^```", text, re.S | re.M)
    assert block
    return gift.read(block[1]).questions


def answer(learner: Eyes, question: Any, rightly: bool = True) -> None:
    """Answer the question on the screen and have the answer judged."""
    given = answers.right(question) if rightly else answers.wrong(question)
    name = f"q-{question['key']}"
    if isinstance(given, str):
        learner.page.locator(f"input[name='{name}']").fill(given)
    for key in [] if isinstance(given, str) else given:
        learner.page.locator(f"input[name='{name}'][value='{key}']").check()
    onwards(learner)
    learner.check()


def pass_quiz(learner: Eyes, wrong_at: int = 2, first: int = 0) -> None:
    """Answer every question from ``first``; the one at ``wrong_at`` (from 0) wrongly at first. Ends on the result."""
    for place, question in enumerate(questions()[first:], first):
        learner.check()
        if place == wrong_at:
            answer(learner, question, rightly=False)
            learner.sees("Try again, as often as you like.")
        answer(learner, question)
        learner.sees("Your answer is right.")
        onwards(learner)


def drawn(learner: Eyes, address: str) -> bytes:
    """The PDF of a certificate, once the workers have drawn it."""
    until = time.monotonic() + _PATIENCE
    while (answered := learner.page.request.get(address)).status == 202:
        assert time.monotonic() < until, "the certificate is not drawn"
        learner.page.wait_for_timeout(200)
    assert answered.headers["content-type"] == "application/pdf"
    return answered.body()


def sign_on(partner: Eyes) -> None:
    """Come in through the partner's own provider, as somebody it knows."""
    partner.go("/sign-in")
    partner.speak()
    partner.check()
    partner.page.get_by_role("link", name="Fonds Nord Compétences").click()
    partner.page.wait_for_url("http://127.0.0.1:*/**")
    partner.page.get_by_role("button", name=SUBJECT).click()
    partner.page.wait_for_url(re.compile("/reports$"))
    partner.speak()


def prefer_language(someone: Eyes) -> None:
    """On one's account's page: pages, mails and files in the reader's language."""
    someone.go("/me")
    someone.page.locator("select[name=language]").select_option(someone.language)
    with someone.page.expect_navigation():
        someone.press("Keep this language")
    someone.check()
