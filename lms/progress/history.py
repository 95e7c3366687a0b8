"""A history written at once, in sets: what was learned elsewhere or earlier, with its own dates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby
from typing import Any

from sqlalchemy import insert

from lms.core.db import session
from lms.enrolment.services import places
from lms.progress import figures, ledger
from lms.progress.ledger import Fact
from lms.progress.models import Standing


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that a learner did in a step. ``seconds``: active time since the deed before; ``score``: 0 to 100."""

    enrolment_id: int
    activity_id: int
    verb: str
    at: datetime
    seconds: int = 0
    score: int | None = None


def take_over(tenant_id: int, deeds: Iterable[Deed]) -> None:
    """Write the deeds of enrolments that have no history yet: ledger, standings, figures; completions are announced."""
    ordered = sorted(deeds, key=lambda deed: (deed.enrolment_id, deed.at))
    by_enrolment = {key: list(some) for key, some in groupby(ordered, key=lambda deed: deed.enrolment_id)}
    if not by_enrolment:
        return
    heads = ledger.heads(tenant_id, list(by_enrolment))
    if begun := next((key for key, head in heads.items() if head.number), None):
        raise ValueError(f"enrolment {begun} has a history already")
    chains = (ledger.rows(tenant_id, key, map(_fact, some), heads[key]) for key, some in by_enrolment.items())
    ledger.write(list(chain.from_iterable(chains)))
    standings = [row for some in by_enrolment.values() for row in _standings(tenant_id, some)]
    session.execute(insert(Standing), standings)
    places.begun(tenant_id, list(by_enrolment))
    figures.recount(tenant_id, list(by_enrolment))


def _fact(deed: Deed) -> Fact:
    details = {} if deed.score is None else {"score": deed.score}
    return Fact(deed.verb, deed.activity_id, deed.at, deed.seconds, details)


def _standings(tenant_id: int, deeds: Sequence[Deed]) -> list[dict[str, Any]]:
    """One row an activity, from the deeds of one enrolment in their order."""
    found: dict[int, dict[str, Any]] = {}
    for deed in deeds:
        row = found.setdefault(
            deed.activity_id,
            {
                "tenant_id": tenant_id, "enrolment_id": deed.enrolment_id, "activity_id": deed.activity_id,
                "state": {}, "score": None, "seconds": 0, "started_at": deed.at, "done_at": None,
            },
        )  # fmt: skip
        row["seconds"] += deed.seconds
        row["last_at"] = deed.at
        if deed.score is not None:
            row["score"] = max(deed.score, row["score"] or 0)
        if deed.verb in ledger.ENDINGS and row["done_at"] is None:
            row["done_at"] = deed.at
    return list(found.values())
