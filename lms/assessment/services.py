"""What happens to an attempt: it begins with the first answer, keeps every first answer, and ends with a mark."""

from collections.abc import Mapping
from typing import Any

from lms.assessment import scoring
from lms.assessment.models import Attempt
from lms.assessment.scoring import Answer
from lms.core.clock import now
from lms.core.db import session
from lms.courses.activity import Learner
from lms.courses.models import Activity


def begin(learner: Learner, activity: Activity, number: int) -> Attempt:
    """A new try, with the questions as they are now: a later edit of the course changes nothing in it.

    The caller holds the enrolment's lock, so two tabs never begin the same try.
    """
    attempt = Attempt(
        tenant_id=learner.tenant_id, enrolment_id=learner.enrolment_id, activity_id=activity.id, number=number,
        questions=list(activity.content.get("questions", [])), answers={},
    )  # fmt: skip
    session.add(attempt)
    return attempt


def answer(attempt: Attempt, answers: Mapping[str, Answer]) -> None:
    """Keep answers. The first one to a question counts; what is tried afterwards is for learning."""
    fresh = {key: said for key, said in answers.items() if key not in attempt.answers}
    attempt.answers = {**attempt.answers, **fresh}


def finish(attempt: Attempt, pass_mark: int) -> None:
    """Mark the try; from here on it does not change."""
    attempt.score = scoring.score(attempt.questions, attempt.answers)
    attempt.is_passed = attempt.score >= pass_mark
    attempt.finished_at = now()


def tries_left(content: Mapping[str, Any], number: int) -> int | None:
    """How many tries are left after this many; None: as many as one likes."""
    tries = int(content.get("tries") or 0)
    return max(0, tries - number) if tries else None
