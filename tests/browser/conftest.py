"""A whole installation (web server, worker, a partner's provider) in processes of its own, and Chromium in front of it."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Request, sync_playwright

from config import programs
from config.settings import ROOT
from tests.browser.eyes import Eyes

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",  # nothing leaves this machine
]  # fmt: skip
PHONE, DESK = 360, 1280  #: widths in CSS pixels


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(300))


@dataclass(frozen=True, slots=True)
class Installation:
    """One that answers."""

    url: str
    var: Path
    environment: dict[str, str]

    def flask(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command in this installation."""
        command = [sys.executable, "-m", "flask", *words]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]) % 50_000 + 10_000


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The demo, served as ``make run`` serves it; or one that somebody serves already, when one writes tests."""
    if served := os.environ.get("TEST_HOUSE"):
        yield Installation(served, Path(), {})
        return
    var, port = tmp_path_factory.mktemp("var"), _free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LMS_")} | {
        "LMS_ENV": "demo", "LMS_VAR": str(var), "LMS_PORT": str(port),
    }  # fmt: skip
    log = (var / "server.log").open("wb")
    server = subprocess.Popen(
        [sys.executable, "-m", "config.server"], cwd=ROOT, env=environment, stdout=log, stderr=log
    )
    url = f"http://localhost:{port}"
    try:
        _wait(f"{url}/readyz", server, var / "server.log")
        yield Installation(url, var, environment)
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text("utf-8", "replace")
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(log.read_text("utf-8", "replace"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = programs.chromium()
    if not found:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(found), args=FLAGS)
        yield browser
        browser.close()


def _listen(eyes: Eyes, house: Installation) -> None:
    """A page of ours asks nobody else for anything (the stand-in of a partner's provider does; it gets no answer)."""

    def hear(request: Request) -> None:
        is_ours = request.frame.url.startswith(house.url)
        if is_ours and urlsplit(request.url).hostname not in ("localhost", "127.0.0.1", None):
            eyes.errors.append(f"asks for {request.url}")

    eyes.page.on("request", hear)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What was on the screens when a journey broke is told with the failure, and kept as pictures."""
    report = yield
    if report.when == "call" and report.failed and (seen := getattr(item, "screens", None)):
        folder = Path(item.funcargs["tmp_path_factory"].mktemp("screens"))  # type: ignore[attr-defined]
        for number, eyes in enumerate(seen):
            with contextlib.suppress(Error):
                eyes.shoot(folder, str(number))
                said = f"{eyes.page.url}\n{eyes.words()[:1500]}\n{folder / str(number)}.png"
                report.sections.append((f"screen {number}", said))
    return report


@pytest.fixture
def look(
    request: pytest.FixtureRequest,
    chromium: Browser,
    house: Installation,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., Eyes]]:
    """``look(width=360, language="fr", javascript=True)``: somebody in front of a browser of their own."""
    opened: list[BrowserContext] = []
    request.node.screens = seen = list[Eyes]()

    def open_browser(
        width: int = PHONE, language: str = "fr", javascript: bool = True, **more: object
    ) -> Eyes:
        context = chromium.new_context(
            viewport={"width": width, "height": 780 if width < 600 else 900},
            locale={"fr": "fr-FR", "en": "en-GB"}[language],
            java_script_enabled=javascript,
            accept_downloads=True,
            reduced_motion="reduce",  # what is looked at does not move
            base_url=house.url,
            **more,  # type: ignore[arg-type]
        )
        context.set_default_timeout(15_000)
        opened.append(context)
        page: Page = context.new_page()
        eyes = Eyes(page, language, javascript)
        _listen(eyes, house)
        seen.append(eyes)
        return eyes

    yield open_browser
    for context in opened:
        context.close()
