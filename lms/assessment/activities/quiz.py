"""A quiz: one question a screen or all on one, an explanation with each answer, a mark at the end.

The first answer to a question counts. After a mistake one may try again as often as one likes, to understand; and the
whole quiz may be begun again while there are tries left.
"""

from dataclasses import replace
from typing import Any

from lms.assessment import queries, scoring, screens, services
from lms.assessment.models import Attempt
from lms.assessment.scoring import Answer, Question
from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.courses import markdown
from lms.courses import queries as courses
from lms.courses.activity import ActivityKind, Learner, Outcome, Scene
from lms.courses.models import Activity

_MOST_DRAFTS = 200
State = dict[str, Any]
Sent = dict[str, list[str]]


class Quiz(ActivityKind):
    """Questions to answer. Its state: ``at`` (the question), ``told`` (the answer just judged), ``draft``, ``missing``
    (questions sent without an answer), ``again`` (the finished try after which a new one was asked for)."""

    name = "quiz"
    label = lazy("Quiz")
    icon = "checklist"

    def counts(self, activity: Activity) -> bool:
        return bool(activity.content.get("pass_mark"))

    def show(self, activity: Activity, learner: Learner, state: State) -> Scene:
        if not learner.enrolment_id:
            return _preview(activity)
        run = _Run(activity, learner, state)
        if run.over is not None:
            return _result(run, run.over)
        if run.layout == "all":
            return _all(run)
        return _one(run) if run.has_begun else _start(run)

    def receive(self, activity: Activity, learner: Learner, state: State, sent: Sent) -> Outcome:
        run = _Run(activity, learner, state)
        deed = (sent.get("go") or ["answer"])[-1]
        if run.over is not None:
            return _after_the_end(run, run.over, deed)
        if run.layout == "all":
            return _judge_all(run, sent)
        if deed == "start":
            return Outcome(state={**state, "at": run.questions[0]["key"]}, stay=True)
        return _go_on(run, sent) if deed == "next" else _judge_one(run, sent)

    def save(self, activity: Activity, state: State, sent: Sent) -> State:
        typed = {name: values for name, values in sent.items() if name.startswith("q-")}
        kept = {name[2:]: [one[: screens.LONGEST] for one in values[:50]] for name, values in typed.items()}
        return {**state, "draft": dict(list(({**state.get("draft", {}), **kept}).items())[:_MOST_DRAFTS])}


class _Run:
    """Where a learner is in a quiz."""

    def __init__(self, activity: Activity, learner: Learner, state: State) -> None:
        self.activity, self.learner, self.state = activity, learner, state
        self.content: dict[str, Any] = activity.content
        self.attempt = queries.latest(learner, activity)
        finished = self.attempt if self.attempt is not None and self.attempt.finished_at else None
        self.is_again = finished is not None and state.get("again") == finished.number
        #: The try whose result is to be shown; None while there are questions to answer.
        self.over = None if self.is_again else finished
        running = self.attempt if self.attempt is not None and not self.is_again else None
        self.answers: dict[str, Answer] = dict(running.answers) if running else {}
        self.questions: list[Question] = list(
            running.questions if running else self.content.get("questions", [])
        )
        self.number = running.number if running else (self.attempt.number + 1 if self.attempt else 1)
        self.layout = self.content.get("layout", "one")
        self.has_begun = bool(
            self.answers or state.get("at") or self.is_again or not self.content.get("intro")
        )

    @property
    def seed(self) -> str:
        """What mixes the options; empty where they keep the author's order."""
        return (
            f"{self.learner.enrolment_id}.{self.activity.id}.{self.number}"
            if self.content.get("shuffle")
            else ""
        )

    def question(self, key: str) -> tuple[int, Question]:
        """The question with this key and its place from 0; else the first one without an answer, else the last."""
        keys = [one["key"] for one in self.questions]
        if key not in keys:
            key = next((one for one in keys if one not in self.answers), keys[-1])
        return keys.index(key), self.questions[keys.index(key)]

    def after(self, place: int) -> Question | None:
        """The next question without an answer, looking on from this place and then from the start."""
        order = [*self.questions[place + 1 :], *self.questions[:place]]
        return next((one for one in order if one["key"] not in self.answers), None)

    def write(self, answers: dict[str, Answer]) -> Attempt:
        """Keep answers in the running try, which begins with the first one."""
        attempt = self.attempt
        if attempt is None or self.is_again:
            attempt = services.begin(self.learner, self.activity, self.number)
        services.answer(attempt, answers)
        return attempt

    def draft(self, question: Question) -> Answer:
        """What was typed or ticked without being sent."""
        return screens.given(
            question, {screens.field_of(question): self.state.get("draft", {}).get(question["key"], [])}
        )

    @property
    def kept(self) -> State:
        """What stays in the state from one question to the next."""
        return {"again": self.state["again"]} if self.is_again and not self.answers else {}


def _judge_one(run: _Run, sent: Sent) -> Outcome:
    _place, question = run.question(_asked(run, sent))
    answer = screens.given(question, sent)
    if not answer:
        return Outcome(state={**run.kept, "at": question["key"], "missing": [question["key"]]}, stay=True)
    run.write({question["key"]: answer})
    return Outcome(state={"at": question["key"], "told": answer}, stay=True)


def _go_on(run: _Run, sent: Sent) -> Outcome:
    place, question = run.question(_asked(run, sent))
    if question["key"] not in run.answers:
        return Outcome(state={**run.kept, "at": question["key"]}, stay=True)
    if following := run.after(place):
        return Outcome(state={"at": following["key"], "draft": run.state.get("draft", {})}, stay=True)
    return _finish(run, run.write({}))


