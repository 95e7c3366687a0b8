"""The day of an instant on somebody's wall, told by the database's answer: for statements of very many rows."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, Dialect, cast, func, type_coerce
from sqlalchemy.types import UserDefinedType

from lms.core import db

_HOUR = len("2026-11-30 14")  #: of an instant as SQLite keeps it
_MANY = 50_000  #: hours that are remembered: more than five years of them


def day_in(zone: str, at: Any) -> ColumnElement[date]:
    """The day of an instant (a column, in UTC) in a zone; None where there is no instant."""
    if db.is_postgresql():
        return cast(func.timezone(zone, at), Date)
    return type_coerce(at, _DayIn(zone))


class _DayIn(UserDefinedType[date]):
    """SQLite knows no zones: the text of the instant is read here. Most of a report fall into hours already read."""

    cache_ok = True

    def __init__(self, zone: str) -> None:
        self.zone = zone

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], date | None]:
        zone, known = ZoneInfo(self.zone), dict[str, date]()

        def day(said: str | None) -> date | None:
            if said is None:
                return None
            hour = said[:_HOUR]
            return known.get(hour) or _read(said, hour, zone, known)

        return day


def _read(said: str, hour: str, zone: ZoneInfo, known: dict[str, date]) -> date:
    """The day; remembered for the whole hour, unless midnight falls into it as it does at half past in some zones."""
    start = datetime.fromisoformat(f"{hour}:00").replace(tzinfo=UTC)
    first = start.astimezone(zone).date()
    if first == (start + timedelta(minutes=59, seconds=59)).astimezone(zone).date():
        if len(known) >= _MANY:
            known.clear()
        known[hour] = first
        return first
    return datetime.fromisoformat(said).replace(tzinfo=UTC).astimezone(zone).date()
