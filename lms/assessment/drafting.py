"""GIFT and a file's head to what a quiz keeps: for the fences of a lesson, and for files of questions."""

from typing import Any

from lms.assessment import gift
from lms.core.i18n import gettext as _
from lms.courses.fence import FenceResult
from lms.courses.front_matter import Head, Problem

LAYOUTS = ("one", "all")


def quiz(
    text: str, line: int, head: Head, pass_mark: int, tries: int, is_mandatory: bool = True
) -> FenceResult:
    """The quiz in a GIFT text. ``pass_mark`` (0 to 100) and ``tries`` (0: no limit) hold unless the head says otherwise."""
    reading = gift.read(text, line)
    problems = list(reading.problems)
    if not reading.questions and not problems:
        problems.append(Problem(line, _("This block holds no question.")))
    said_mark, said_tries = head.number("pass_mark", 0, 100), head.number("tries", 0, 100)
    content: dict[str, Any] = {
        "questions": reading.questions,
        "pass_mark": pass_mark if said_mark is None else said_mark,
        "tries": tries if said_tries is None else said_tries,
        "shuffle": head.flag("shuffle", False),
        "layout": _layout(head),
    }
    return FenceResult(
        kind="quiz", content=content, questions=len(reading.questions), is_mandatory=is_mandatory,
        is_empty=not reading.questions, problems=tuple(problems),
    )  # fmt: skip


def _layout(head: Head) -> str:
    said = head.text("layout")
    if said and said not in LAYOUTS:
        head.wrong("layout", _("layout is one (a question a screen) or all (all on one)."))
    return said if said in LAYOUTS else "one"
