"""The hours in which messages leave, and what holds where nobody chose."""

from datetime import UTC, datetime

import pytest

from lms.notifications.models import MessageRules
from lms.notifications.rules import HOUSE, Rules, merged

PARIS, TAHITI = "Europe/Paris", "Pacific/Tahiti"


def utc(day: int, hour: int, minute: int = 0, month: int = 12) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "zone", "opens"),
    [
        (utc(1, 7), PARIS, utc(1, 7)),  # Tuesday, 8 o'clock
        (utc(1, 6, 59), PARIS, utc(1, 7)),
        (utc(1, 17, 59), PARIS, utc(1, 17, 59)),
        (utc(1, 18), PARIS, utc(2, 7)),
        (utc(4, 18), PARIS, utc(7, 7)),  # Friday evening: Monday
        (utc(5, 12), PARIS, utc(7, 7)),
        (utc(1, 10), TAHITI, utc(1, 18)),  # midnight there
        (
            datetime(2026, 3, 27, 19, tzinfo=UTC),
            PARIS,
            datetime(2026, 3, 30, 6, tzinfo=UTC),
        ),  # summer begins on the 29th
    ],
)
def test_when_messages_leave(at: datetime, zone: str, opens: datetime) -> None:
    assert HOUSE.next_open(at, zone) == opens
    assert HOUSE.is_open(opens, zone)
    assert HOUSE.is_open(at, zone) == (at == opens)


def test_the_nearest_choice_holds_field_by_field() -> None:
    near, far = (
        MessageRules(days_before=3, reminds=False),
        MessageRules(days_before=9, copy="day", weekdays="123"),
    )
    assert merged([near, far]) == Rules(days_before=3, reminds=False, copy="day", weekdays="123")
    assert merged([]) == HOUSE


def test_on_which_days_followers_are_told() -> None:
    days = [utc(day, 10, month=11) for day in range(23, 30)]
    assert [HOUSE.copies_on(day, PARIS) for day in days] == [True] + [False] * 6
    assert all(Rules(copy="day").copies_on(day, PARIS) for day in days)
    assert not any(Rules(copy="never").copies_on(day, PARIS) for day in days)
    assert [Rules(weekdays="23456").copies_on(day, PARIS) for day in days].index(True) == 1
