"""Files of people, imported as the command does."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from lms.core import db
from lms.core.db import Mode, session
from lms.courses.models import Course
from lms.enrolment.services import imports
from lms.enrolment.services.order import Order
from lms.enrolment.services.report import Report
from lms.organisations.models import Organisation
from tests.support.worlds import Corner, World

Import = Callable[..., Report]
FILES = Path(__file__).parent / "files"


def import_file(
    corner: Corner, source: Path | bytes, name: str = "", *, slice_of: int = 0, **more: Any
) -> Report:
    """What ``flask enrolment import`` does with a file for the agency of this corner."""
    with db.transaction(Mode.READ, corner.tenant_id):
        organisation = session.get_one(Organisation, more.pop("organisation_id", corner.agency_id))
        course = session.get_one(Course, corner.course_id)
    more.setdefault("courses", (course,))
    more.setdefault("cohort_name", "Novembre")
    name = name or (source.name if isinstance(source, Path) else "gens.csv")
    passage = imports.open_file(source, Order(organisation, file_name=name, **more), f"test/{id(more)}")

    def step(_rows: int) -> AbstractContextManager[object]:
        return db.transaction(Mode.WRITE, corner.tenant_id)

    imports.stage(passage, step)
    imports.finish(passage, step)
    return passage.report


@pytest.fixture
def imported(world: World) -> Import:
    """``imported(bytes or path)``: the report of an import into the first tenant's agency."""

    def of(source: Path | bytes | str, name: str = "", **more: Any) -> Report:
        content = source.encode() if isinstance(source, str) else source
        return import_file(more.pop("corner", world.one), content, name, **more)

    return of


def five(report: Report) -> tuple[int, int, int, int, int]:
    """Total, imported, updated, ignored, invalid."""
    return report.total, report.imported, report.updated, report.ignored, report.invalid
