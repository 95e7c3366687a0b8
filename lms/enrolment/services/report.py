"""What becomes of a file, or would: five counts, and what is said about its lines."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, or_, select

from lms.core.db import session
from lms.enrolment.models import StagedRow
from lms.enrolment.reading.cleaning import text_of
from lms.enrolment.reading.faults import Fault, shortened
from lms.enrolment.reading.recognition import Columns
from lms.enrolment.services.staging import Target

_FIELD_OF = {
    "agency_unknown": "agency", "adviser_unknown": "adviser", "numbers_disagree": "hr_number", "possible_duplicate": "birth_date",
}  # fmt: skip


@dataclass(slots=True)
class Report:
    """What became of a file, or would: total = imported + updated + ignored + invalid."""

    total: int = 0
    imported: int = 0
    updated: int = 0
    ignored: int = 0
    invalid: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    #: Headers that were read, with what we take them for; and those that were not.
    read: list[tuple[str, str]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    #: What the layout of the file is called, where it was recognised; a word of ``layouts``.
    layout: str = ""
    #: The columns with their first cells (``PeopleFile.sight``), and whether somebody once said what they are.
    sight: dict[str, list[Any]] = field(default_factory=dict)
    is_remembered: bool = False
    #: How many leave the cohort, where the file replaces it.
    leaving: int = 0
    #: What will change, or has: new people, changed cells, who leaves; the first of each, for people to look at.
    changes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    batch_id: int | None = None
    cohort_id: int | None = None

    def note(self, faults: tuple[Fault, ...] | list[Fault]) -> None:
        """Keep what was said about a line."""
        for fault in faults:
            (self.warnings if fault.is_warning else self.errors).append(fault.kept())

    def kept(self, most: int) -> dict[str, Any]:
        """As the import's row keeps it, with at most ``most`` errors and warnings, and how many there are of each."""
        for faults in (self.errors, self.warnings):
            faults.sort(key=lambda fault: int(fault["line"]))
        counts = {
            name: getattr(self, name) for name in ("total", "imported", "updated", "ignored", "invalid")
        }
        return counts | {
            "errors": self.errors[:most], "all_errors": len(self.errors),
            "warnings": self.warnings[:most], "all_warnings": len(self.warnings),
            "read": [list(pair) for pair in self.read], "unread": self.unread, "layout": self.layout,
            "columns": self.sight, "is_remembered": self.is_remembered,
            "leaving": self.leaving, "changes": self.changes,
        }  # fmt: skip


def tell(report: Report, columns: Columns, target: Target) -> None:
    """What the tables had to say about the lines, in the words of the file's columns."""
    unknown_adviser = and_(StagedRow.adviser_key.is_not(None), StagedRow.follower_id.is_(None))
    unknown_agency = and_(StagedRow.agency.is_not(None), StagedRow.organisation_id.is_(None))
    found = (
        select(
            StagedRow.line, StagedRow.last_name, StagedRow.first_name, StagedRow.fault, StagedRow.fault_about,
            StagedRow.agency_identifier, StagedRow.hr_number, StagedRow.agency, StagedRow.adviser, StagedRow.birth_date,
            unknown_adviser.label("adviser_unknown"), unknown_agency.label("agency_unknown"),
        )
        .where(target.mine(), or_(StagedRow.fault.is_not(None), unknown_adviser, unknown_agency))
        .order_by(StagedRow.line)
    )  # fmt: skip
    for row in session.execute(found):
        codes = [code for code in ("agency_unknown", "adviser_unknown") if getattr(row, code)]
        report.note([_fault(columns, row, code) for code in (row.fault, *codes) if code])


def _fault(columns: Columns, row: Any, code: str) -> Fault:
    who = f"{row.last_name} {row.first_name}"
    if code == "was_withdrawn":
        return Fault(row.line, "", who, code, {}, who)
    if code == "same_person_twice":
        return Fault(row.line, "", who, code, {"other": row.fault_about}, who)
    name = _FIELD_OF.get(code) or ("agency_identifier" if row.agency_identifier else "hr_number")
    about = {"name": row.fault_about} if code == row.fault and row.fault_about else {}
    return Fault(
        row.line,
        columns.label(name),
        shortened(text_of(getattr(row, name))),
        code,
        about,
        who,
    )


def changed_here_too(columns: Columns, row: Any, name: str, known: Any) -> Fault:
    """A cell that changed in the file, and here as well since the last file."""
    who = f"{row.said_last_name} {row.said_first_name}"
    said = shortened(text_of(getattr(row, f"said_{name}")))
    about = {"known": shortened(text_of(known)) or "-"}
    return Fault(row.line, columns.label(name), said, "changed_here_too", about, who)
