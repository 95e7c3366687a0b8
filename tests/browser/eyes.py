"""What somebody in front of a screen does and sees; and what we check of every page that is seen."""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Download, Locator, Page

from config.settings import ROOT
from lms.core import i18n

PASSWORD = "kokoroe-demo"  #: of every demo account
_AXE = ROOT / "node_modules/axe-core/axe.min.js"
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast-enhanced"]},
    "rules": {"color-contrast-enhanced": {"enabled": True}},
}
_LAYOUT = {
    "runOnly": {"type": "rule", "values": ["target-size", "scrollable-region-focusable"]},
    "rules": {"target-size": {"enabled": True}},
}
_WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"


@cache
def _axe() -> str:
    return _AXE.read_text(encoding="utf-8")


@dataclass
class Eyes:
    """A page of Chromium, and whoever looks at it. Words are given as msgids and looked for in the reader's language."""

    page: Page
    language: str = "fr"
    javascript: bool = True
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self._heard(said.type, said.text))

    def word(self, msgid: str, number: int | None = None, many: str = "", **values: object) -> str:
        """A text of the house in the reader's language; with ``number``, the plural form of it."""
        with i18n.speaking_to(self.language):
            if number is not None:
                return i18n.ngettext(msgid, many or msgid, number, **values)
            return i18n.gettext(msgid, **values)

    def go(self, path: str) -> None:
        """Type an address."""
        self.page.goto(path)

    def seek(self, msgid: str, **values: Any) -> Locator:
        """The button or link of this name."""
        name = self.word(msgid, **values)
        found = self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name))
        return found.filter(visible=True).first

    def press(self, msgid: str, **values: Any) -> None:
        """Press the button, or follow the link, of this name."""
        self.seek(msgid, **values).click()

    def type(self, msgid: str, text: str) -> None:
        """Fill the field of this label."""
        self._field(msgid).fill(text)

    def choose(self, msgid: str, label: str) -> None:
        """Choose in the list of this label."""
        self._field(msgid).select_option(label=label)

    def tick(self, msgid: str) -> None:
        """Tick the box, or the radio button, of this label."""
        self._field(msgid).check()

    def _field(self, msgid: str) -> Locator:
        """The field whose label begins with these words."""
        return self.page.get_by_label(re.compile("^" + re.escape(self.word(msgid)))).first

    def fetch(self, msgid: str) -> Download:
        """Press what downloads a file, and take the file."""
        with self.page.expect_download() as waited:
            self.press(msgid)
        return waited.value

    def sees(self, msgid: str, number: int | None = None, many: str = "", **values: object) -> None:
        """These words are on the page, or come."""
        self.reads(self.word(msgid, number, many, **values))

    def reads(self, text: str) -> None:
        """This very text is on the page, or comes."""
        self.page.get_by_text(text).filter(visible=True).first.wait_for()

    def sign_in(self, login: str, password: str = PASSWORD, is_shared: bool = False) -> None:
        """Come in by the front door."""
        self.go("/sign-in")
        self.page.locator("input[name=login]").fill(login)
        self.page.locator("input[name=password]").fill(password)
        door = self.page.locator("form:has(input[name=password])")
        if is_shared:
            door.locator("input[name=shared]").check()
        door.locator("button").first.click()
        self.page.wait_for_url(lambda url: "/sign-in" not in url)
        self.speak()

    def speak(self) -> None:
        """Have the pages in the reader's language, by the link at the bottom, where they are in another one."""
        if self.page.locator("html").get_attribute("lang") != self.language:
            self.page.get_by_role("button", name={"fr": "Français", "en": "English"}[self.language]).click()
            self.page.locator(f"html[lang={self.language}]").wait_for(state="attached")

    @property
    def heading(self) -> str:
        """The first heading, spaces folded."""
        return " ".join(self.page.locator("h1").first.inner_text().split())

    def words(self) -> str:
        """All that is written on the page, spaces folded."""
        return " ".join(self.page.inner_text("body").split())

    def check(self) -> None:
        """The reader's language, no violation for axe, no sideways scroll, no error in the console.

        Without JavaScript axe cannot run.
        """
        assert self.errors == [], self.page.url
        assert self.page.locator("html").get_attribute("lang") == self.language, self.page.url
        assert not self.page.evaluate(_WIDER), f"{self.page.url} scrolls sideways"
        if not self.javascript:
            return
        self._find_no(_RULES)

    def check_colours(self, theme: str = "") -> None:
        """Text stands out by 7 to 1. ``theme`` is only told where it does not."""
        self._find_no(_COLOURS, theme)

    def check_layout(self) -> None:
        """What the width of the window decides: no sideways scroll, targets that a finger meets, parts one can scroll."""
        assert not self.page.evaluate(_WIDER), f"{self.page.url} scrolls sideways"
        self._find_no(_LAYOUT)

    def shoot(self, folder: Path, name: str) -> None:
        """Keep a picture of the whole page, bars at its bottom included."""
        folder.mkdir(parents=True, exist_ok=True)
        size = self.page.viewport_size or {"width": 1280, "height": 900}
        height = int(self.page.evaluate("document.documentElement.scrollHeight"))
        self.page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
        self.page.screenshot(path=str(folder / f"{name}.png"))
        self.page.set_viewport_size(size)

    def meter(self) -> "Meter":
        """Count what is transferred from now on."""
        return Meter(self.page.context.new_cdp_session(self.page))

    def _find_no(self, rules: dict[str, Any], more: str = "") -> None:
        """Let axe look at this page by these rules."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(_axe())
        found = self.page.evaluate("rules => axe.run(document, rules)", rules)
        told = [_violation(one) for one in found["violations"]]
        assert not told, f"{self.page.url} {more} {told}"

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
        """Bytes without fonts, and requests that reached the server, since the last reading."""
        kept = {k: size for k, size in self.sizes.items() if size and self.kinds.get(k) != "Font"}
        self.sizes.clear()
        return sum(kept.values()), len(kept)


def _violation(one: dict[str, Any]) -> str:
    nodes = "; ".join(node["html"][:160] for node in one["nodes"][:3])
    return json.dumps({"rule": one["id"], "nodes": nodes}, ensure_ascii=False)
