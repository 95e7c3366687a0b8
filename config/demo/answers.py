"""How the demo's people answer a quiz: rightly, or wrongly where they are to learn something."""

from collections.abc import Mapping
from typing import Any

from lms.assessment.scoring import Answer

Question = Mapping[str, Any]


def right(question: Question) -> Answer:
    """The best answer."""
    if question["kind"] == "short":
        best = max(question["answers"], key=lambda one: one["fraction"])
        return str(best["text"]).replace("*", "")
    options = question["options"]
    if question["kind"] == "multiple":
        return [one["key"] for one in options if one["fraction"] > 0]
    return [max(options, key=lambda one: one["fraction"])["key"]]


def wrong(question: Question) -> Answer:
    """An answer that is worth nothing."""
    if question["kind"] == "short":
        return "je ne sais pas"
    return [min(question["options"], key=lambda one: one["fraction"])["key"]]


def sent(question: Question) -> dict[str, list[str]]:
    """The form's fields with the best answer."""
    answer = right(question)
    return {f"q-{question['key']}": [answer] if isinstance(answer, str) else list(answer)}
