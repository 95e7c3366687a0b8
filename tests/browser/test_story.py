"""The main job, from the file of an information system to the partner's workbook, in one go and in both languages."""

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from pypdf import PdfReader, PdfWriter

from tests.browser.conftest import DESK, PHONE
from tests.browser.deeds import (
    COURSE,
    FILES,
    Card,
    counted,
    drawn,
    enter_by_code,
    import_people,
    make_cards,
    onwards,
    open_card,
    pass_quiz,
    play,
    prefer_language,
    sign_on,
)
from tests.browser.eyes import Eyes


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_main_job(look: Callable[..., Eyes], language: str, tmp_path: Path) -> None:
    cohort = {"fr": "Récit d’automne", "en": "Story of the autumn"}[language]
    adviser = look(DESK, language)
    adviser.sign_in("conseiller")
    address, cards = _a_file_becomes_a_cohort(adviser, cohort, language)
    card = cards[0]
    _a_link_that_is_only_opened_consumes_nothing(look(PHONE, language), card)
    _a_learner_completes_a_course_on_a_phone(look(PHONE, language), card)
    code, original = _a_learner_comes_back_on_a_shared_computer(look(PHONE, language), card)
    file = tmp_path / "certificat.pdf"
    file.write_bytes(original)
    _anybody_verifies(look(DESK, language), code, file)
    _the_adviser_sees_it_and_shares(adviser, address, card)
    _the_partner_takes_the_workbook(look(DESK, language), cohort, card, tmp_path)


def _a_file_becomes_a_cohort(adviser: Eyes, cohort: str, language: str) -> tuple[str, list[Card]]:
    import_people(adviser, FILES / f"job-seekers-{language}.csv", cohort, 40)
    assert adviser.heading == cohort
    address = adviser.page.url
    figures = counted(adviser)
    assert figures[adviser.word("Not started")] == 40
    assert figures[adviser.word("Completed")] == figures[adviser.word("In progress")] == 0
    lines = (FILES / f"job-seekers-{language}.csv").read_text("utf-8").splitlines()[1:]
    without = [" ".join(line.split("|")[:2]) for line in lines if not line.split("|")[2]][:2]
    cards = make_cards(adviser, without)
    assert sorted(card.name for card in cards) == sorted(" ".join(reversed(n.split())) for n in without)
    return address, cards


def _a_link_that_is_only_opened_consumes_nothing(scanner: Eyes, card: Card) -> None:
    for _time in range(2):
        scanner.go(card.link)
        scanner.check()


def _a_learner_completes_a_course_on_a_phone(learner: Eyes, card: Card) -> None:
    open_card(learner, card)
    learner.check()
    assert learner.heading.endswith(card.name.split()[0].title())
    lessons = list(play(learner))
    assert len(lessons) == len(set(lessons)) == 7
    pass_quiz(learner)
    learner.sees("You have passed.")
    learner.check()
    onwards(learner)
    assert learner.heading == learner.word("You have finished this course")
    learner.check()
    learner.press("See my certificate")
    learner.sees("My certificates")
    learner.check()


def _a_learner_comes_back_on_a_shared_computer(learner: Eyes, card: Card) -> tuple[str, bytes]:
    enter_by_code(learner, card)
    learner.check()
    learner.page.get_by_role("link", name=COURSE).last.click()
    learner.page.wait_for_url("**/certificates/*")
    learner.check()
    address = learner.seek("Download the PDF").get_attribute("href")
    code = (learner.seek("Check this certificate").get_attribute("href") or "").rpartition("/")[2]
    assert address
    assert code
    original = drawn(learner, address)
    learner.go("/learn")
    learner.press("I am leaving")
    learner.sees("You have left")
    learner.check()
    learner.go("/learn")
    assert "/sign-in" in learner.page.url
    return code, original


