"""The one reckoning of progress: which step is done, open or locked, where somebody is, and the next one. Integers only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One activity of a course, as one learner has it."""

    activity_id: int
    title: str
    kind: str
    minutes: int
    is_mandatory: bool
    started_at: datetime | None
    done_at: datetime | None
    #: From 1 among the mandatory ones; 0 for an extra.
    number: int = 0
    #: The number of the mandatory step that opens it when it is done; 0: it is open.
    waits_for: int = 0

    @property
    def is_done(self) -> bool:
        """Whether it was done once; that is never lost."""
        return self.done_at is not None

    @property
    def is_open(self) -> bool:
        """Whether it may be played: all mandatory steps before it are done, or it was done itself."""
        return self.is_done or not self.waits_for


def in_order(rows: Sequence[Step]) -> tuple[Step, ...]:
    """The steps with their numbers, each knowing what opens it: the nearest mandatory one before it that is not done.

    Steps open in their order, so that one is the last to be done.
    """
    found: list[Step] = []
    number = undone = 0
    for row in rows:
        number += row.is_mandatory
        own = number if row.is_mandatory else 0
        found.append(
            Step(
                row.activity_id, row.title, row.kind, row.minutes, row.is_mandatory, row.started_at, row.done_at,
                own, 0 if row.is_done else undone,
            )
        )  # fmt: skip
        if row.is_mandatory and not row.is_done:
            undone = number
    return tuple(found)


def count(steps: Sequence[Step]) -> tuple[int, int]:
    """How many mandatory steps are done, and out of how many."""
    mandatory = [step for step in steps if step.is_mandatory]
    return sum(step.is_done for step in mandatory), len(mandatory)


def here(steps: Sequence[Step]) -> Step | None:
    """Where the learner is: the first mandatory step not done, then the first extra; None when nothing is left."""
    undone = [step for step in steps if not step.is_done and step.is_open]
    return next((step for step in undone if step.is_mandatory), undone[0] if undone else None)


def minutes_left(steps: Sequence[Step]) -> int:
    """Estimated minutes of the mandatory steps that are not done."""
    return sum(step.minutes for step in steps if step.is_mandatory and not step.is_done)


def around(steps: Sequence[Step], activity_id: int) -> tuple[Step | None, Step | None]:
    """The steps before and after this one in the course."""
    places = [step.activity_id for step in steps]
    at = places.index(activity_id)
    return (steps[at - 1] if at else None), (steps[at + 1] if at + 1 < len(steps) else None)
