"""How an organisation writes to people: what it chose, what it takes from above, and what the house does where nobody chose."""

from dataclasses import dataclass, fields
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from lms.notifications.models import MessageRules

WEEK, DAY, NEVER = "week", "day", "never"


@dataclass(frozen=True, slots=True)
class Rules:
    """The choices that hold in one organisation; the defaults are the house's. ``zone``: its clock."""

    reminds: bool = True
    days_before: int = 7
    weekdays: str = "12345"
    opens_at: int = 8
    closes_at: int = 19
    copy: str = WEEK
    disability_contact: str = ""
    equipment: str = ""
    rules_url: str = ""
    booklet_url: str = ""

    def is_open(self, at: datetime, zone: str) -> bool:
        """Whether messages may leave at this moment."""
        there = at.astimezone(ZoneInfo(zone))
        return str(there.isoweekday()) in self.weekdays and self.opens_at <= there.hour < self.closes_at

    def next_open(self, at: datetime, zone: str) -> datetime:
        """This moment, or the next at which messages may leave."""
        if self.is_open(at, zone):
            return at
        there = at.astimezone(ZoneInfo(zone))
        for later in range(8):
            opens = datetime.combine(there.date() + timedelta(days=later), time(self.opens_at), there.tzinfo)
            if opens > there and str(opens.isoweekday()) in self.weekdays:
                return opens.astimezone(at.tzinfo)
        raise ValueError("no day of the week is open")

    def copies_on(self, at: datetime, zone: str) -> bool:
        """Whether whoever follows learners is told today: each day, or on the first open day of the week."""
        today = at.astimezone(ZoneInfo(zone)).isoweekday()
        return self.copy == DAY or (self.copy == WEEK and str(today) == min(self.weekdays))


NAMES = tuple(field.name for field in fields(Rules))
HOUSE = Rules()


def merged(nearest_first: list[MessageRules]) -> Rules:
    """What holds, from what the organisation chose and what those above it chose, the nearest first."""
    said = {}
    for name in NAMES:
        own = next((value for row in nearest_first if (value := getattr(row, name)) is not None), None)
        if own is not None:
            said[name] = own
    return Rules(**said)
