"""What somebody in front of a screen does and sees; and what we check of every page that is seen."""

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page

from config.settings import ROOT

_AXE = ROOT / "node_modules/axe-core/axe.min.js"
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"


@cache
def _axe() -> str:
    return _AXE.read_text(encoding="utf-8")


@dataclass
class Eyes:
    """A page of Chromium, and whoever looks at it."""

    page: Page
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self._heard(said.type, said.text))

    def go(self, path: str) -> None:
        """Type an address."""
        self.page.goto(path)

    def press(self, name: str) -> None:
        """Press the button, or follow the link, of this name."""
        found = self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name))
        found.first.click()

    def type(self, label: str, text: str) -> None:
        """Fill the field of this label."""
        self.page.get_by_label(label, exact=False).first.fill(text)

    def sign_in(self, login: str, password: str = "kokoroe-demo") -> None:
        """Come in by the front door."""
        self.go("/sign-in")
        self.page.locator("input[name=login]").fill(login)
        self.page.locator("input[name=password]").fill(password)
        self.page.locator("form:has(input[name=password]) button").first.click()
        self.page.wait_for_url(lambda url: "/sign-in" not in url)

    def words(self) -> str:
        """All that is written on the page, spaces folded."""
        return " ".join(self.page.inner_text("body").split())

    def check(self, javascript: bool = True) -> None:
        """No violation for axe, no sideways scroll, no error in the console. Without JavaScript axe cannot run."""
        assert self.errors == []
        if not javascript:
            return
        self.page.evaluate(_axe())
        found = self.page.evaluate("rules => axe.run(document, rules)", _RULES)
        assert [_violation(one) for one in found["violations"]] == [], self.page.url
        assert not self.page.evaluate(_WIDER), f"{self.page.url} scrolls sideways"

    def shoot(self, folder: Path, name: str) -> None:
        """Keep a picture of the whole page."""
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(folder / f"{name}.png"), full_page=True)

    def meter(self) -> "Meter":
        """Count what is transferred from now on."""
        return Meter(self.page.context.new_cdp_session(self.page))

    def _heard(self, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource" not in text:
            self.errors.append(text)


class Meter:
    """What Chromium's network panel counts: bytes on the wire and requests, fonts apart."""

    def __init__(self, cdp: CDPSession) -> None:
        self.kinds: dict[str, str] = {}
        self.sizes: dict[str, int] = {}
        cdp.send("Network.enable")
        cdp.on("Network.responseReceived", lambda e: self.kinds.update({e["requestId"]: e["type"]}))
        cdp.on(
            "Network.loadingFinished",
            lambda e: self.sizes.update({e["requestId"]: int(e["encodedDataLength"])}),
        )

    def read(self) -> tuple[int, int]:
        """Bytes without fonts, and requests, since the last reading."""
        kept = {k: size for k, size in self.sizes.items() if self.kinds.get(k) != "Font"}
        self.sizes.clear()
        return sum(kept.values()), len(kept)


def _violation(one: dict[str, Any]) -> str:
    nodes = "; ".join(node["html"][:160] for node in one["nodes"][:3])
    return json.dumps({"rule": one["id"], "nodes": nodes}, ensure_ascii=False)
