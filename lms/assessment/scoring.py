"""What an answer is worth. Whole numbers only: a question is worth ``FULL`` points, a quiz 100."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lms.core.i18n import sort_key

FULL = 100_000  #: points of a question that is answered rightly
_NEARLY = 99_900  #: three answers at 33.333 % each make a whole

Question = Mapping[str, Any]
Answer = str | Sequence[str]


def points(question: Question, answer: Answer) -> int:
    """What the answer is worth, from 0 to ``FULL``: weights are added up, and never fall below nothing."""
    if question["kind"] == "short":
        found = matching(question, str(answer))
        worth = _points(found) if found else 0
    else:
        worth = sum(_points(option) for option in question["options"] if option["key"] in answer)
    return FULL if worth >= _NEARLY else max(0, worth)


def is_right(question: Question, answer: Answer) -> bool:
    """Whether the answer is worth all the points."""
    return points(question, answer) == FULL


def score(questions: Sequence[Question], answers: Mapping[str, Answer]) -> int:
    """The mark, from 0 to 100, rounded down: 100 is said only where every answer is right."""
    if not questions:
        return 0
    reached = sum(points(one, answers[one["key"]]) for one in questions if one["key"] in answers)
    return reached * 100 // (FULL * len(questions))


def right_answers(questions: Sequence[Question], answers: Mapping[str, Answer]) -> int:
    """How many questions are answered rightly."""
    return sum(is_right(one, answers[one["key"]]) for one in questions if one["key"] in answers)


def matching(question: Question, text: str) -> Mapping[str, Any] | None:
    """The first answer of a short-answer question that says the same, however it is spelled."""
    said = folded(text)
    return next((one for one in question["answers"] if _pattern(str(one["text"])).fullmatch(said)), None)


def folded(text: str) -> str:
    """A text without case, accents and superfluous spaces; one kind of apostrophe and dash."""
    plain = (
        text.replace("’", "'").replace("‘", "'").replace("–", "-").replace("‑", "-").replace("\u00a0", " ")
    )
    return " ".join(sort_key(plain).split())


def _pattern(text: str) -> re.Pattern[str]:
    r"""A star stands for anything, as in Moodle; ``\*`` is a star."""
    parts = [folded(part.replace("\ue000", "*")) for part in text.replace("\\*", "\ue000").split("*")]
    return re.compile(".*".join(re.escape(part) for part in parts), re.S)


def _points(option: Mapping[str, Any]) -> int:
    return round(float(option["fraction"]) * FULL / 100)
