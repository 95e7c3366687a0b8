"""Translations: one .po file per room, merged into the one catalogue that the application reads.

``python -m config.translate`` writes ``translations/<language>/LC_MESSAGES/messages.mo``;
``python -m config.translate --extract`` says what is missing, what nobody uses and what is badly set, and writes nothing.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, PoFileParser

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ("fr",)  #: English is what the code says
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "lazy": None,
    "Lazy": None,
    "ngettext": (1, 2),
}
Key = tuple[str, ...]  #: a msgid, and its plural where it has one

_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
_TAG = re.compile(r"<[^<>]+>")
_NBSP = "\u00a0"
#: What a French text must not hold: pattern, and what to write instead.
_STYLE = (
    (re.compile("\u202f"), "a narrow space (U+202F), which the font lacks: use U+00A0"),
    (re.compile("'"), "a straight apostrophe: use ’"),
    (re.compile('"'), "a straight quotation mark: use « and »"),
    (re.compile(r"\.\.\."), "three dots: use …"),
    (re.compile(r"[ \t](?=[:;!?»%])"), "an ordinary space before punctuation: use U+00A0"),
    (re.compile(r"(?<=[^\W_])[;!?»]|(?<=[)’])[;!?»]"), "no space before punctuation: put U+00A0"),
    (re.compile(r"[\w)»]:(?=\s|$)"), "no space before a colon: put U+00A0"),
    (re.compile(rf"«(?!{_NBSP})"), "no U+00A0 after «"),
)


class TranslationError(Exception):
    """The files contradict each other or can't be read; the text holds one line per reason."""


@dataclass(slots=True)
class Entry:
    """One message of a .po file."""

    key: Key
    said: tuple[str, ...]  #: one text, or one per plural form
    place: str  #: file:line
    fuzzy: bool


@dataclass(slots=True)
class Use:
    """One message as the code says it."""

    key: Key
    places: list[str] = field(default_factory=list)

    @property
    def in_template(self) -> bool:
        """Whether a template says it: there, every text is a format and ``%`` is written ``%%``."""
        return any(place.startswith("templates/") for place in self.places)


class _Recorder(Catalog):
    """A catalogue that notes every message in turn; Babel's own keeps the first of two silently."""

    def __init__(self, language: str) -> None:
        super().__init__(locale=language)
        self.noted: list[Message] = []

    def __setitem__(self, key: str | tuple[str, ...] | list[str], message: Message) -> None:
        self.noted.append(message)
        super().__setitem__(key, message)


def entries(language: str, root: Path = ROOT) -> list[Entry]:
    """Every message of every .po file of a language, repeated ones too. Raises ``TranslationError``."""
    found: list[Entry] = []
    for path in sorted((root / "translations" / language).glob("*.po")):
        recorder = _Recorder(language)
        name = path.relative_to(root).as_posix()
        try:
            with path.open(encoding="utf-8") as lines:
                PoFileParser(recorder, abort_invalid=True).parse(lines)
        except (PoFileError, UnicodeDecodeError) as error:
            raise TranslationError(f"{name}: {error}") from error
        found += [
            Entry(_words(message.id), _words(message.string), f"{name}:{message.lineno}", message.fuzzy)
            for message in recorder.noted
            if message.id
        ]
    return found


def contradictions(found: Iterable[Entry]) -> list[str]:
    """The messages that two places translate differently."""
    first: dict[Key, Entry] = {}
    faults = []
    for entry in found:
        other = first.setdefault(entry.key, entry)
        if other.said != entry.said:
            faults.append(f"{entry.place} and {other.place}: two translations of {entry.key[0]!r}")
    return faults


def compile_language(language: str, root: Path = ROOT) -> bool:
    """Write the catalogue of a language; False when it was already so. Raises ``TranslationError``."""
    found = entries(language, root)
    if faults := contradictions(found):
        raise TranslationError("\n".join(faults))
    catalogue = Catalog(locale=language, charset="utf-8")
    for entry in found:
        if all(entry.said) and not entry.fuzzy:
            plural = len(entry.key) > 1
            catalogue.add(entry.key if plural else entry.key[0], entry.said if plural else entry.said[0])
    target = root / "translations" / language / "LC_MESSAGES" / "messages.mo"
    target.parent.mkdir(parents=True, exist_ok=True)
    before = target.read_bytes() if target.exists() else b""
    fresh = target.with_suffix(".new")
    with fresh.open("wb") as out:
        write_mo(out, catalogue)
    fresh.replace(target)  # a reader never sees half a file
    return target.read_bytes() != before


