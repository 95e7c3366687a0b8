"""Three working days after a fact: a table written by hand from printed calendars, and what holds for every day."""

from datetime import date, timedelta

import pytest

from lms.core.working_days import after, is_working, place_of

#: The fact, the day until which it is to be declared, and why it is that day.
CASES = [
    ("2026-11-02", "2026-11-05", "Monday: Tuesday, Wednesday, Thursday"),
    ("2026-11-05", "2026-11-10", "Thursday: Friday, then over the weekend"),
    ("2026-11-06", "2026-11-12", "Friday: Monday, Tuesday, not 11 November (a Wednesday), Thursday"),
    ("2026-11-07", "2026-11-12", "Saturday counts as Friday did"),
    ("2026-11-08", "2026-11-12", "and so does Sunday"),
    ("2025-11-10", "2025-11-14", "11 November is a Tuesday"),
    ("2024-11-08", "2024-11-14", "11 November is a Monday"),
    # Easter: 31 March 2024, 20 April 2025, 5 April 2026, 28 March 2027.
    ("2024-03-28", "2024-04-03", "Thursday before Easter: Friday is a working day, Easter Monday is not"),
    ("2025-04-18", "2025-04-24", "Good Friday: Tuesday, Wednesday, Thursday"),
    ("2026-04-03", "2026-04-09", "the same a year later"),
    ("2027-03-26", "2027-04-01", "and in March"),
    # Ascension: 9 May 2024 (the day after 8 May), 29 May 2025, 14 May 2026, 6 May 2027.
    ("2024-05-06", "2024-05-13", "8 and 9 May in one week: Tuesday, Friday, Monday"),
    ("2024-04-30", "2024-05-06", "1 May: Thursday, Friday, Monday"),
    ("2025-05-27", "2025-06-02", "Ascension on Thursday 29: Wednesday, Friday, Monday"),
    ("2026-05-12", "2026-05-18", "Ascension on Thursday 14"),
    ("2026-05-06", "2026-05-12", "8 May is a Friday: Thursday, Monday, Tuesday"),
    ("2027-05-04", "2027-05-10", "Ascension on Thursday 6, 8 May on a Saturday"),
    # Whit Monday: 20 May 2024, 9 June 2025, 25 May 2026, 17 May 2027.
    ("2024-05-17", "2024-05-23", "Friday before Whitsun"),
    ("2025-06-06", "2025-06-12", "the same"),
    ("2026-05-22", "2026-05-28", "the same"),
    ("2027-05-14", "2027-05-20", "the same"),
    # 14 July, on each day of the week.
    ("2025-07-11", "2025-07-17", "a Monday"),
    ("2026-07-10", "2026-07-16", "a Tuesday"),
    ("2027-07-12", "2027-07-16", "a Wednesday"),
    ("2022-07-12", "2022-07-18", "a Thursday"),
    ("2023-07-12", "2023-07-18", "a Friday"),
    ("2029-07-12", "2029-07-17", "a Saturday costs nothing"),
    ("2024-07-12", "2024-07-17", "a Sunday neither"),
    ("2025-08-13", "2025-08-19", "15 August is a Friday: Thursday, Monday, Tuesday"),
    ("2027-10-29", "2027-11-04", "All Saints is a Monday"),
    # The turn of the year.
    ("2026-12-23", "2026-12-29", "Christmas is a Friday: Thursday, Monday, Tuesday"),
    ("2026-12-30", "2027-01-05", "New Year's Day is a Friday: Thursday, Monday, Tuesday"),
    ("2025-12-24", "2025-12-30", "Christmas is a Thursday: Friday, Monday, Tuesday"),
    ("2024-12-31", "2025-01-06", "New Year's Day is a Wednesday: Thursday, Friday, Monday"),
    ("2027-12-31", "2028-01-05", "New Year's Day is a Saturday"),
]  # fmt: skip
#: The place, the fact, and the day: holidays that are not the nation's.
ELSEWHERE = [
    ("57", "2026-04-02", "2026-04-09", "Moselle: neither Good Friday nor Easter Monday"),
    ("6AE", "2025-12-24", "2025-12-31", "Alsace: 25 and 26 December"),
    ("", "2025-12-24", "2025-12-30", "elsewhere 26 December is a working day"),
    ("974", "2027-12-17", "2027-12-23", "Réunion: 20 December, a Monday"),
    ("971", "2026-05-26", "2026-06-01", "Guadeloupe: 27 May, a Wednesday"),
    ("972", "2026-05-21", "2026-05-28", "Martinique: 22 May, a Friday, then Whit Monday"),
    ("973", "2026-06-09", "2026-06-15", "Guyane: 10 June, a Wednesday"),
    ("976", "2026-04-24", "2026-04-30", "Mayotte: 27 April, a Monday"),
]


@pytest.mark.parametrize(("fact", "due", "why"), CASES)
def test_three_working_days_after(fact: str, due: str, why: str) -> None:
    assert after(date.fromisoformat(fact), 3) == date.fromisoformat(due), why


@pytest.mark.parametrize(("place", "fact", "due", "why"), ELSEWHERE)
def test_holidays_of_a_part_of_france(place: str, fact: str, due: str, why: str) -> None:
    assert after(date.fromisoformat(fact), 3, place) == date.fromisoformat(due), why


@pytest.mark.parametrize(
    ("said", "place"),
    [
        (("Europe/Paris", "12 rue de la Gare, 57000 Metz", None), "57"),
        (("Europe/Paris", "67000 Strasbourg", "95021"), "6AE"),  # the address comes before the code
        (("Europe/Paris", "", "68012"), "6AE"),
        (("Europe/Paris", "BP 68000, 59100 Roubaix", "57011"), ""),  # the last postcode is the one
        (("Europe/Paris", "97410 Saint-Pierre", None), "974"),
        (("Europe/Paris", "97133 Saint-Barthélemy", None), "BL"),
        (("Europe/Paris", "98800 Nouméa", None), "NC"),
        (("Indian/Reunion", "", None), "974"),
        (("America/Martinique", "", "97201"), "972"),
        (("Europe/Paris", "5700 quelque part", None), ""),
        (("Europe/Paris", "", None), ""),
        (("", "", None), ""),
    ],
)
def test_where_an_office_is(said: tuple[str, str, str | None], place: str) -> None:
    assert place_of(*said) == place


def test_what_holds_for_every_day_of_thirty_years() -> None:
    """Due days never run backwards, are working days, and lie between three and eleven days ahead with three of them between."""
    first, last, before = date(2020, 1, 1), date(2049, 12, 31), date(2020, 1, 1)
    for place in ("", "57", "974"):
        day = first
        while day <= last:
            due = after(day, 3, place)
            between = sum(is_working(day + timedelta(days=n), place) for n in range(1, (due - day).days + 1))
            assert is_working(due, place), (place, day)
            assert between == 3, (place, day)
            assert 3 <= (due - day).days <= 11, (place, day)
            assert day == first or due >= before, (place, day)
            before, day = due, day + timedelta(days=1)
        assert after(first, 0, place) == first


def test_eleven_days_a_year_are_the_nations() -> None:
    for year in range(2024, 2034):
        days = (date(year, 1, 1) + timedelta(days=n) for n in range(365))
        closed = [day for day in days if day.weekday() < 5 and not is_working(day)]
        fixed = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)]
        on_weekdays = sum(date(year, *one).weekday() < 5 for one in fixed)
        assert len(closed) == on_weekdays + 3, year  # Easter Monday, Ascension, Whit Monday
