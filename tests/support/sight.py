"""What a test itself arranges and looks at, past the walls between tenants."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
import sqlalchemy as sa

from config import settings
from lms.core import db
from lms.core.db import Mode

#: Whether row-level security binds the application in this run; off, the queries alone keep the tenants apart.
IS_ON = os.environ.get("LMS_TEST_ROLE", "lms_app") != "lms_free"
needs_walls = pytest.mark.skipif(not IS_ON, reason="row-level security is off in this run")


@contextmanager
def everything(mode: Mode = Mode.WRITE) -> Iterator[Any]:
    """A transaction of a test that is about no tenant, or about several: as the tables' owner, whom no wall binds."""
    kept = db._engines[mode]
    if db.is_postgresql():
        db._engines[mode] = _owner(settings.current().owner_database_url)
    try:
        with db.transaction(mode) as session:
            known = set(session)
            yield session
            session.flush()
            for one in set(session) - known:  # what was looked at stays readable: the next may not see it
                session.expunge(one)
    finally:
        db._engines[mode] = kept


@cache
def _owner(url: str) -> sa.Engine:
    return sa.create_engine(url, poolclass=sa.NullPool)
