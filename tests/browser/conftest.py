"""A whole installation (web server, worker, a partner's provider) in processes of its own, and Chromium in front of it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from config import programs
from config.settings import ROOT
from tests.browser.eyes import Eyes

_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
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
    """The demo, served as ``make run`` serves it."""
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
        browser = playwright.chromium.launch(executable_path=str(found), args=_FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def look(chromium: Browser, house: Installation) -> Iterator[Callable[..., Eyes]]:
    """``look(width=360, language="fr", javascript=True)``: somebody in front of a browser of their own."""
    opened: list[BrowserContext] = []

    def open_browser(
        width: int = PHONE, language: str = "fr", javascript: bool = True, **more: object
    ) -> Eyes:
        context = chromium.new_context(
            viewport={"width": width, "height": 780 if width < 600 else 900},
            locale={"fr": "fr-FR", "en": "en-GB"}[language],
            java_script_enabled=javascript,
            accept_downloads=True,
            base_url=house.url,
            **more,  # type: ignore[arg-type]
        )
        context.set_default_timeout(15_000)
        opened.append(context)
        page: Page = context.new_page()
        return Eyes(page)

    yield open_browser
    for context in opened:
        context.close()
