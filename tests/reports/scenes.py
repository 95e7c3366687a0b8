"""What these tests share: askers, shares, figures."""

import io
from datetime import UTC, date, datetime
from typing import Any

from openpyxl import load_workbook

from lms.core import db
from lms.core.db import Mode, session
from lms.enrolment.models import Level, Share
from lms.reports import services
from lms.reports.queries import asker_again
from lms.reports.scope import Asker, Scope
from tests.support.worlds import Corner, Someone

SHEETS = ["Lisez-moi", "Synthèse", "Parcours"]


def asker(who: Someone) -> Asker:
    """Somebody as a worker sees them."""
    with db.transaction(Mode.READ, who.tenant_id):
        found = asker_again(who.tenant_id, who.person_id, who.organisation_id)
    assert found is not None
    return found


def share(corner: Corner, level: Level, cohort_id: int = 0) -> None:
    """Show a cohort to the partner."""
    with db.transaction(tenant_id=corner.tenant_id):
        session.add(
            Share(
                tenant_id=corner.tenant_id,
                cohort_id=cohort_id or corner.cohort_id,
                person_id=corner.partner.person_id,
                level=level,
            )
        )


def scope(who: Someone | Asker, **more: Any) -> Scope:
    """What somebody may have."""
    one = asker(who) if isinstance(who, Someone) else who
    with db.transaction(Mode.READ, one.tenant_id):
        return services.scope_for(one, **more)


def made(chosen: Scope, name: str = "progress", form: str = "xlsx") -> tuple[services.Written, bytes]:
    """The file of a report."""
    report = services.report_named(name)
    assert report is not None
    file = io.BytesIO()
    with db.transaction(Mode.REPORT, chosen.asker.tenant_id):
        written = services.write(report, chosen, file, form)
    return written, file.getvalue()


def sheets(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    """Every sheet as rows of values."""
    book = load_workbook(io.BytesIO(content))
    return {sheet.title: [tuple(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def at(day: date) -> datetime:
    """Noon of a day."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
