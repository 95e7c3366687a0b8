"""What a trace says, for people: which columns stood how before, and how after."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from lms.core.db import AnyRow
from lms.core.i18n import Lazy, day, lazy
from lms.enrolment.undoing import Traced

#: Columns that mean something to whoever reads a receipt; the others are numbers of rows.
WORDS: dict[str, Lazy] = {
    "last_name": lazy("Last name"),
    "first_name": lazy("First name"),
    "email": lazy("E-mail"),
    "phone": lazy("Telephone"),
    "birth_date": lazy("Date of birth"),
    "postcode": lazy("Postcode"),
    "agency_identifier": lazy("France Travail identifier"),
    "hr_number": lazy("Staff number"),
    "situation": lazy("Situation"),
    "state": lazy("State"),
    "withdrawal_reason": lazy("Reason"),
    "session_number": lazy("Session no."),
    "action_number": lazy("Action no."),
    "enters_on": lazy("Start"),
    "leaves_on": lazy("End"),
    "funder": lazy("Funder"),
    "scheme": lazy("Scheme"),
    "agency": lazy("Agency"),
    "adviser": lazy("Adviser"),
    "siret": lazy("SIRET"),
    "due_on": lazy("To be finished by"),
    "opens_on": lazy("Opens on"),
    "due_reason": lazy("Why this deadline"),
    "starts_on": lazy("First day"),
}
_DAYS = {"birth_date", "enters_on", "leaves_on", "due_on", "opens_on", "starts_on"}


@dataclass(frozen=True, slots=True)
class Told:
    """One row of a receipt: whom and what it is about, and ``cells`` of (word, before, after)."""

    who: str
    what: str
    is_new: bool
    is_gone: bool
    is_undone: bool
    cells: tuple[tuple[str, str, str], ...]


def differences(row: AnyRow, said: Mapping[str, Mapping[str, Lazy]]) -> Told:
    """A ``Trace`` with the names of its person, in words. ``said``: what the values of a column are called, by column.

    A column that says something else in one table is named with it: ``cohort_wish.state``.
    """
    trace = row[0]
    old, new = (json.loads(text) if text else {} for text in (trace.before, trace.after))
    is_changed = bool(old and new)
    cells = tuple(
        (str(word), _text(old, name, words), _text(new, name, words))
        for name, word in WORDS.items()
        for words in [said.get(f"{trace.kind}.{name}", said.get(name, {}))]
        if is_changed and old.get(name) != new.get(name)
    )
    kind: type[Traced] | None = Traced.registered.get(trace.kind)
    who = f"{row.last_name} {row.first_name}" if row.last_name is not None else ""
    return Told(who, str(kind.label) if kind else trace.kind, not old, not new, trace.is_undone, cells)


def _text(row: Mapping[str, Any], name: str, words: Mapping[str, Lazy]) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if name in _DAYS:
        return day(date.fromisoformat(value[:10]), "short")
    return str(words.get(value, value))
