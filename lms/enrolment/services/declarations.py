"""Ticking off what was typed in on a portal, and taking the tick back: sets of declarations, two statements."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, tuple_

from lms.core import journal
from lms.core.clock import now
from lms.core.db import insert_first, session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.look import percent
from lms.enrolment.models import Declaration
from lms.enrolment.portals import Fact
from lms.enrolment.queries.declaration_lines import Line, State

LONGEST = 60  #: characters of a reference


class NothingChosen(Refused):
    """A tick for no declaration."""

    status = 422


def declare(lines: Sequence[Line], reference: str = "", by: Any = None) -> int:
    """Tick off what was typed in, or corrected, on the portal: each is kept as it stands now. Says how many were.

    What is ticked off already is left alone. A declaration to be corrected, of which there is no fact any more, goes.
    ``reference``: the number that the portal gave. Raises ``NothingChosen``.
    """
    done = [line for line in lines if line.state is not State.DECLARED]
    if not done:
        raise _nothing()
    kept = {
        "at": now(),
        "by_id": getattr(by, "person_id", None),
        "reference": " ".join(reference.split())[:LONGEST],
    }
    corrected = [line for line in done if line.state is State.TO_CORRECT]
    _take_away(corrected)
    insert_first(Declaration, [_said(line) | kept for line in done if line.fact and line.portal])
    _note("declared", [line for line in done if line.state is not State.TO_CORRECT], by)
    _note("declaration-corrected", corrected, by)
    return len(done)


def take_tick_back(lines: Sequence[Line], by: Any = None) -> int:
    """It was not declared after all: it is to be done again. Says how many. Raises ``NothingChosen``."""
    ticked = [line for line in lines if line.said]
    if not ticked:
        raise _nothing()
    _take_away(ticked)
    _note("declaration-unticked", ticked, by)
    return len(ticked)


def _nothing() -> NothingChosen:
    return NothingChosen(
        _("Nothing was chosen."),
        _(
            "Tick at least one line, then try again. A line that changed since you opened the page is left as it is: look at it again."
        ),
    )


def _take_away(lines: Sequence[Line]) -> None:
    if lines:
        keys = [(line.about.member_id, line.slot) for line in lines]
        own = Declaration.tenant_id == lines[0].about.tenant_id
        gone = delete(Declaration).where(own, tuple_(Declaration.member_id, Declaration.slot).in_(keys))
        session.execute(gone.execution_options(synchronize_session=False))


def _said(line: Line) -> dict[str, Any]:
    has_rate = line.fact in (Fact.ABANDON, Fact.END)
    return {
        "tenant_id": line.about.tenant_id, "member_id": line.about.member_id, "slot": line.slot, "fact": line.fact,
        "portal": line.portal, "day": line.day, "moment": line.moment, "cause": line.cause,
        "rate": percent(line.about.steps_done, line.about.steps_total) if has_rate else None,
    }  # fmt: skip


def _note(verb: str, lines: Sequence[Line], by: Any) -> None:
    """One line of the journal, however many; whom it was about where it is one."""
    if not lines:
        return
    people = {line.about.person_id for line in lines}
    about = people.pop() if len(people) == 1 else None
    tenant_id = lines[0].about.tenant_id
    journal.note(
        verb,
        by,
        tenant_id=tenant_id,
        about=about,
        rows=len(lines),
        portal=sorted({line.portal for line in lines}),
    )
