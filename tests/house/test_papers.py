"""What the papers say is so: links lead somewhere, commands and settings exist, files are where they are said to be."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from flask import Flask

from config import settings
from config.settings import ROOT, Settings

PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FOLDERS = (
    "lms",
    "config",
    "tests",
    "templates",
    "static",
    "translations",
    "migrations",
    "docs",
    "benchmarks",
    "deploy",
)

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s[^)]*)?\)")
_CODE = re.compile(r"`([^`\n]+)`")
_FENCE = re.compile(r"^```.*?^```", re.M | re.S)
_TARGET = re.compile(r"^([a-z][a-z-]*):(?:.*?## (.+))?", re.M)
#: Recipes and decisions are read in one sitting.
_ONE_SCREEN = 70
_DECISION = ("context", "options", "decision", "cost")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _where(path: Path, text: str, position: int) -> str:
    return f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, position) + 1}"


def _anchors(path: Path) -> set[str]:
    """The names of a paper's headings, as they are linked to."""
    heads = re.findall(r"^#+ +(.+)$", _FENCE.sub("", _text(path)), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def _links() -> Iterator[tuple[str, Path, str]]:
    for path in PAPERS:
        text = _text(path)
        for found in _LINK.finditer(_FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), text)):
            yield _where(path, text, found.start()), path, found[1]


def _said() -> Iterator[tuple[str, str]]:
    """Every piece of code in the papers, and where it stands; a fenced block line by line."""
    for path in PAPERS:
        text = _text(path)
        for fence in _FENCE.finditer(text):
            for line in fence[0].splitlines()[1:-1]:
                yield _where(path, text, fence.start()), line.strip().removeprefix("$ ")
        for found in _CODE.finditer(_FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), text)):
            yield _where(path, text, found.start()), found[1].strip()


def test_links_lead_somewhere() -> None:
    lost = []
    for where, path, address in _links():
        if re.match(r"[a-z]+:", address):
            continue
        file, _, anchor = address.partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in _anchors(target)):
            lost.append(f"{where}: {address}")
    assert lost == []


def test_files_are_where_the_papers_say() -> None:
    """A path in backquotes exists, unless it holds a placeholder or a star."""
    lost = []
    for where, code in _said():
        path = code.split("::", maxsplit=1)[0].split(":", maxsplit=1)[0].rstrip("/")
        if (
            not re.fullmatch(r"[\w.\-/]+", path)
            or path.split("/", maxsplit=1)[0] not in FOLDERS
            or "/" not in path
        ):
            continue
        if not (ROOT / path).exists() and not path.startswith(("static/dist", "translations/fr/LC_MESSAGES")):
            lost.append(f"{where}: {path}")
    assert lost == []


def test_commands_of_make_exist() -> None:
    targets = {name for name, _ in _TARGET.findall(_text(ROOT / "Makefile"))}
    said = {(where, name) for where, code in _said() for name in re.findall(r"^make ([a-z][a-z-]*)", code)}
    assert [f"{where}: make {name}" for where, name in sorted(said) if name not in targets] == []


def test_commands_of_flask_exist(app: Flask) -> None:
    lost = []
    for where, code in _said():
        for first, second in re.findall(r"\bflask ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", code):
            group = app.cli.commands.get(first)
            inside = getattr(group, "commands", None)
            if first not in ("run", "routes", "shell") and (
                group is None or (inside is not None and second and second not in inside)
            ):
                lost.append(f"{where}: flask {first} {second}".rstrip())
    assert lost == []


def test_settings_in_the_papers_exist() -> None:
    known = {f"LMS_{field.name.upper()}" for field in fields(Settings)} | settings.ELSEWHERE
    said = {(where, name) for where, code in _said() for name in re.findall(r"\bLMS_[A-Z_]*[A-Z]\b", code)}
    assert [f"{where}: {name}" for where, name in sorted(said) if name not in known] == []


def test_every_setting_says_what_it_means() -> None:
    source = _text(ROOT / "config" / "settings.py")
    mute = [
        f.name for f in fields(Settings) if not re.search(rf"#: .+\n(?:    #: .+\n)*    {f.name}:", source)
    ]
    assert mute == []


def test_every_command_of_make_is_explained() -> None:
    assert [name for name, words in _TARGET.findall(_text(ROOT / "Makefile")) if not words] == []


def test_decisions_are_numbered_and_weigh_what_they_cost() -> None:
    papers = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbered = [paper for paper in papers if re.match(r"\d{4}-", paper.name)]
    assert [int(paper.name[:4]) for paper in numbered] == list(range(1, len(numbered) + 1))
    for paper in numbered:
        heads = [head.lower() for head in re.findall(r"^## +(.+)$", _text(paper), re.M)]
        lacking = [word for word in _DECISION if not any(head.startswith(word) for head in heads)]
        assert not lacking, f"{paper.name} has no section {', '.join(lacking)}"


@pytest.mark.parametrize("folder", ["recipes", "decisions"])
def test_recipes_and_decisions_fit_one_screen(folder: str) -> None:
    papers = (ROOT / "docs" / folder).glob("*.md")
    long = {paper.name: lines for paper in papers if (lines := _text(paper).count("\n")) > _ONE_SCREEN}
    assert long == {}


def test_every_requirement_is_pinned_as_it_was_tried() -> None:
    lock = {
        line.split(" ;")[0].lower() for line in _text(ROOT / "requirements.lock").splitlines() if "==" in line
    }
    faults = []
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in _text(ROOT / name).splitlines():
            pin = re.sub(r"\[.*?\]", "", line.split("#")[0].strip()).lower()
            if pin and not pin.startswith("-r ") and pin not in lock:
                faults.append(f"{name}: {line} is not in requirements.lock: make lock")
    assert faults == []


def test_npm_packages_are_pinned() -> None:
    wanted = re.findall(r'"([^"]+)": "([~^><*x][^"]*|latest)"', _text(ROOT / "package.json"))
    assert wanted == []
