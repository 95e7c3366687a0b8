"""The day of an instant in a zone, as the database tells it: round midnight, changes of clocks, zones of half an hour."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import literal, null, select

from lms.core import days, db
from lms.core.clock import Instant
from lms.core.days import day_in
from lms.core.db import Mode, session

_NIGHTS = (datetime(2026, 3, 28, 12, 13, 14, 15, UTC), datetime(2026, 10, 24, 12, tzinfo=UTC))


@pytest.mark.parametrize("zone", ["Europe/Paris", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia", "UTC"])
def test_the_day_on_the_wall(app: Flask, zone: str) -> None:
    instants = [night + timedelta(minutes=14 * n) for night in _NIGHTS for n in range(120)]
    asked = (day_in(zone, literal(at, Instant())) for at in instants)
    with db.transaction(Mode.READ):
        told = session.execute(select(*asked)).one()
    assert list(told) == [at.astimezone(ZoneInfo(zone)).date() for at in instants]
    assert len(set(told)) >= 4


def test_no_instant_has_no_day(app: Flask) -> None:
    with db.transaction(Mode.READ):
        assert session.scalar(select(day_in("Europe/Paris", null()))) is None


def test_two_zones_do_not_share_a_statement(app: Flask) -> None:
    late = literal(datetime(2026, 11, 30, 23, 30, tzinfo=UTC), Instant())
    with db.transaction(Mode.READ):
        told = [session.scalar(select(day_in(zone, late))) for zone in ("UTC", "Europe/Paris", "UTC")]
    assert [str(day) for day in told] == ["2026-11-30", "2026-12-01", "2026-11-30"]


def test_few_hours_are_remembered(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "_MANY", 5)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    asked = [day_in("Europe/Paris", literal(start + timedelta(hours=5 * n), Instant())) for n in range(30)]
    with db.transaction(Mode.READ):
        told = session.execute(select(*asked)).one()
    assert str(told[-1]) == "2026-01-07"
