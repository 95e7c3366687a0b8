"""What somebody asks for when people are put on courses: who, what, by when. Said once, shown before it is done."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from lms.core.db import AnySelect
from lms.enrolment.models import DueRule
from lms.enrolment.timing import AS_THE_COHORT, Timing

#: Where people come from: everybody of a cohort, those whom a filter finds, those who were ticked.
COHORT, FOUND, TICKED = "cohort", "found", "ticked"


@dataclass(frozen=True, slots=True)
class Intent:
    """What was typed in three steps, as plain values: a form carries it from page to page, a job takes it along."""

    who: str
    #: The cohort whose people are meant; 0: those of the list of people.
    source_id: int = 0
    #: What the list was filtered by.
    words: str = ""
    standing: str = ""
    follower_id: int = 0
    last_seen: str = ""
    #: Those who were ticked: members of the cohort, or persons of the list.
    member_ids: tuple[int, ...] = ()
    person_ids: tuple[int, ...] = ()
    #: The cohort they are put in; 0: a new one of this name.
    to_id: int = 0
    name: str = ""
    course_ids: tuple[int, ...] = ()
    curriculum_id: int = 0
    rule: str = DueRule.COHORT.value
    #: Days as ``2027-01-29``; empty: none.
    due_on: str = ""
    due_days: int = 0
    opens_on: str = ""
    again: bool = False

    @property
    def is_within(self) -> bool:
        """Whether people stay in the cohort they are in."""
        return bool(self.source_id) and self.source_id == self.to_id

    @property
    def timing(self) -> Timing:
        """Deadline and first day."""
        rule = DueRule(self.rule)
        return Timing(
            rule,
            _day(self.due_on) if rule is DueRule.DAY else None,
            self.due_days if rule is DueRule.DAYS else None,
            _day(self.opens_on),
        )

    def as_values(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)

    @classmethod
    def of(cls, values: dict[str, Any]) -> "Intent":
        """Back from JSON."""
        said: dict[str, Any] = {
            name: tuple(one) if isinstance(one, list) else one for name, one in values.items()
        }
        return cls(**said)


@dataclass(frozen=True, slots=True)
class Assignment:
    """People onto courses of one cohort."""

    #: ``person_id`` of those who are meant.
    people: AnySelect
    #: What they are put on, in the order of the path.
    course_ids: tuple[int, ...]
    timing: Timing = AS_THE_COHORT
    #: The courses become those of the cohort: whoever comes later gets them, too.
    for_all: bool = False
    #: People may be new in the cohort; else they are members already.
    joins: bool = True
    #: Whoever finished one of the courses, or left, is put on it again; what they did is kept as it is.
    again: bool = False


def _day(said: str) -> date | None:
    return date.fromisoformat(said) if said else None
