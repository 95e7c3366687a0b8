"""Templates: each compiles, each is used, and none takes a short cut."""

import re

from flask import Flask

from config.settings import ROOT

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def test_every_template_compiles(app: Flask) -> None:
    for file in TEMPLATES:
        app.jinja_env.get_template(str(file.relative_to(ROOT / "templates")))


def test_every_template_is_used() -> None:
    sources = [f.read_text(encoding="utf-8") for f in [*TEMPLATES, *(ROOT / "lms").rglob("*.py")]]
    named = set(re.findall(r"[\"']([\w/-]+\.html)[\"']", "\n".join(sources)))
    unused = [str(f.relative_to(ROOT / "templates")) for f in TEMPLATES]
    assert [name for name in unused if name not in named] == []


def test_nothing_is_declared_safe_by_hand() -> None:
    """HTML is made by Jinja and by the one Markdown reader; nobody else may call text safe."""
    loud = [
        str(f.relative_to(ROOT))
        for f in TEMPLATES
        if re.search(r"\|\s*safe\b|autoescape\s+false", f.read_text(encoding="utf-8"))
    ]
    assert loud == []


def test_no_template_asks_the_database() -> None:
    asking = [
        str(f.relative_to(ROOT))
        for f in TEMPLATES
        if re.search(
            r"\bquery\(|\bsession\.(query|execute|scalar)|\bqueries\.", f.read_text(encoding="utf-8")
        )
    ]
    assert asking == []
