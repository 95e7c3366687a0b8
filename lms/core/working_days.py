"""Days on which offices are open in France: not Saturdays, not Sundays, no public holiday of the place.

Which days are public holidays is known by ``holidays`` (docs/decisions/0029). It is loaded where the first such day is
asked for: it costs 0.1 s and 18 MiB that most processes never need.
"""

import re
from datetime import date, timedelta
from functools import lru_cache

_SATURDAY = 5
_POSTCODE = re.compile(r"(?<!\d)\d{5}(?!\d)")
#: What a postcode begins with -> the part of France that has holidays of its own; the longest beginning holds.
_BY_POSTCODE = {
    "57": "57", "67": "6AE", "68": "6AE",
    "971": "971", "97133": "BL", "97150": "MF", "972": "972", "973": "973", "974": "974", "975": "PM", "976": "976",
    "986": "WF", "987": "PF", "988": "NC",
}  # fmt: skip
#: The same for organisations that gave no address: their clock tells.
_BY_ZONE = {
    "America/Guadeloupe": "971", "America/St_Barthelemy": "BL", "America/Marigot": "MF", "America/Martinique": "972",
    "America/Cayenne": "973", "Indian/Reunion": "974", "America/Miquelon": "PM", "Indian/Mayotte": "976",
    "Pacific/Wallis": "WF", "Pacific/Tahiti": "PF", "Pacific/Marquesas": "PF", "Pacific/Gambier": "PF",
    "Pacific/Noumea": "NC",
}  # fmt: skip


def place_of(zone: str = "", address: str = "", agency_code: str | None = None) -> str:
    """The part of France whose holidays hold for an office: a code of ``holidays``; empty where there are none but the nation's.

    Told by the last postcode of the address, else by the code of a public employment agency, which begins with its
    department, else by the time zone.
    """
    for number in [*reversed(_POSTCODE.findall(address)), agency_code or ""]:
        for length in (5, 3, 2):
            if place := _BY_POSTCODE.get(number[:length]):
                return place
        if number:
            break  # an address elsewhere in France: nothing of its own
    return _BY_ZONE.get(zone, "")


def is_working(day: date, place: str = "") -> bool:
    """Whether offices are open on this day."""
    return day.weekday() < _SATURDAY and day not in _closed(place, day.year)


def after(day: date, number: int, place: str = "") -> date:
    """The ``number``-th working day after a day, which itself is not counted."""
    while number > 0:
        day += timedelta(days=1)
        number -= is_working(day, place)
    return day


@lru_cache(maxsize=256)
def _closed(place: str, year: int) -> frozenset[date]:
    from holidays.countries.france import France

    return frozenset(France(subdiv=place or None, years=[year], expand=False))  # type: ignore[no-untyped-call]  # of the library
