"""Questions as templates show them: plain values, texts made safe, no mark that an answer could be read from."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from lms.assessment import scoring, wording
from lms.assessment.scoring import Answer, Question
from lms.core.i18n import gettext as _

LONGEST = 500  #: characters of a typed answer

#: What is said of a chosen answer: ``done`` or ``retry``, a few words, and why.
Why = tuple[str, str, Markup]


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One question on the screen. ``lead`` is the question itself, ``more`` what comes with it.

    ``why``: option to what is said of it; for a typed answer under the key ``text``.
    """

    key: str
    name: str  #: of its field in the form
    kind: str
    number: int
    lead: Markup
    more: Markup
    options: list[tuple[str, Markup | str]]
    chosen: list[str] = field(default_factory=list)
    typed: str = ""
    why: dict[str, Why] = field(default_factory=dict)

    @property
    def numbered(self) -> Markup:
        """The question with its number, where several stand on one page."""
        return Markup("{}. {}").format(self.number, self.lead)

    @property
    def title(self) -> str:
        """The question in plain words, for the title of the page."""
        return self.lead.striptags() if self.lead else _("Question %(number)s", number=self.number)


@dataclass(frozen=True, slots=True)
class Missed:
    """A question that was not answered rightly, on the page of the result."""

    number: int
    lead: Markup
    said: str
    right: list[Markup | str]
    why: list[Markup]


def field_of(question: Question) -> str:
    """The name of the question's field in the form."""
    return f"q-{question['key']}"


def given(question: Question, sent: Mapping[str, Sequence[str]]) -> Answer:
    """The answer in what was sent: only what the question offers; empty where there is none."""
    values = sent.get(field_of(question), [])
    if question["kind"] == "short":
        return " ".join(values[0].split())[:LONGEST] if values else ""
    known = [option["key"] for option in question["options"] if option["key"] in values]
    return known if question["kind"] == "multiple" else known[:1]


def view(
    question: Question, number: int, answer: Answer = "", told: bool = False, seed: str = ""
) -> QuestionView:
    """The question with what was answered; ``told``: with what is to be said about it. ``seed``: mixes the options."""
    lead, more = wording.question(str(question["text"]), str(question.get("format", "")))
    is_text = question["kind"] == "short"
    return QuestionView(
        key=question["key"], name=field_of(question), kind=question["kind"], number=number, lead=lead, more=more,
        options=[(str(option["key"]), _label(question, option)) for option in _mixed(question, seed)],
        chosen=[] if is_text else list(answer), typed=str(answer) if is_text and answer else "",
        why=_why(question, answer) if told else {},
    )  # fmt: skip


def missed(questions: Sequence[Question], answers: Mapping[str, Answer], reveal: bool) -> list[Missed]:
    """The questions that were not answered rightly, with their explanation; ``reveal``: and what was right."""
    found = []
    for number, question in enumerate(questions, 1):
        answer = answers.get(question["key"], "")
        if not scoring.is_right(question, answer):
            lead, _more = wording.question(str(question["text"]), str(question.get("format", "")))
            right = _right(question) if reveal else []
            found.append(Missed(number, lead, _said(question, answer), right, _explained(question, answer)))
    return found


def _label(question: Question, option: Mapping[str, object]) -> Markup | str:
    if question["kind"] == "boolean":
        return _("True") if option["key"] == "true" else _("False")
    return wording.short(str(option["text"]), str(option.get("format", question.get("format", ""))))


def _mixed(question: Question, seed: str) -> Sequence[Mapping[str, object]]:
    """The options in an order of their own for each learner and try, the same at every look."""
    options: Sequence[Mapping[str, object]] = question["options"]
    if not seed or question["kind"] == "boolean":
        return options
    return sorted(
        options, key=lambda one: hashlib.sha256(f"{seed}.{question['key']}.{one['key']}".encode()).digest()
    )


def _why(question: Question, answer: Answer) -> dict[str, Why]:
    if question["kind"] == "short":
        found = scoring.matching(question, str(answer))
        return {
            "text": _verdict(
                question, found or {"fraction": 0, "feedback": ""}, scoring.points(question, answer)
            )
        }
    chosen = [option for option in question["options"] if option["key"] in answer]
    return {one["key"]: _verdict(question, one, scoring.FULL if one["fraction"] > 0 else 0) for one in chosen}


def _verdict(question: Question, option: Mapping[str, object], points: int) -> Why:
    text = wording.long(
        str(option["feedback"]), str(option.get("feedback_format", question.get("format", "")))
    )
    if points == scoring.FULL:
        return "done", _("That is right."), text
    return "retry", _("Almost.") if points else _("Not quite."), text


def _explained(question: Question, answer: Answer) -> list[Markup]:
    """What was said of the chosen answers, then what is said to everybody."""
    said = [text for _verdict, _words, text in _why(question, answer).values() if text] if answer else []
    general = wording.long(str(question["feedback"]), str(question.get("feedback_format", "")))
    return [*said, general] if general else said


def _said(question: Question, answer: Answer) -> str:
    """What was answered, in plain words."""
    if question["kind"] == "short":
        return str(answer)
    return _joined(_label(question, one) for one in question["options"] if one["key"] in answer)


def _right(question: Question) -> list[Markup | str]:
    if question["kind"] == "short":
        best = max(question["answers"], key=lambda one: one["fraction"])
        return [wording.short(str(best["text"]), "plain")]
    return [_label(question, one) for one in question["options"] if one["fraction"] > 0]


def _joined(labels: Iterable[Markup | str]) -> str:
    return ", ".join(label.striptags() if isinstance(label, Markup) else label for label in labels)