def _anybody_verifies(anybody: Eyes, code: str, original: Path) -> None:
    anybody.go("/certificates/verify")
    anybody.check()
    anybody.type("Code of the certificate", code.lower())
    _judged(anybody, "This certificate is valid")
    anybody.go(f"/certificates/verify/{code}")  # as its QR code leads
    anybody.sees("This certificate is valid")
    anybody.check()
    _send(anybody, original)
    _judged(anybody, "This certificate is valid")
    anybody.sees("It was issued by the organisation below. The file is the original: it was not changed.")
    for altered in (_flipped(original), _saved_again(original)):
        _send(anybody, altered)
        _judged(anybody, "This file is not the original")
        anybody.reads(COURSE)  # what was issued is shown


def _send(anybody: Eyes, file: Path) -> None:
    anybody.page.locator("input[name=code]").fill("")
    anybody.page.locator("input[type=file]").set_input_files(file)


def _judged(anybody: Eyes, verdict: str) -> None:
    with anybody.page.expect_navigation():
        anybody.page.locator("form[action='/certificates/verify'] button").click()
    assert anybody.heading == anybody.word(verdict)
    anybody.check()


def _flipped(original: Path) -> Path:
    """One byte of the drawing is another one."""
    content = bytearray(original.read_bytes())
    content[content.index(b"stream") + 40] ^= 1
    other = original.with_name("flipped.pdf")
    other.write_bytes(content)
    return other


def _saved_again(original: Path) -> Path:
    """What a program does that opens a PDF and saves it."""
    writer = PdfWriter(clone_from=PdfReader(original))
    other = original.with_name("saved-again.pdf")
    writer.write(other)
    assert other.read_bytes() != original.read_bytes()
    return other


def _the_adviser_sees_it_and_shares(adviser: Eyes, address: str, card: Card) -> None:
    adviser.go(address)
    figures = counted(adviser)
    assert (figures[adviser.word("Completed")], figures[adviser.word("Not started")]) == (1, 39)
    last_name = card.name.split()[-1]
    row = adviser.page.get_by_role("row").filter(has_text=last_name).filter(has_text=card.name.split()[0])
    assert adviser.word("Completed") in row.inner_text()
    row.get_by_role("link").first.click()
    adviser.page.wait_for_url("**/members/*")
    adviser.reads(COURSE)
    adviser.check()
    adviser.go(address)
    adviser.page.locator("main a[href$='/sharing']").first.click()
    adviser.page.wait_for_url("**/sharing")
    adviser.choose("Partner", "Claude Renard")
    adviser.tick("By name")
    adviser.check()
    adviser.press("Share this cohort")
    adviser.sees("The cohort is shared.")
    adviser.check()


def _the_partner_takes_the_workbook(partner: Eyes, cohort: str, card: Card, folder: Path) -> None:
    sign_on(partner)
    prefer_language(partner)
    partner.go("/reports")
    partner.check()
    partner.choose("Cohort", cohort)
    partner.choose("Names of people", partner.word("Shown"))
    partner.press("Prepare the file")
    partner.press("See the result")
    partner.page.wait_for_url("**/reports/runs/*")
    partner.check()
    file = folder / "progression.xlsx"
    partner.fetch("Download").save_as(file)
    book = load_workbook(io.BytesIO(file.read_bytes()))
    names = [partner.word(name) for name in ("Read me", "Summary of cohorts", "Courses of each person")]
    assert book.sheetnames == names
    _one_has_finished(partner, book[names[2]], card)


def _one_has_finished(partner: Eyes, sheet: Worksheet, card: Card) -> None:
    """Forty rows, of which one is completed; dates are dates, numbers are numbers, nothing is a formula."""
    head = [cell.value for cell in sheet[1]]
    rows = [dict(zip(head, row, strict=True)) for row in sheet.iter_rows(min_row=2, values_only=True)]
    said = partner.word
    assert len(rows) == 40
    assert sheet.freeze_panes
    assert sheet.auto_filter.ref
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    done = [row for row in rows if row[said("Status")] == said("completed")]
    assert len(done) == 1
    mine = done[0]
    assert {mine[said("First name")], mine[said("Last name")]} == set(card.name.split())
    assert isinstance(mine[said("Actual end")], datetime)
    assert mine[said("Share of steps done")] == 1
    assert isinstance(mine[said("Assessment (out of 100)")], int)
    assert mine[said("Certificate no.")]
    assert all(row[said("Share of steps done")] == 0 for row in rows if row is not mine)
