"""What one person has learned since the cohort began: sittings on working days, steps in their order, and where it stopped.

Some never come; of the others more than half go through to the end, the rest leave off somewhere, most of them early.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lms.progress.ledger import Fact

_PARIS = ZoneInfo("Europe/Paris")
_NEVER = 0.12  #: come never
_STEADY = 0.62  #: of those who come, seldom leave off
_LEAVES = {True: 0.006, False: 0.09}  #: at each step, the steady and the others
_LONGEST = 300  #: seconds: what one silence counts for at most
_WEEK_END = 0.15  #: of the sittings that would fall on one, are held all the same
_DAYS_UNTIL_FIRST = ((0, 1, 2, 3, 5, 8, 13), (30, 22, 14, 12, 10, 8, 4))
_STEPS_A_SITTING = ((1, 2, 3, 4, 5), (20, 30, 25, 15, 10))
_HOURS = (
    (8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21),
    (5, 16, 18, 13, 4, 5, 14, 13, 9, 5, 4, 4, 3, 2),
)
_PASSED, _FAILED = (75, 83, 88, 92, 100, 100), (33, 42, 50, 58, 67)
_BREAKS_OFF = 0.35  #: a sitting ends with a step opened and not done
_FAILS = 0.3  #: a quiz at the first try
_NOTHING: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class StepShape:
    """A mandatory step, as far as the inventing of deeds goes."""

    activity_id: int
    seconds: int
    is_quiz: bool


@dataclass(frozen=True, slots=True)
class CourseShape:
    """A course and its mandatory steps in their order."""

    course_id: int
    steps: tuple[StepShape, ...]


@dataclass(slots=True)
class Place:
    """How somebody stands in one step."""

    activity_id: int
    started_at: datetime
    last_at: datetime
    seconds: int = 0
    score: int | None = None
    done_at: datetime | None = None


@dataclass(slots=True)
class Learned:
    """What came of one course: the facts for the ledger, the standings, and the figures that follow from them."""

    steps: int
    facts: list[Fact] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)

    @property
    def steps_done(self) -> int:
        """How many mandatory steps are done."""
        return sum(place.done_at is not None for place in self.places)

    @property
    def seconds(self) -> int:
        """Active time in all."""
        return sum(place.seconds for place in self.places)

    @property
    def score(self) -> int | None:
        """The best mark."""
        return max((place.score for place in self.places if place.score is not None), default=None)

    @property
    def started_at(self) -> datetime | None:
        """The first sign of life."""
        return self.places[0].started_at if self.places else None

    @property
    def last_at(self) -> datetime | None:
        """The last one."""
        return self.places[-1].last_at if self.places else None

    @property
    def completed_at(self) -> datetime | None:
        """When the last step was done."""
        return self.last_at if self.steps and self.steps_done == self.steps else None


def study(chance: random.Random, path: Sequence[CourseShape], begins: date, until: datetime) -> list[Learned]:
    """What somebody has done of each course of the path, from the day on which the cohort began until now."""
    found = [Learned(len(course.steps)) for course in path]
    if chance.random() < _NEVER:
        return found
    leaves = _LEAVES[chance.random() < _STEADY]
    moments = _moments(chance, begins, until)
    for course, learned in zip(path, found, strict=True):
        for step in course.steps:
            if chance.random() < leaves:
                return found
            if not _play(chance, step, learned, moments):
                return found
        learned.facts.append(Fact("completed", None, learned.places[-1].last_at, 0, _NOTHING))
    return found


def _play(
    chance: random.Random, step: StepShape, learned: Learned, moments: Iterator[tuple[datetime, bool]]
) -> bool:
    """A step opened and done, now and then only when taken up again. False when the time was over before."""
    opened = next(moments, None)
    if opened is None:
        return False
    at, is_last = opened
    place = Place(step.activity_id, at, at)
    learned.places.append(place)
    learned.facts.append(Fact("opened", step.activity_id, at, 0, _NOTHING))
    if is_last and chance.random() < _BREAKS_OFF:
        again = next(moments, None)
        if again is None:
            return False
        at = again[0]
        learned.facts.append(Fact("opened", step.activity_id, at, 0, _NOTHING))
    if step.is_quiz and chance.random() < _FAILS:
        at = _done(chance, step, learned, at, "failed", chance.choice(_FAILED))
    _done(
        chance, step, learned, at, *(("passed", chance.choice(_PASSED)) if step.is_quiz else ("done", None))
    )
    return True


def _done(
    chance: random.Random, step: StepShape, learned: Learned, at: datetime, verb: str, score: int | None
) -> datetime:
    """The step is sent, after some time spent on it."""
    active = min(_LONGEST, int(step.seconds * (0.4 + 0.9 * chance.random())) + 15)
    at += timedelta(seconds=active)
    details = _NOTHING if score is None else {"score": score}
    learned.facts.append(Fact(verb, step.activity_id, at, active, details))
    place = learned.places[-1]
    place.seconds += active
    place.last_at = at
    if score is not None:
        place.score = max(score, place.score or 0)
    if verb != "failed":
        place.done_at = at
    return at


def _moments(chance: random.Random, begins: date, until: datetime) -> Iterator[tuple[datetime, bool]]:
    """When each step is opened, and whether it is the last of its sitting; nothing beyond ``until``."""
    rhythm = 1 / chance.choice((1, 2, 3, 4, 7))
    day = begins + timedelta(days=chance.choices(*_DAYS_UNTIL_FIRST)[0])
    while True:
        if day.weekday() > 4 and chance.random() > _WEEK_END:
            day += timedelta(days=7 - day.weekday())
        hour, minute = chance.choices(*_HOURS)[0], int(60 * chance.random())
        at = datetime(day.year, day.month, day.day, hour, minute, int(60 * chance.random()), tzinfo=_PARIS)
        at = at.astimezone(UTC)
        if at > until - timedelta(hours=1):
            return
        for left in range(chance.choices(*_STEPS_A_SITTING)[0] - 1, -1, -1):
            yield at, not left
            at += timedelta(seconds=2 * _LONGEST + 40 + int(160 * chance.random()))
        day += timedelta(days=1 + int(chance.expovariate(rhythm)))
