"""Moodle's GIFT: questions as text.

    ::Title:: Question? { =right #why ~wrong #why ~%50%half right #### for everybody }

Single and multiple choice, true or false and short answers are read. Numeric, matching and open questions and mere
descriptions are recognised, and listed as what could not be used: nothing is dropped in silence.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lms.core.i18n import Lazy, lazy
from lms.core.i18n import gettext as _
from lms.courses.front_matter import Problem, one_line
from lms.courses.lessons import slug_of

Question = dict[str, Any]
FORMATS = ("html", "markdown", "moodle", "plain")

#: A backslash takes the meaning from these; while reading, private letters stand for them.
_ESCAPED = {"\\\\": "\\", "\\~": "~", "\\=": "=", "\\#": "#", "\\{": "{", "\\}": "}", "\\:": ":", "\\n": "\n"}
_HIDDEN = {mark: chr(0xE000 + n) for n, mark in enumerate(_ESCAPED)}
_SHOWN = {ord(_HIDDEN[mark]): letter for mark, letter in _ESCAPED.items()}
_PRIVATE = re.compile("[\ue000-\ue0ff]")
_ESCAPE = re.compile(r"\\[\\~=#{}:n]")

_FORMAT = re.compile(r"\s*\[(html|markdown|moodle|plain)\]\s*", re.I)
_TITLE = re.compile(r"\s*::(.*?)::", re.S)
_BOOLEAN = re.compile(r"(T|TRUE|F|FALSE)\s*(?:#(.*))?", re.S | re.I)
_WEIGHT = re.compile(r"\s*%\s*([^%\n]{1,20})%")
_ANSWER = re.compile(r"([~=])([^~=]*)")
_NUMBER = re.compile(r"-?\d{1,3}(?:[.,]\d{1,6})?")

_NOT_ASKED: dict[str, Lazy] = {
    "numeric": lazy("This is a numeric question: such questions are not asked yet."),
    "matching": lazy("This is a matching question: such questions are not asked yet."),
    "essay": lazy("This is an open question (essay): such questions are not asked yet."),
    "description": lazy("This is a description, without an answer: it is no question."),
}


class _Wrong(ValueError):
    """A question that can't be used; the text says why."""


@dataclass(slots=True)
class Reading:
    """What a text holds: questions in the form that a quiz keeps, and what could not be used, by line."""

    questions: list[Question] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read(text: str, line: int = 1) -> Reading:
    """The questions of a GIFT text whose first line has this number in its file."""
    reading = Reading()
    keys: set[str] = set()
    for at, source in _pieces(_PRIVATE.sub("", text).replace("\r\n", "\n").replace("\ufeff", ""), line):
        try:
            question = _question(source)
        except _Wrong as reason:
            reading.problems.append(Problem(at, _named(source, str(reason))))
            continue
        wanted = slug_of(question["title"], 40) or f"q{len(reading.questions) + 1}"
        key = next(
            one for n in range(1, 10_000) if (one := wanted if n == 1 else f"{wanted}-{n}") not in keys
        )
        keys.add(key)
        reading.questions.append({"key": key, **question})
    return reading


def _pieces(text: str, line: int) -> Iterator[tuple[int, str]]:
    """The text of each question and the line where it begins: an empty line ends one, unless inside of braces."""
    kept: list[str] = []
    start, depth = line, 0
    for n, raw in enumerate(text.split("\n"), line):
        bare = raw.strip()
        if bare.startswith("//") or (bare.startswith("$CATEGORY:") and depth == 0):
            continue
        hidden = _ESCAPE.sub(lambda found: _HIDDEN[found[0]], raw)
        if depth and bare.startswith("::"):  # the braces before were never closed
            yield start, "\n".join(kept)
            kept, depth = [], 0
        if not bare and depth == 0:
            if kept:
                yield start, "\n".join(kept)
            kept = []
            continue
        if not kept:
            start = n
        kept.append(hidden)
        for letter in hidden:
            depth = max(0, min(1, depth + (letter == "{") - (letter == "}")))
    if any(one.strip() for one in kept):
        yield start, "\n".join(kept)


def _named(source: str, reason: str) -> str:
    title = _TITLE.match(source)
    name = _plain(title[1]) if title else ""
    return _("“%(title)s”: %(reason)s", title=name, reason=reason) if name else reason