def _judge_all(run: _Run, sent: Sent) -> Outcome:
    answers = {one["key"]: screens.given(one, sent) for one in run.questions}
    missing = [key for key, answer in answers.items() if not answer]
    if missing:
        drafts = {
            key: [answer] if isinstance(answer, str) else list(answer) for key, answer in answers.items()
        }
        return Outcome(state={**run.kept, "draft": drafts, "missing": missing}, stay=True)
    return _finish(run, run.write(answers))


def _finish(run: _Run, attempt: Attempt) -> Outcome:
    services.finish(attempt, int(run.content.get("pass_mark", 0)))
    return Outcome(done=attempt.is_passed, score=attempt.score, state={}, stay=True)


def _after_the_end(run: _Run, attempt: Attempt, deed: str) -> Outcome:
    if attempt.is_passed:
        return Outcome(done=True, score=attempt.score, state=run.state)
    if deed == "again" and services.tries_left(run.content, attempt.number) != 0:
        return Outcome(state={"again": attempt.number}, stay=True)
    return Outcome(state=run.state, stay=True)


def _asked(run: _Run, sent: Sent) -> str:
    """The question that was on the screen: after the browser's own "back" it is not the one we would show."""
    return (sent.get("question") or [str(run.state.get("at", ""))])[-1]


def _start(run: _Run) -> Scene:
    values = {
        "intro": _intro(run.activity), "count": len(run.questions), "next_label": _("Begin"), "quiet": True,
        "pass_mark": run.content.get("pass_mark", 0), "tries": run.content.get("tries", 0),
    }  # fmt: skip
    return Scene("assessment/activities/quiz_start.html", values)


def _one(run: _Run) -> Scene:
    place, question = run.question(str(run.state.get("at", "")))
    told = run.state.get("told") if run.state.get("at") == question["key"] else None
    answer: Answer = told if told is not None else run.draft(question)
    shown = screens.view(question, place + 1, answer, told is not None, run.seed)
    is_right = told is not None and scoring.is_right(question, told)
    is_last = told is not None and run.after(place) is None
    onwards = _("See my result") if is_last else _("Continue")
    label, icon = (_("Check my answer"), "") if told is None else (_("Try again"), "refresh")
    values = {
        "question": shown, "told": told is not None, "is_right": is_right, "onwards": onwards,
        "missing": question["key"] in run.state.get("missing", []), "counts": bool(run.content.get("pass_mark")),
        "heading": shown.title, "titled": True, "quiet": True, "autosave": told is None,
        "place_more": _(", question %(number)s of %(total)s", number=place + 1, total=len(run.questions)),
        "next_label": onwards if is_right else label, "next_icon": "arrow-right" if is_right else icon,
    }  # fmt: skip
    return Scene("assessment/activities/quiz_one.html", values)


def _all(run: _Run) -> Scene:
    views = [screens.view(one, n, run.draft(one), seed=run.seed) for n, one in enumerate(run.questions, 1)]
    values = {
        "intro": _intro(run.activity), "questions": views, "missing": set(run.state.get("missing", [])),
        "pass_mark": run.content.get("pass_mark", 0), "tries": run.content.get("tries", 0),
        "next_label": _("Check my answers"), "next_icon": "", "quiet": True, "autosave": True,
    }  # fmt: skip
    return Scene("assessment/activities/quiz_all.html", values)


def _result(run: _Run, attempt: Attempt) -> Scene:
    left = services.tries_left(run.content, attempt.number)
    passed, closed = attempt.is_passed, not attempt.is_passed and left == 0
    values = {
        "passed": passed, "left": left, "score": attempt.score, "pass_mark": run.content.get("pass_mark", 0),
        "right": scoring.right_answers(attempt.questions, attempt.answers), "total": len(attempt.questions),
        "missed": screens.missed(attempt.questions, attempt.answers, reveal=passed or closed),
        "heading": _heading(passed, closed), "titled": True, "quiet": True, "leave": passed,
        "next_url": "/learn" if closed else "",
        "next_label": _("Continue") if passed else _("Back to my path") if closed else _("Begin the quiz again"),
        "next_icon": "arrow-right" if passed or closed else "refresh",
    }  # fmt: skip
    return Scene("assessment/activities/quiz_result.html", values)


def _heading(passed: bool, closed: bool) -> str:
    if passed:
        return _("Well done, the quiz is passed")
    return _("Let us look at this together") if closed else _("The quiz is not passed yet")


def _preview(activity: Activity) -> Scene:
    """For whoever only looks: every question, what is right, and what is said."""
    questions = activity.content.get("questions", [])
    pairs = []
    for number, one in enumerate(questions, 1):
        every: Answer = "" if one["kind"] == "short" else [option["key"] for option in one["options"]]
        shown = replace(screens.view(one, number, every, told=bool(every)), chosen=[])
        pairs.append((shown, screens.missed([one], {}, reveal=True)[0]))
    values = {
        "intro": _intro(activity), "pairs": pairs,
        "pass_mark": activity.content.get("pass_mark", 0), "tries": activity.content.get("tries", 0),
    }  # fmt: skip
    return Scene("assessment/activities/quiz_preview.html", values)


def _intro(activity: Activity) -> str:
    text = str(activity.content.get("intro", ""))
    if not text:
        return ""
    content = activity.content
    return markdown.to_html(text, courses.slug_of(activity), content.get("files"), content.get("folder", ""))
