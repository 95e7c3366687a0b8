"""Counting statements."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from lms.core import db


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements sent while the block runs, without those that open a transaction."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "set_config" not in statement and not statement.startswith("BEGIN"):
            sent.append(statement)

    for engine in db.engines():
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        for engine in db.engines():
            event.remove(engine, "before_cursor_execute", note)