def _question(source: str) -> Question:
    title = _TITLE.match(source)
    rest = source[title.end() :] if title else source
    begins = rest.find("{")
    if begins < 0:
        raise _Wrong(_NOT_ASKED["description"])
    ends = rest.find("}", begins)
    if ends < 0:
        raise _Wrong(_("Its answers open with { and never close with }."))
    before, answers, after = rest[:begins], rest[begins + 1 : ends], rest[ends + 1 :]
    text, form = _formatted(before, "")
    gap = "_____" if after.strip() and (after.strip() not in (".", '";', ";", '"')) else ""
    whole = " ".join(part for part in (text, gap, after.strip() if gap else "") if part.strip())
    if not whole.strip():
        raise _Wrong(_("It asks nothing: there is no text before the answers."))
    answers, _marks, general = answers.partition("####")
    found = _answers(answers.strip(), form)
    feedback, feedback_form = _formatted(general, form)
    made = {"title": _plain(title[1]) if title else "", **found, "text": _told(whole, form), "format": form}
    return made | {"feedback": _told(feedback, feedback_form), "feedback_format": feedback_form}


def _answers(text: str, form: str) -> Question:
    """The kind of the question, and its options or answers."""
    if not text:
        raise _Wrong(_NOT_ASKED["essay"])
    if text.startswith("#"):
        raise _Wrong(_NOT_ASKED["numeric"])
    if boolean := _BOOLEAN.fullmatch(text):
        return _true_or_false(boolean, form)
    if "~" not in text and "=" in text and "->" in text:
        raise _Wrong(_NOT_ASKED["matching"])
    if "~" not in text and "=" not in text:
        text = f"={text}"  # a single short answer needs no mark
    if text.partition("~")[0].partition("=")[0].strip():
        raise _Wrong(_("An answer begins with = (right) or ~ (wrong)."))
    found = [
        (mark, piece) for mark, piece in _ANSWER.findall(text) if piece.strip()
    ]  # ~= is an old way to write =
    if "~" in text:
        return _choice(found, form)
    answers = [_option(mark, piece, form) for mark, piece in found]
    if not any(one["fraction"] > 0 for one in answers):
        raise _Wrong(_("None of its answers is right."))
    return {"kind": "short", "options": [], "answers": answers}


def _true_or_false(found: re.Match[str], form: str) -> Question:
    """``{TRUE#for those who are wrong#for those who are right}``."""
    is_true = found[1].upper().startswith("T")
    wrong, _mark, right = (found[2] or "").partition("#")
    options = []
    for key, holds in (("true", is_true), ("false", not is_true)):
        feedback, own = _formatted(right if holds else wrong, form)
        option = {"key": key, "text": "", "fraction": 100 if holds else 0, "feedback": _told(feedback, own)}
        options.append(option | ({"feedback_format": own} if own != form else {}))
    return {"kind": "boolean", "options": options, "answers": []}


def _choice(found: list[tuple[str, str]], form: str) -> Question:
    """One right answer where one is marked with =; otherwise ticks, each with its weight."""
    options = [{"key": str(n), **_option(mark, piece, form)} for n, (mark, piece) in enumerate(found, 1)]
    if not any(one["fraction"] > 0 for one in options):
        raise _Wrong(_("None of its answers is right."))
    if len(options) < 2:
        raise _Wrong(_("It leaves no choice: there is only one answer."))
    kind = "single" if any(mark == "=" for mark, _piece in found) else "multiple"
    return {"kind": kind, "options": options, "answers": []}


def _option(mark: str, piece: str, form: str) -> dict[str, Any]:
    fraction: float = 100 if mark == "=" else 0
    if piece.lstrip().startswith("%"):
        weight = _WEIGHT.match(piece)
        number = weight[1].strip() if weight else ""
        if not weight or not _NUMBER.fullmatch(number) or not -100 <= float(number.replace(",", ".")) <= 100:
            raise _Wrong(_("The weight of an answer is a number between two % signs, from -100 to 100."))
        fraction, piece = float(number.replace(",", ".")), piece[weight.end() :]
        fraction = int(fraction) if fraction.is_integer() else fraction
    words, _mark, comment = piece.partition("#")
    text, own = _formatted(words, form)
    feedback, feedback_form = _formatted(comment, form)
    made = {"text": _told(text, own), "fraction": fraction, "feedback": _told(feedback, feedback_form)}
    made |= {"format": own} if own != form else {}
    return made | ({"feedback_format": feedback_form} if feedback_form != form else {})


def _formatted(text: str, otherwise: str) -> tuple[str, str]:
    """The text and its format: what it says in brackets, else the format of the question."""
    found = _FORMAT.match(text)
    return (text[found.end() :], found[1].lower()) if found else (text, otherwise)


def _told(text: str, form: str) -> str:
    """The text as people read it. A line that was only wrapped goes on, except where lines have a meaning."""
    if form in ("markdown", "html"):
        return text.strip().translate(_SHOWN)
    return one_line(text).translate(_SHOWN).strip()


def _plain(text: str) -> str:
    return one_line(text.translate(_SHOWN))
