"""Facts: told in the order of the rooms, inside the transaction that announced them."""

from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import func, select

from lms.core import db, events
from lms.core.db import Mode, session
from lms.core.events import Event
from lms.core.tenants import Tenant


@dataclass(frozen=True)
class Founded(Event):
    """A fact of this test."""

    name: str


@dataclass(frozen=True)
class Moved(Founded):
    """Another fact, though of the same shape."""


heard: list[str] = []


@events.on(Founded)
def first(event: Founded) -> None:
    heard.append(f"first {event.name}")
    session.add(Tenant(name=event.name))


@events.on(Founded)
def second(event: Founded) -> None:
    heard.append(f"second {event.name}")
    if event.name == "bad":
        raise ValueError("no")


@pytest.fixture(autouse=True)
def _silence() -> None:
    heard.clear()


def tenants() -> int:
    with db.transaction(Mode.READ):
        return session.execute(select(func.count()).select_from(Tenant)).scalar_one()


def test_handlers_hear_in_the_order_in_which_they_came(app: Flask) -> None:
    with db.transaction():
        events.announce(Founded("x"))
    assert (heard, tenants()) == (["first x", "second x"], 1)


def test_a_handler_that_fails_undoes_the_deed(app: Flask) -> None:
    with pytest.raises(ValueError, match="no"), db.transaction():
        events.announce(Founded("bad"))
    assert tenants() == 0


def test_a_fact_is_told_to_those_who_asked_for_it_alone(app: Flask) -> None:
    with db.transaction():
        events.announce(Moved("y"))
    assert (heard, tenants()) == ([], 0)


def test_handlers_of_the_house_stand_above_what_they_hear(app: Flask) -> None:
    """A room hears of the rooms below it, or of itself; those above would be an import upwards."""
    from tests.house.staircase import STEPS, room_of

    wrong = [
        (kind.__qualname__, handler.__module__)
        for kind, handlers in events._handlers.items()
        for handler in handlers
        if kind.__module__.startswith("lms.")
        and handler.__module__.startswith("lms.")
        and STEPS[room_of(handler.__module__)] < STEPS[room_of(kind.__module__)]
    ]
    assert wrong == []
