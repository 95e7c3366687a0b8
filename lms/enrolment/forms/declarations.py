"""What is typed when declarations are ticked off; and what portals ask for, in words and values to be copied."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from flask_wtf import FlaskForm
from wtforms import StringField

from lms.core.i18n import Lazy, lazy
from lms.core.i18n import gettext as _
from lms.core.look import percent
from lms.core.tables import Column, Kind
from lms.enrolment.forms import LEFT_WORDS, PORTAL_WORDS, short
from lms.enrolment.portals import Fact, Portal
from lms.enrolment.queries.declaration_lines import Line, State
from lms.enrolment.services.declarations import LONGEST

FACT_WORDS: dict[Fact, Lazy] = {
    Fact.ENTRY: lazy("Entry"),
    Fact.NO_ENTRY: lazy("No entry"),
    Fact.ABANDON: lazy("Abandon"),
    Fact.END: lazy("End of training"),
}
#: The views of the list.
STATE_WORDS: dict[str, Lazy] = {
    "": lazy("To do"),
    State.LATE.value: lazy("Late"),
    State.TO_CORRECT.value: lazy("To be corrected"),
    State.DECLARED.value: lazy("Ticked off"),
}


class TickForm(FlaskForm):
    """That something was typed in."""

    reference = StringField(
        lazy("Number given by the portal"),
        [short(LONGEST)],
        description=lazy("If it gave one. It is kept with the tick."),
    )


@dataclass(frozen=True, slots=True)
class Value:
    """One field of the portal's form: what it is called, and what is typed there; empty where we do not know it."""

    label: str
    text: str


def values(line: Line, planned: int) -> list[Value]:
    """What to type in on the portal, in the order of its pages. ``planned``: seconds that the courses are to take."""
    return [*_who(line), *_what(line, planned)] if line.fact else []


def columns() -> list[Column]:
    """Of the list as a file."""
    return [
        Column("portal", _("Portal"), width=30),
        Column("fact", _("What"), width=18),
        Column("last_name", _("Last name"), width=22),
        Column("first_name", _("First name"), width=18),
        Column("birth_date", _("Date of birth"), Kind.DATE, 14),
        Column("identifier", _("France Travail identifier"), width=18),
        Column("cohort", _("Cohort"), width=32),
        Column("scheme", _("Scheme"), width=16),
        Column("agreement", _("Agreement no."), width=18),
        Column("session", _("Session no."), width=18),
        Column("action", _("Action no."), width=18),
        Column("day", _("Date of the fact"), Kind.DATE, 14),
        Column("cause", _("Reason"), width=26),
        Column("rate", _("Share of the training done"), Kind.PERCENT, 12),
        Column("planned", _("Hours planned"), Kind.HOURS, 12),
        Column("done", _("Hours measured"), Kind.HOURS, 12),
        Column("missing", _("Hours not done"), Kind.HOURS, 12),
        Column("due_on", _("To be declared by"), Kind.DATE, 14),
        Column("state", _("State"), width=22),
        Column("at", _("Ticked off"), Kind.DATE, 14),
        Column("reference", _("Number given by the portal"), width=22),
    ]


def cells(line: Line, planned: int) -> tuple[object, ...]:
    """A line of that file."""
    about, said, ends = line.about, line.said, line.fact in (Fact.ABANDON, Fact.END)
    rate = percent(about.steps_done, about.steps_total)
    return (
        str(PORTAL_WORDS[line.portal]), str(FACT_WORDS[line.shown]),
        about.last_name, about.first_name, about.birth_date, about.agency_identifier, about.cohort, about.scheme,
        about.agreement, about.session_number, about.action_number, line.day or (said.day if said else None),
        str(LEFT_WORDS.get(line.cause, "")), rate / 100 if ends else None, planned if ends else None,
        about.seconds if ends else None, missing(planned, rate) if ends else None, line.due_on, state_word(line),
        line.ticked_on, said.reference if said else "",
    )  # fmt: skip


def state_word(line: Line) -> str:
    """Where it stands, in a word or two."""
    if line.state is State.OPEN:
        return _("To be declared")
    return str(STATE_WORDS[line.state.value])


def missing(planned: int, rate: int) -> int:
    """Seconds that were not done: the share of the steps that is missing, of what was planned."""
    return planned * (100 - rate) // 100


def _who(line: Line) -> Iterator[Value]:
    about = line.about
    yield Value(_("Last name"), about.last_name)
    yield Value(_("First name"), about.first_name)
    yield Value(_("Date of birth"), _typed(about.birth_date))
    if line.portal is Portal.KAIROS:
        yield Value(_("France Travail identifier"), about.agency_identifier or "")
    yield Value(_("Agreement no."), about.agreement)
    yield Value(_("Session no."), about.session_number or "")
    yield Value(_("Action no."), about.action_number or "")


def _what(line: Line, planned: int) -> Iterator[Value]:
    about = line.about
    if line.fact is Fact.ENTRY:
        yield Value(_("Date of entry"), _typed(line.day))
        return
    if line.fact is Fact.NO_ENTRY:
        yield Value(_("Date"), _typed(line.day))
        yield Value(_("Reason"), str(LEFT_WORDS.get(line.cause, "")))
        return
    rate = percent(about.steps_done, about.steps_total)
    yield Value(_("Date of end"), _typed(line.day))
    if line.fact is Fact.ABANDON:
        yield Value(_("Reason"), str(LEFT_WORDS.get(line.cause, "")))
    yield Value(_("Training done"), _("Wholly") if rate == 100 else _("In part"))
    yield Value(_("Share of the training done, per cent"), str(rate))
    yield Value(_("Hours planned"), _hours(planned))
    yield Value(_("Hours measured"), _hours(about.seconds))
    yield Value(_("Hours not done"), _hours(missing(planned, rate)))


def _typed(day: date | None) -> str:
    """As French portals take it, whatever the reader's language."""
    return f"{day:%d/%m/}{day.year:04d}" if day else ""


def _hours(seconds: int) -> str:
    """Hours and their hundredths, with a comma: ``12,5``."""
    return f"{seconds / 3600:.2f}".rstrip("0").rstrip(".").replace(".", ",") or "0"
