"""What the demo's people have learned so far: made-up days of study, written through the ledger like any others."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select

from config.demo import answers
from lms.assessment import scoring
from lms.assessment.models import Attempt
from lms.core.db import session
from lms.courses.models import Activity
from lms.enrolment.models import Cohort, Enrolment, Member
from lms.enrolment.states import GONE
from lms.progress import history
from lms.progress.history import Deed

_PARIS = ZoneInfo("Europe/Paris")
_LONGEST = 300  #: seconds: what one silence counts for at most


@dataclass(slots=True)
class Past:
    """Deeds and quiz attempts, gathered before they are written at once."""

    tenant_id: int
    deeds: list[Deed] = field(default_factory=list)
    attempts: list[dict[str, Any]] = field(default_factory=list)

    def write(self) -> None:
        """Into the ledger, in sets."""
        if self.attempts:
            session.execute(insert(Attempt), self.attempts)
        history.take_over(self.tenant_id, self.deeds)


@dataclass(frozen=True, slots=True)
class Pace:
    """How a cohort works: ``never`` comes never, the others do ``mean`` of the path, more or less."""

    never: float
    mean: float


def study(
    past: Past, cohort: Cohort, pace: Pace, today: date, chance: random.Random, but: Sequence[int] = ()
) -> None:
    """Invent what each member of the cohort has done since it began; the persons ``but`` are left alone."""
    steps = _steps(cohort)
    if not cohort.starts_on or cohort.starts_on >= today:
        return
    for enrolments in _by_member(cohort, but):
        done = _how_far(pace, chance, sum(len(steps[course_id]) for _id, course_id in enrolments))
        path = [(key, step) for key, course_id in enrolments for step in steps[course_id]][:done]
        for at, (enrolment_id, step) in zip(
            _moments(len(path), cohort.starts_on, today, chance), path, strict=True
        ):
            play(past, enrolment_id, step, at, chance)


def play(past: Past, enrolment_id: int, step: Activity, at: datetime, chance: random.Random) -> None:
    """A step opened and done; a quiz now and then only at the second try."""
    active = min(_LONGEST, int(step.minutes * 60 * chance.uniform(0.5, 1.3)) + 20)
    past.deeds.append(Deed(enrolment_id, step.id, "opened", at))
    end = at + timedelta(seconds=active)
    if step.kind != "quiz":
        past.deeds.append(Deed(enrolment_id, step.id, "done", end, active))
        return
    tries = (
        [chance.choice([3, 4]), chance.choice([0, 1, 1, 2])]
        if chance.random() < 0.3
        else [chance.choice([0, 0, 1, 2])]
    )
    for number, mistakes in enumerate(tries, 1):
        score, is_passed = _attempt(past, enrolment_id, step, number, mistakes, end)
        verb = "passed" if is_passed else "failed"
        past.deeds.append(Deed(enrolment_id, step.id, verb, end, active, score))
        active = chance.randrange(90, _LONGEST)
        end += timedelta(seconds=active)


def _attempt(
    past: Past, enrolment_id: int, step: Activity, number: int, mistakes: int, at: datetime
) -> tuple[int, bool]:
    questions = step.content["questions"]
    given = {
        one["key"]: answers.wrong(one) if n < mistakes else answers.right(one)
        for n, one in enumerate(questions)
    }
    score = scoring.score(questions, given)
    is_passed = score >= int(step.content.get("pass_mark", 0))
    past.attempts.append(
        {
            "tenant_id": past.tenant_id, "enrolment_id": enrolment_id, "activity_id": step.id, "number": number,
            "started_at": at - timedelta(minutes=2), "finished_at": at, "answers": given, "questions": questions,
            "score": score, "is_passed": is_passed,
        }
    )  # fmt: skip
    return score, is_passed


def _how_far(pace: Pace, chance: random.Random, total: int) -> int:
    if chance.random() < pace.never:
        return 0
    return max(1, min(total, round(chance.gauss(pace.mean, 0.25) * total)))


def _moments(count: int, begins: date, today: date, chance: random.Random) -> list[datetime]:
    """So many moments in working hours before today, in sittings of a few steps."""
    days = (today - begins).days
    sittings = min(days, -(-count // 3))
    found = []
    for n, offset in enumerate(sorted(chance.sample(range(days), sittings))):
        hour = time(chance.randrange(9, 18), chance.randrange(60))
        at = datetime.combine(begins + timedelta(days=offset), hour, _PARIS)
        here = count // sittings + (n < count % sittings)
        found += [at + timedelta(minutes=12 * step) for step in range(here)]
    return found


def _steps(cohort: Cohort) -> dict[int, list[Activity]]:
    """The steps of each course of the cohort, in order."""
    mine = select(Enrolment.course_id).where(
        Enrolment.tenant_id == cohort.tenant_id, Enrolment.cohort_id == cohort.id
    )
    rows = (
        select(Activity)
        .where(
            Activity.tenant_id == cohort.tenant_id,
            Activity.course_id.in_(mine),
            Activity.removed_at.is_(None),
        )
        .order_by(Activity.course_id, Activity.position)
    )
    found: dict[int, list[Activity]] = {}
    for step in session.scalars(rows):
        found.setdefault(step.course_id, []).append(step)
    return found


def _by_member(cohort: Cohort, but: Sequence[int]) -> Iterator[list[tuple[int, int]]]:
    """Enrolment and course of each member, in the order of the path."""
    rows = (
        select(Enrolment.member_id, Enrolment.id, Enrolment.course_id)
        .join(Member, (Member.tenant_id == Enrolment.tenant_id) & (Member.id == Enrolment.member_id))
        .where(
            Enrolment.tenant_id == cohort.tenant_id,
            Enrolment.cohort_id == cohort.id,
            Enrolment.person_id.not_in(but),
            Member.state.not_in(GONE),
        )
        .order_by(Enrolment.member_id, Enrolment.position)
    )
    found: dict[int, list[tuple[int, int]]] = {}
    for member_id, enrolment_id, course_id in session.execute(rows):
        found.setdefault(member_id, []).append((enrolment_id, course_id))
    return iter(found.values())
