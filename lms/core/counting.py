"""Counts that end somewhere: of a list as long as a nation, a page says "more than 1,000" and reads no further."""

from sqlalchemy import ScalarSelect, func, select

from lms.core.db import AnySelect, session

MOST = 1_000  #: rows that a page counts; beyond, it says that there are more


def counted(rows: AnySelect, most: int = 0) -> int:
    """How many rows there are; ``most`` + 1 where there are more than ``most`` (0: ``MOST``)."""
    return session.scalar(select(number(rows, most))) or 0


def number(rows: AnySelect, most: int = 0) -> ScalarSelect[int]:
    """The same as a part of another statement."""
    some = rows.correlate(None).limit((most or MOST) + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def page_of(rows: AnySelect, asked: int, size: int) -> tuple[int, int, bool]:
    """Which page is shown of those asked for, how many rows are known, and whether there are more than these.

    Whoever leafs on is told of further rows as they go: up to the page in hand and one row more.
    """
    most = max(MOST, max(asked, 1) * size)
    found = counted(rows, most)
    total = min(found, most)
    return min(max(asked, 1), max(1, -(-total // size))), total, found > most