def uses(root: Path = ROOT) -> dict[Key, Use]:
    """Every message of the code and the templates. Raises ``TranslationError`` for a template that does not parse."""
    found: dict[Key, Use] = {}
    files = [("python", path) for path in sorted((root / "lms").rglob("*.py"))]
    files += [("jinja2", path) for path in sorted((root / "templates").rglob("*.*")) if path.is_file()]
    for method, path in files:
        place = path.relative_to(root).as_posix()
        if path.name == "policies.py":
            for line, key in _rules(path):
                found.setdefault(key, Use(key)).places.append(f"{place}:{line}")
        for line, key in _extracted(method, path, place):
            found.setdefault(key, Use(key)).places.append(f"{place}:{line}")
    return found


def report(language: str, root: Path = ROOT) -> list[str]:
    """Everything wrong with a language, one line each: missing, unused, contradictory, badly set."""
    found, used = entries(language, root), uses(root)
    known = {entry.key: entry for entry in found}
    lines = contradictions(found)
    lines += [
        f"{use.places[0]}: no {language} translation of {key[0]!r}"
        for key, use in used.items()
        if key not in known or not all(known[key].said) or known[key].fuzzy
    ]
    lines += [f"{entry.place}: nobody says {entry.key[0]!r}" for entry in found if entry.key not in used]
    for entry in found:
        lines += [f"{entry.place}: {fault}" for fault in faults_of(entry)]
    for use in used.values():
        if use.in_template and (fault := _format_fault(use.key)):
            lines.append(f"{use.places[0]}: in a template write %% for a percent sign ({fault})")
    return lines


def faults_of(entry: Entry) -> list[str]:
    """What is wrong with one translation: placeholders that differ, typography."""
    if not all(entry.said):
        return []
    # The last form of the msgid: French says the singular for 0 too, so each of its forms needs the number.
    wanted = set(_PLACEHOLDER.findall(entry.key[-1]))
    faults = []
    for text in entry.said:
        there = set(_PLACEHOLDER.findall(text))
        if there != wanted:
            faults.append(f"placeholders {sorted(there)} instead of {sorted(wanted)} in {text!r}")
        bare = _PLACEHOLDER.sub("0", _TAG.sub("", text))
        faults += [f"{remedy} in {text!r}" for pattern, remedy in _STYLE if pattern.search(bare)]
    if wanted and (fault := _format_fault(entry.said)):
        faults.append(f"not a format ({fault}): a percent sign beside placeholders is %%")
    return faults


class _Anything(Mapping[str, int]):
    """Fills every placeholder."""

    def __getitem__(self, _name: str) -> int:
        return 0

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _format_fault(texts: Iterable[str]) -> str:
    """Why a text can't be filled with ``%``; empty when it can."""
    for text in texts:
        try:
            text % _Anything()
        except (TypeError, ValueError) as error:
            return f"{error} in {text!r}"
    return ""


def _extracted(method: str, path: Path, place: str) -> Iterator[tuple[int, Key]]:
    from jinja2 import TemplateSyntaxError

    options = (
        {"silent": "false", "trimmed": "true", "newstyle_gettext": "true", "extensions": "jinja2.ext.do"}
        if method == "jinja2"
        else {}
    )
    try:
        found = extract_from_file(method, path, keywords=KEYWORDS, options=options)
    except TemplateSyntaxError as error:
        raise TranslationError(f"{place}:{error.lineno}: {error.message}") from error
    for line, message, _comments, _context in found:
        yield line, _words(message)


def _rules(path: Path) -> Iterator[tuple[int, Key]]:
    """The words of each policy: people read them on the page of rights."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        said = ast.get_docstring(node) if isinstance(node, ast.FunctionDef) else None
        if said and isinstance(node, ast.FunctionDef) and node.name.startswith("may_"):
            yield node.lineno, (" ".join(said.split()),)


def _words(message: str | Iterable[str] | None) -> Key:
    """One text or several, as a tuple."""
    return (message or "",) if isinstance(message, str) or message is None else tuple(message)


def main(arguments: list[str]) -> int:
    """Merge, or with ``--extract`` judge. Exit status 1 with one line per reason."""
    parser = argparse.ArgumentParser(prog="python -m config.translate", description=__doc__.split("\n")[0])
    parser.add_argument("--extract", action="store_true", help="list what is missing, unused or badly set")
    wanted = parser.parse_args(arguments)
    faults: list[str] = []
    for language in LANGUAGES:
        try:
            if wanted.extract:
                faults += report(language)
            else:
                compile_language(language)
        except TranslationError as error:
            faults += str(error).splitlines()
    print("\n".join(faults), file=sys.stderr, end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
