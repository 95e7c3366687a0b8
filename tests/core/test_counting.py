"""Counts that end somewhere: what a page knows of a list as long as a nation."""

import pytest
from flask import Flask
from sqlalchemy import select

from lms.core import counting, db
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.core.schedule import Duty

ROWS = 25


@pytest.fixture
def duties(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST", 12)
    with db.transaction():
        session.add_all([Duty(name=f"d{n:02d}", next_at=now()) for n in range(ROWS)])


@pytest.mark.usefixtures("duties")
def test_a_count_ends_one_beyond_the_most() -> None:
    with db.transaction(Mode.READ):
        assert counting.counted(select(Duty.name)) == 13
        assert counting.counted(select(Duty.name), 100) == ROWS
        assert counting.counted(select(Duty.name).where(Duty.name < "d05")) == 5


@pytest.mark.usefixtures("duties")
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (1, (1, 12, True)),
        (2, (2, 12, True)),
        (3, (3, 15, True)),  # whoever leafs on is told of further rows
        (5, (5, 25, False)),
        (99, (5, 25, False)),
        (0, (1, 12, True)),
        (-4, (1, 12, True)),
    ],
)
def test_pages_go_as_far_as_somebody_leafs(asked: int, found: tuple[int, int, bool]) -> None:
    with db.transaction(Mode.READ):
        assert counting.page_of(select(Duty.name), asked, 5) == found
