"""Where somebody stands in a cohort, and how they come from one state to another: the whole of it, in one table.

Staff say what only they know (convoked, suspended, left, never came); the rest follows from what learners do. Blockage
and delay are not states: they follow from dates.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass


class MemberState(enum.StrEnum):
    """The eight words of the trade, in the order in which a training goes."""

    REGISTERED = "registered"
    CONVOKED = "convoked"
    #: Opened a first step, and has done none yet.
    ENTERED = "entered"
    IN_PROGRESS = "in-progress"
    #: Stopped for a while; nothing can be done until it is resumed.
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    #: Left before the end, for a cause.
    ABANDONED = "abandoned"
    #: Was expected, and never came.
    NOT_ENTERED = "not-entered"


class Deed(enum.StrEnum):
    """What brings somebody from one state to another."""

    CONVOKE = "convoke"
    SUSPEND = "suspend"
    RESUME = "resume"
    ABANDON = "abandon"
    NOT_ENTER = "not-enter"
    #: Somebody who left, or never came, is enrolled again.
    COME_BACK = "come-back"
    #: A step is opened or done, a course is added: the figures say where the member stands.
    LEARN = "learn"


class Trigger(enum.StrEnum):
    """Who may do a deed."""

    STAFF = "staff"
    PROGRESS = "progress"


#: Whoever is in the cohort no more: nothing counts them, nothing enrols them unless it says so.
GONE = (MemberState.ABANDONED, MemberState.NOT_ENTERED)
#: States that the figures decide between, from nothing done to all done.
COUNTED = (
    MemberState.REGISTERED,
    MemberState.CONVOKED,
    MemberState.ENTERED,
    MemberState.IN_PROGRESS,
    MemberState.COMPLETED,
)
#: States that learning never changes: staff alone end them.
HELD = (MemberState.SUSPENDED, *GONE)
#: Why somebody leaves: words of the trade, nothing about health.
CAUSES = ("job", "other-training", "moved-away", "not-reached", "gave-up", "entered-by-mistake", "other")
#: The cause of whoever should not have been enrolled: nothing of their training happened.
MISTAKE = "entered-by-mistake"
#: What is kept as the cause where there is only one.
NEVER_CAME = "not-entered"
#: What is kept as the cause where the rule of the cohort takes somebody out: nobody else writes this word.
BY_RULE = "rule"


@dataclass(frozen=True, slots=True)
class Transition:
    """A deed: who does it, from which states, to which one. ``to`` None: the figures say to which of ``COUNTED``."""

    by: Trigger
    sources: tuple[MemberState, ...]
    to: MemberState | None
    needs_cause: bool = False


TRANSITIONS: dict[Deed, Transition] = {
    Deed.CONVOKE: Transition(Trigger.STAFF, (MemberState.REGISTERED,), MemberState.CONVOKED),
    Deed.SUSPEND: Transition(
        Trigger.STAFF, (MemberState.ENTERED, MemberState.IN_PROGRESS), MemberState.SUSPENDED
    ),
    Deed.RESUME: Transition(Trigger.STAFF, (MemberState.SUSPENDED,), None),
    Deed.ABANDON: Transition(
        Trigger.STAFF, (*COUNTED, MemberState.SUSPENDED), MemberState.ABANDONED, needs_cause=True
    ),
    Deed.NOT_ENTER: Transition(
        Trigger.STAFF, (MemberState.REGISTERED, MemberState.CONVOKED), MemberState.NOT_ENTERED
    ),
    Deed.COME_BACK: Transition(Trigger.STAFF, GONE, None),
    Deed.LEARN: Transition(Trigger.PROGRESS, COUNTED, None),
}


def may(state: MemberState, deed: Deed) -> bool:
    """Whether somebody in this state can be the object of this deed."""
    return state in TRANSITIONS[deed].sources


def targets(deed: Deed) -> tuple[MemberState, ...]:
    """The states to which this deed may lead."""
    to = TRANSITIONS[deed].to
    return COUNTED if to is None else (to,)


def deeds_for(states: Iterable[MemberState]) -> list[Deed]:
    """What staff can do with at least one of people in these states, in the order of a training."""
    there = set(states)
    return [deed for deed, one in TRANSITIONS.items() if one.by is Trigger.STAFF and there & set(one.sources)]
