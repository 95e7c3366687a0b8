"""What an erasure takes and what it leaves, table by table: before it is done, and as a receipt afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lms.core.privacy import Holding, Part


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one table: how many lines it had or what was done with them, and why something stays."""

    label: str
    rows: int = 0
    deleted: int = 0
    emptied: int = 0
    kept: int = 0
    until: date | None = None
    reason: str = ""


def before(parts: Sequence[Part]) -> list[Fate]:
    """What is held now, with the reason for which something of it will stay."""
    return [
        Fate(part.label, len(part.rows), reason=str(Holding.registered[part.name].reason))
        for part in parts
        if part.rows
    ]


def after(rows: Mapping[str, Sequence[Any]]) -> list[Fate]:
    """The receipt that the journal keeps (``people.services.erase``), in words."""
    found = []
    for name, (deleted, emptied, kept, *until) in rows.items():
        kind = Holding.registered.get(name)
        found.append(
            Fate(
                label=str(kind.label) if kind else name,
                deleted=deleted, emptied=emptied, kept=kept,
                until=date.fromisoformat(until[0]) if until else None,
                reason=str(kind.reason) if kind and (kept or emptied) else "",
            )
        )  # fmt: skip
    return found
