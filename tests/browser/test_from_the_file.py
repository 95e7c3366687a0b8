"""From the file to enrolled people in fewer than ten presses: the adviser with a mouse, the HR manager by the keyboard alone."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.conftest import DESK, PHONE
from tests.browser.deeds import COURSE
from tests.browser.eyes import Eyes
from tests.browser.test_keyboard import _reach

FEWER_THAN = 10
SEEKERS = "Nom;Prénom;Identifiant DE;Courriel;Date de naissance"
STAFF = "Matricule;Nom;Prénom;Email professionnel;Service"
_NAMES = ("Abel", "Brune", "Cyr", "Dina", "Elie")


@dataclass
class Hand:
    """Whoever presses what, and how often: with a mouse, or by Tab, Enter and letters."""

    eyes: Eyes
    by_keyboard: bool
    presses: int = 0

    def press(self, selector: str) -> None:
        """A link or a button that leads to another page."""
        self.presses += 1
        if self.by_keyboard:
            _reach(self.eyes, selector)
        with self.eyes.page.expect_navigation():
            if self.by_keyboard:
                self.eyes.page.keyboard.press("Enter")
            else:
                self.eyes.page.locator(selector).filter(visible=True).first.click()

    def give(self, file: Path) -> None:
        """Choose the file in the window of the system."""
        self.presses += 1
        with self.eyes.page.expect_file_chooser() as window:
            if self.by_keyboard:
                _reach(self.eyes, "input[type=file]")
                self.eyes.page.keyboard.press("Enter")
            else:
                self.eyes.page.locator("input[type=file]").click()
        window.value.set_files(file)

    def write(self, selector: str, text: str) -> None:
        """Letters in a field; in a list, the first letters of what is chosen."""
        self.presses += 1
        if self.by_keyboard:
            _reach(self.eyes, selector)
            self.eyes.page.keyboard.type(text)
            return
        field = self.eyes.page.locator(selector)
        field.click()
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(label=text)
        else:
            field.fill(text)


def _file(folder: Path, header: str, mark: str) -> Path:
    file = folder / "gens.csv"
    lines = [_line(header, mark, n, name) for n, name in enumerate(_NAMES, 1)]
    file.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    return file


def _line(header: str, mark: str, n: int, name: str) -> str:
    address = f"{name.lower()}.{mark}@exemple.fr"
    if header == STAFF:
        return f"M{mark}{n};Dumas{mark};{name};{address};Accueil"
    return f"Dumas{mark};{name};98{mark}000{n}K;{address};0{n}/03/1990"


def _from_the_file(hand: Hand, file: Path, cohort: str) -> None:
    """From the first page to the cohort."""
    eyes = hand.eyes
    hand.press("a[href$='/cohorts/imports/new']")
    hand.give(file)
    hand.write("input[name=name]", cohort)
    hand.write("select[name=path]", COURSE)
    eyes.check()
    hand.press("form[enctype] .btn--main")
    eyes.page.locator("main a[href*='/cohorts/imports/'].btn--main").wait_for()
    hand.press("main a[href*='/cohorts/imports/'].btn--main")
    eyes.check()
    hand.press("form[action$='/write'] button")
    eyes.page.locator("main a[href*='/cohorts/imports/'].btn--main").wait_for()
    hand.press("main a[href*='/cohorts/imports/'].btn--main")
    eyes.sees("%(n)s person enrolled", len(_NAMES), "%(n)s people enrolled", n=len(_NAMES))
    eyes.check()
    assert hand.presses < FEWER_THAN, hand.presses


@pytest.mark.parametrize(
    ("login", "header", "language", "width", "by_keyboard"),
    [
        ("conseiller", SEEKERS, "fr", DESK, False),
        ("rh", STAFF, "en", DESK, True),
        pytest.param("conseiller", SEEKERS, "en", PHONE, True, marks=pytest.mark.long),
        pytest.param("rh", STAFF, "fr", PHONE, False, marks=pytest.mark.long),
    ],
)
def test_from_the_file_to_enrolled_people(
    look: Callable[..., Eyes],
    tmp_path: Path,
    login: str,
    header: str,
    language: str,
    width: int,
    by_keyboard: bool,
) -> None:
    eyes = look(width, language)
    eyes.sign_in(login)
    mark = f"{'ac' if login == 'rh' else 'bd'}{language}"
    _from_the_file(Hand(eyes, by_keyboard), _file(tmp_path, header, mark), f"Du fichier {mark}")
