"""A deadline in words."""

from datetime import date, timedelta

import pytest

from lms.core.i18n import speaking_to
from lms.home.deadline import in_words

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("days", "left", "said"),
    [
        (24, 6, "In 3 weeks. At 2 steps a week, you finish in time."),
        (28, 4, "In 4 weeks. At 1 step a week, you finish in time."),
        (14, 0, "In 2 weeks."),
        (13, 3, "In 13 days. 3 steps are left."),
        (1, 1, "It is tomorrow. 1 step is left."),
        (0, 2, "It is today. 2 steps are left."),
        (-3, 2, "The date has passed. Your path stays open: go on, and call if you need more time."),
    ],
)
def test_in_words(days: int, left: int, said: str) -> None:
    with speaking_to("en"):
        assert in_words(TODAY + timedelta(days=days), TODAY, left) == said


@pytest.mark.parametrize("days", range(14, 200, 7))
@pytest.mark.parametrize("left", [1, 7, 40])
def test_the_pace_is_enough(days: int, left: int) -> None:
    with speaking_to("en"):
        words = in_words(TODAY + timedelta(days=days), TODAY, left)
    a_week = int(words.split("At ")[1].split()[0])
    assert a_week * (days // 7) >= left
