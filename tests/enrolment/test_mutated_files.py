"""Ten thousand broken files (a hundred in the usual run): each is read, or refused with a sentence; none is half written."""

from collections import Counter
from datetime import date

import pytest
from sqlalchemy import func, select

from lms.core import db
from lms.core.db import Mode, session
from lms.core.errors import Refused
from lms.enrolment.models import Batch, Cohort, Enrolment, LastSaid, Member, StagedRow
from lms.enrolment.reading.faults import worded
from lms.enrolment.reading.people_file import read_people
from lms.enrolment.services.report import Report
from lms.organisations.models import Membership
from lms.people.models import Person
from tests.enrolment.conftest import FILES, Import
from tests.enrolment.mutants import mutant
from tests.support.worlds import World

GOOD = sorted(
    FILES / name for name in ("france-travail.csv", "ile-de-france.csv", "modele.csv", "gps-conseillers.csv")
)
TABLES = (Person, Membership, Member, Enrolment, Cohort, Batch, LastSaid, StagedRow)


@pytest.mark.parametrize(
    ("number", "written"),
    [(100, 10), pytest.param(10_000, 20, marks=[pytest.mark.long, pytest.mark.timeout(3_000)])],
)
def test_broken_files_are_read_or_refused(
    world: World, imported: Import, capsys: pytest.CaptureFixture[str], number: int, written: int
) -> None:
    """``written``: every so many is imported too, and either all of it is there, or nothing."""
    became: Counter[str] = Counter()
    for seed in range(number):
        kind, content, name = mutant(seed, GOOD)
        became[f"{kind}: {_read(content, name)}"] += 1
        if seed % written in (0, 1):
            _import(world, imported, content, name)
    reached = sum(count for what, count in became.items() if "rows" in what)
    of_workbooks = sum(count for what, count in became.items() if what.startswith("xlsx"))
    with capsys.disabled():
        print(f"\n{number} files, {100 * reached // number} % reached the checks of rows")
        for what, count in sorted(became.items()):
            print(f"{count:6}  {what}")
    assert not any("unsaid" in what for what in became)
    assert of_workbooks * 2 == number
    assert reached * 10 >= number * 3


def _read(content: bytes, name: str) -> str:
    try:
        lines = list(read_people(content, name, date(2026, 11, 24)).lines())
    except Refused as refusal:
        told = bool(refusal.reason and refusal.remedy)
        return f"refused ({getattr(refusal, 'code', type(refusal).__name__)})" if told else "unsaid"
    for line in lines:
        for fault in line.faults:
            sentence = worded(fault.kept())
            assert sentence["message"]
            assert sentence["remedy"]
    return "rows, all good" if all(line.is_good for line in lines) else "rows, some wrong"


def _import(world: World, imported: Import, content: bytes, name: str) -> None:
    before = _numbers(world)
    try:
        report: Report | None = imported(content, name, cohort_name=f"C{len(content)}")
    except Refused:
        report = None
    after = _numbers(world)
    if report is None or report.batch_id is None:
        assert after == before
        return
    assert report.total == report.imported + report.updated + report.ignored + report.invalid
    assert report.invalid == 0
    assert after["Batch"] == before["Batch"] + 1
    assert after["StagedRow"] == 0
    assert after["Member"] - before["Member"] == after["Enrolment"] - before["Enrolment"]
    assert after["Member"] - before["Member"] <= report.imported


def _numbers(world: World) -> dict[str, int]:
    with db.transaction(Mode.READ, world.one.tenant_id):
        return {
            table.__name__: session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES
        }
