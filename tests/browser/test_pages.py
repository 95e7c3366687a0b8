"""Every page that the demo's people come upon: two widths, the themes, both languages, the keyboard, a large zoom."""

import re
from collections.abc import Callable, Iterator
from itertools import islice

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.deeds import FILES
from tests.browser.eyes import Eyes

PUBLIC = ["/", "/sign-in", "/sign-in/card", "/certificates/verify", "/help", "/legal", "/privacy", "/accessibilite",
          "/site-map", "/display", "/sso", "/rights", "/sign-in/passkey", "/invitations"]  # fmt: skip
#: Whoever signs in, and where they arrive.
ACCOUNTS = {
    "admin": "/organisations", "rh": "/cohorts", "conseiller": "/cohorts", "formateur": "/cohorts",
    "partenaire": "/reports", "apprenant": "/learn", "professeur": "/learn",
    "rh2": "/cohorts", "conseiller2": "/cohorts", "apprenant2": "/learn",
}  # fmt: skip
#: Whose links are followed, in which language, and to how many pages at least and at most.
CRAWLED = [("conseiller", "fr", 14, 40), ("admin", "en", 12, 26), ("rh", "fr", 6, 6), ("partenaire", "en", 4, 12),
           ("apprenant", "fr", 5, 20), ("apprenant", "en", 5, 8)]  # fmt: skip
_FILE = re.compile(r"\.(pdf|xlsx|csv|zip|md)$|/file$|/media/|/sso/.+/start|^/sign-out|^/ui$")


def test_whoever_has_a_demo_account_arrives(look: Callable[..., Eyes]) -> None:
    for login, first in ACCOUNTS.items():
        someone = look(PHONE)
        someone.sign_in(login)
        assert someone.page.url.endswith(first), login
        someone.page.context.close()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_pages_of_everybody(look: Callable[..., Eyes], language: str) -> None:
    anybody = look(DESK, language)
    for path in PUBLIC:
        anybody.go(path)
        _look_closely(anybody)


@pytest.mark.parametrize(("login", "language", "least", "most"), CRAWLED)
def test_the_pages_of(look: Callable[..., Eyes], login: str, language: str, least: int, most: int) -> None:
    someone = look(DESK, language)
    someone.sign_in(login)
    seen = list(islice(_walk(someone, someone.page.url), most))
    assert len(seen) >= least, seen


def _walk(someone: Eyes, first: str) -> Iterator[str]:
    """Follow every link of every page, to one page of each kind that only who is signed in sees; look at each."""
    waiting, known = [_path(first)], {_shape(_path(first)), *PUBLIC} - {"/site-map"}
    while waiting:
        path = waiting.pop(0)
        someone.go(path)
        _look_closely(someone)
        yield path
        for found in _links(someone):
            if _shape(found) not in known:
                known.add(_shape(found))
                waiting.append(found)


def _links(someone: Eyes) -> list[str]:
    """Where a page leads within the site, files and ways out apart."""
    links = someone.page.locator("a[href^='/']:not([download])").evaluate_all("all => all.map(a => a.href)")
    return [path for path in map(_path, links) if not _FILE.search(path)]


def _path(address: str) -> str:
    return re.sub(r"^https?://[^/]+|[?#].*$", "", address)


def _shape(path: str) -> str:
    """Pages that differ in their subject only are one."""
    path = re.sub(r"/\d+", "/1", path)
    return re.sub(r"^(/courses|/curricula|/certificates/verify|/help)/(?!new)[^/]+", r"\1/one", path)


def _look_closely(someone: Eyes) -> None:
    """On a desk, then on a telephone, and contrast of 7 to 1 in each theme."""
    page = someone.page
    someone.check()
    page.set_viewport_size({"width": PHONE, "height": 900})
    someone.check_layout()
    for theme in ("light", "dark", "contrast"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        someone.check_colours(theme)
    page.set_viewport_size({"width": DESK, "height": 900})


@pytest.mark.parametrize("login", ["apprenant", "conseiller"])
def test_the_colours_one_has_chosen(look: Callable[..., Eyes], login: str) -> None:
    someone = look(PHONE)
    someone.sign_in(login)
    for theme, ground in (("Dark", "dark"), ("High contrast", "contrast"), ("Light", "light")):
        someone.go("/display?next=/me")
        someone.tick(theme)
        someone.press("Keep this display")
        someone.page.wait_for_url("**/me")
        assert someone.page.locator("html").get_attribute("data-theme") == ground
        someone.check()


def test_the_colours_of_the_device(look: Callable[..., Eyes]) -> None:
    grounds = set()
    for scheme in ("light", "dark"):
        learner = look(PHONE, color_scheme=scheme)
        learner.sign_in("apprenant")
        learner.check()
        learner.check_colours(scheme)
        grounds.add(learner.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2


@pytest.mark.parametrize(
    ("login", "paths"),
    [("apprenant", ["/learn", "/me", "/certificates", "/display"]), ("conseiller", ["/cohorts", "/people"])],
)
def test_twice_as_large(look: Callable[..., Eyes], login: str, paths: list[str]) -> None:
    """A telephone of 360 px at 200 % is a window of 180 px; a desk of 1280 px is one of 640."""
    someone = look(180 if login == "apprenant" else 640)
    someone.sign_in(login)
    for path in paths:
        someone.go(path)
        someone.check()


def test_a_file_that_cannot_be_taken_says_so(look: Callable[..., Eyes]) -> None:
    adviser = look(DESK)
    adviser.sign_in("conseiller")
    _send(adviser, "social-security.csv")
    adviser.sees("This file cannot be read")
    adviser.reads("Numéro de sécurité sociale")
    adviser.sees("Nothing was written.")
    adviser.check()


def test_lines_to_correct_are_told_one_by_one(look: Callable[..., Eyes]) -> None:
    adviser = look(DESK)
    adviser.sign_in("conseiller")
    _send(adviser, "to-correct.csv")
    rows = adviser.page.locator("tr[data-bad]")
    expect(rows).to_have_count(5)
    told = [row.inner_text() for row in rows.all()]
    assert len({text.split("\t")[-2] for text in told}) == 5, told
    adviser.check()
    file = adviser.fetch("Download the file to correct")
    assert file.suggested_filename.endswith(".xlsx")


def _send(adviser: Eyes, name: str) -> None:
    adviser.go("/cohorts/imports/new")
    adviser.page.locator("input[type=file]").set_input_files(FILES / name)
    adviser.type("Name of the new cohort", f"Essai de {name}")
    adviser.press("Check the file")
    adviser.press("See the result")


def test_a_shared_computer_says_goodbye_by_itself(look: Callable[..., Eyes]) -> None:
    learner = look(PHONE)
    learner.page.clock.install()
    learner.sign_in("apprenant", is_shared=True)
    seconds = int(learner.page.locator("body").get_attribute("data-idle-seconds") or 0)
    assert seconds == 15 * 60
    learner.page.clock.fast_forward((seconds - 30) * 1000)
    dialog = learner.page.locator("#idle")
    expect(dialog).to_be_visible()
    learner.check()
    learner.press("I am still here")
    expect(dialog).to_be_hidden()
    learner.page.clock.fast_forward((seconds - 30) * 1000)
    expect(dialog).to_be_visible()
    learner.page.clock.fast_forward(40_000)
    learner.page.wait_for_url(re.compile(r"/sign-in\?idle=1"))
    learner.check()
    learner.go("/learn")
    assert "/sign-in" in learner.page.url
