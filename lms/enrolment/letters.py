"""Convocations on paper: one page each, in its reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lms.core import i18n
from lms.core.clock import now
from lms.core.i18n import day
from lms.core.i18n import gettext as _
from lms.enrolment.messages.convocation import Convocation


@dataclass(frozen=True, slots=True)
class Letter:
    """What stands on one page."""

    language: str
    sender: str
    sender_address: str
    name: str
    dated: str
    subject: str
    text: list[str]
    facts: tuple[tuple[str, str], ...]
    getting_in: list[str]
    heading: str


def written(rows: Sequence[Any]) -> list[Letter]:
    """A letter for each of these rows (details, language, zone)."""
    return [_written(row) for row in rows]


def _written(row: Any) -> Letter:
    said = row.details
    with i18n.speaking_to(row.language, row.zone):
        text, facts, getting_in = Convocation().on_paper(said)
        return Letter(
            row.language, said["organisation"], said.get("body_address", ""), said["name"], day(now(), "long"),
            Convocation().subject(said), text, facts.pairs, getting_in, _("How to get in"),
        )  # fmt: skip
