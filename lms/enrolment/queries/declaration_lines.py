"""A declaration as people see it, made of a row: what is to be said now, what was said, and whether the two are one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from lms.core import working_days
from lms.core.clock import today
from lms.core.db import AnyRow
from lms.enrolment.portals import WITHIN, Fact, Portal, Slot

LOOKED_BACK = timedelta(days=365)  #: what happened before is no more asked for
#: Columns of a declaration; in a row their names begin with a prefix.
SAID = "id", "fact", "portal", "day", "cause", "rate", "at", "by_id", "reference"


class State(StrEnum):
    """Where a declaration stands."""

    OPEN = "open"
    LATE = "late"
    #: Ticked off, and what it said holds no more.
    TO_CORRECT = "to-correct"
    DECLARED = "declared"


@dataclass(frozen=True, slots=True)
class Said:
    """What was ticked off, as it stood then."""

    fact: Fact
    portal: Portal
    day: date
    cause: str
    rate: int | None
    at: datetime
    by_id: int | None
    reference: str


@dataclass(frozen=True, slots=True)
class Line:
    """Something of somebody to be typed in, or that was. ``fact`` None: it was ticked off, and there is no such fact any more;
    then ``shown`` is the one that was ticked off.
    """

    about: AnyRow
    slot: Slot
    state: State
    portal: Portal
    shown: Fact
    fact: Fact | None
    day: date | None
    moment: datetime | None
    due_on: date | None
    days_late: int
    said: Said | None

    @property
    def key(self) -> str:
        """What tells it from all others in a form, and from what it becomes when the fact changes meanwhile."""
        return f"{self.about.member_id}-{self.slot}-{self.fact or ''}-{self.portal}-{self.day or ''}-{self.cause}"

    @property
    def cause(self) -> str:
        """Why they left, where they did."""
        return _cause(self.about, self.fact)

    @property
    def ticked_on(self) -> date | None:
        """The day of the tick, by the organisation's clock."""
        return self.said.at.astimezone(ZoneInfo(self.about.zone)).date() if self.said else None


@dataclass(frozen=True, slots=True)
class _Now:
    """What is to be said now."""

    fact: Fact
    portal: Portal
    day: date
    moment: datetime | None


def lines(row: AnyRow) -> Iterator[Line]:
    """What is to be declared of a member, and what was: the entry, then the exit."""
    for slot in Slot:
        found = line(row, slot, slot.value)
        if found is not None:
            yield found


def line(row: AnyRow, slot: Slot, prefix: str) -> Line | None:
    """What one slot of a member comes to; None where there is nothing to declare, and nothing was."""
    here = today(row.zone)
    now, said = _now(row, slot, here), _said(row, prefix)
    if now is None:
        gone = None, None, None, None, 0
        return Line(row, slot, State.TO_CORRECT, said.portal, said.fact, *gone, said) if said else None
    if said is None and now.day < here - LOOKED_BACK:
        return None
    due_on = working_days.after(now.day, WITHIN, working_days.place_of(row.zone, row.address, row.safir))
    late = 0 if said else max((here - due_on).days, 0)
    state = _against(said, now, _cause(row, now.fact)) if said else State.LATE if late else State.OPEN
    return Line(row, slot, state, now.portal, now.fact, now.fact, now.day, now.moment, due_on, late, said)


def _against(said: Said, now: _Now, cause: str) -> State:
    is_so = (said.fact, said.portal, said.day, said.cause) == (now.fact, now.portal, now.day, cause)
    return State.DECLARED if is_so else State.TO_CORRECT


def _cause(row: AnyRow, fact: Fact | None) -> str:
    return str(row.withdrawal_reason) if fact in (Fact.ABANDON, Fact.NO_ENTRY) else ""


def _now(row: AnyRow, slot: Slot, here: date) -> _Now | None:
    is_entry = slot is Slot.ENTRY
    word, moment = (row.now_entry, row.now_entry_at) if is_entry else (row.now_exit, row.now_exit_at)
    if word is None or row.now_portal not in (Portal.KAIROS, Portal.EDOF):
        return None
    day = moment.astimezone(ZoneInfo(row.zone)).date() if moment else row.last_day
    if moment is None and day >= here:  # the last day is not over by the organisation's clock
        return None
    return _Now(Fact(word), Portal(row.now_portal), day, moment)


def _said(row: AnyRow, prefix: str) -> Said | None:
    if getattr(row, f"{prefix}_id") is None:
        return None
    return Said(*(getattr(row, f"{prefix}_{name}") for name in SAID[1:]))
