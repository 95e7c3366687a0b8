"""Pictures of the pages that the README shows and that are held beside the mocks.

``python -m tests.browser.pictures FOLDER [URL]``: of a demo of its own, or of the one that answers at URL.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from config import programs
from config.settings import ROOT
from tests.browser import deeds
from tests.browser.conftest import DESK, FLAGS, PHONE
from tests.browser.eyes import Eyes

_PATIENCE = 180  #: seconds for the demo to be there
_PORT = "5917"


def take(browser: Browser, url: str, folder: Path) -> None:
    """Every picture, in French."""

    def look(width: int, login: str = "") -> Eyes:
        height = 780 if width == PHONE else 900
        context = browser.new_context(
            base_url=url, viewport={"width": width, "height": height}, locale="fr-FR", reduced_motion="reduce"
        )
        someone = Eyes(context.new_page())
        if login:
            someone.sign_in(login)
        return someone

    _door(look(DESK), folder)
    _door(look(PHONE), folder)
    _of_a_learner(look(PHONE, "apprenant"), folder)
    _of_a_learner(look(DESK, "apprenant"), folder)
    _of_an_adviser(look(DESK, "conseiller"), folder)
    _of_a_partner(look(DESK, "partenaire"), folder)
    code, original = _of_somebody_certified(look(DESK, "conseiller"), look(DESK), folder)
    for width in (DESK, PHONE):
        _verified(look(width), code, original, folder, width)


def _door(anybody: Eyes, folder: Path) -> None:
    anybody.go("/sign-in")
    anybody.shoot(folder, f"sign-in-{_width(anybody)}")


def _of_a_learner(learner: Eyes, folder: Path) -> None:
    width = _width(learner)
    learner.shoot(folder, f"home-{width}")
    with learner.page.expect_navigation():
        learner.page.locator(".sewn button").click()
    learner.shoot(folder, f"player-{width}")


def _of_an_adviser(adviser: Eyes, folder: Path) -> None:
    adviser.shoot(folder, "cohorts-1280")
    adviser.page.get_by_role("link", name="Le numérique au quotidien, automne").click()
    adviser.page.wait_for_url("**/cohorts/*")
    adviser.shoot(folder, "cohort-1280")
    rows = adviser.page.locator("tbody tr")
    for place in range(6):
        rows.nth(place).get_by_role("checkbox").check()
    with adviser.page.expect_navigation():
        adviser.press("Access cards")
    adviser.shoot(folder, "cards-1280")
    adviser.go("/cohorts/imports/new")
    adviser.shoot(folder, "import-1280")
    adviser.page.locator("input[type=file]").set_input_files(deeds.FILES / "to-correct.csv")
    adviser.type("Name of the new cohort", "Le numérique au quotidien, hiver")
    adviser.press("Check the file")
    adviser.seek("See the result").wait_for()
    adviser.shoot(folder, "job-1280")
    adviser.press("See the result")
    adviser.page.wait_for_url("**/imports/*")
    adviser.shoot(folder, "import-report-1280")


def _of_a_partner(partner: Eyes, folder: Path) -> None:
    partner.shoot(folder, "reports-1280")


def _of_somebody_certified(adviser: Eyes, learner: Eyes, folder: Path) -> tuple[str, bytes]:
    """Somebody finishes a course on the way: a question, its answer, the certificate."""
    deeds.make_cohort(adviser, f"Premiers pas, le {time.strftime('%d/%m à %H h %M min %S s')}")
    deeds.add_person(adviser, "Ines", "Ghesquiere")
    card = deeds.make_cards(adviser, ["Ghesquiere"])[0]
    learner.page.set_viewport_size({"width": PHONE, "height": 780})
    deeds.open_card(learner, card)
    list(deeds.play(learner))
    learner.shoot(folder, "question-360")
    deeds.answer(learner, deeds.questions()[0])
    learner.shoot(folder, "answer-360")
    deeds.onwards(learner)
    deeds.pass_quiz(learner, wrong_at=1, first=1)
    learner.shoot(folder, "result-360")
    deeds.onwards(learner)
    learner.shoot(folder, "end-360")
    learner.page.set_viewport_size({"width": DESK, "height": 900})
    learner.go("/learn")
    learner.page.get_by_role("link", name=deeds.COURSE).last.click()
    learner.page.wait_for_url("**/certificates/*")
    learner.shoot(folder, "certificate-1280")
    address = learner.seek("Download the PDF").get_attribute("href") or ""
    code = (learner.seek("Check this certificate").get_attribute("href") or "").rpartition("/")[2]
    original = deeds.drawn(learner, address)
    (folder / "certificate.pdf").write_bytes(original)
    return code, original


def _verified(anybody: Eyes, code: str, original: bytes, folder: Path, width: int) -> None:
    anybody.go(f"/certificates/verify/{code}")
    anybody.shoot(folder, f"verification-{width}")
    altered = {"name": "certificat.pdf", "mimeType": "application/pdf", "buffer": original + b"\n% more\n"}
    anybody.page.locator("input[type=file]").set_input_files(altered)  # type: ignore[arg-type]
    with anybody.page.expect_navigation():
        anybody.page.locator("form[action='/certificates/verify'] button").click()
    anybody.shoot(folder, f"verification-altered-{width}")


def _width(someone: Eyes) -> int:
    return (someone.page.viewport_size or {"width": 0})["width"]


@contextmanager
def _served() -> Iterator[str]:
    """A demo of its own, for as long as the block."""
    url = f"http://localhost:{_PORT}"
    with tempfile.TemporaryDirectory() as var:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LMS_")}
        environment |= {"LMS_ENV": "demo", "LMS_VAR": var, "LMS_PORT": _PORT}
        server = subprocess.Popen([sys.executable, "-m", "config.server"], cwd=ROOT, env=environment)
        try:
            until = time.monotonic() + _PATIENCE
            while not _answers(url):
                assert server.poll() is None, "the demo does not start"
                assert time.monotonic() < until, "the demo does not answer"
                time.sleep(0.3)
            yield url
        finally:
            server.terminate()
            server.wait(30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def main(folder: Path, url: str = "") -> None:
    """Start what is needed and take the pictures."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(programs.chromium()), args=FLAGS)
        if url:
            take(browser, url, folder)
        else:
            with _served() as own:
                take(browser, own, folder)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
