"""What an activity kind is: one file in a room's ``activities/``, found by a folder scan."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from lms.core.i18n import Lazy
from lms.core.kinds import Kind
from lms.courses.models import Activity


@dataclass(frozen=True, slots=True)
class Learner:
    """Who plays: plain values. ``enrolment_id`` is 0 where somebody only looks ("see as a learner")."""

    tenant_id: int
    person_id: int
    enrolment_id: int
    #: The mandate under which somebody else is at the keys; 0: the learner themselves.
    mandate_id: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """What the player shows for an activity: a template and its values."""

    template: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of what the learner sent.

    ``done``: the step is finished. ``score``: 0 to 100, None where there is nothing to mark. ``state``: what to find
    again next time (a draft, the place reached). ``stay``: show the activity again, with its feedback.
    """

    done: bool = False
    score: int | None = None
    state: dict[str, Any] = field(default_factory=dict)
    stay: bool = False
    message: str = ""


class ActivityKind(Kind):
    """A family of steps. A member has a ``name``, a ``label``, an ``icon``, and plays itself."""

    name: ClassVar[str] = ""
    label: ClassVar[Lazy]
    icon: ClassVar[str]

    def counts(self, _activity: Activity) -> bool:
        """Whether it is a test that counts: then the learner takes it alone, and nobody in their name."""
        return False

    def show(self, activity: Activity, learner: Learner, state: dict[str, Any]) -> Scene:
        """What to show now. Reads only. ``state`` is what the last ``Outcome`` left."""
        raise NotImplementedError

    def receive(
        self, activity: Activity, learner: Learner, state: dict[str, Any], sent: dict[str, list[str]]
    ) -> Outcome:
        """What the learner sent with the player's form (field name -> values); may write the kind's own rows."""
        raise NotImplementedError

    def save(self, activity: Activity, state: dict[str, Any], sent: dict[str, list[str]]) -> dict[str, Any]:
        """The state with a draft of what was typed so far: nothing is judged, nothing is lost."""
        return state
