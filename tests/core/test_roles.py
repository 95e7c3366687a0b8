"""The roles of an installation on PostgreSQL: what they are given, and which of them may not start in production."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import select, text

from config import settings as house
from config.settings import Settings
from lms.core import db, doctor, roles
from lms.core.db import Mode, session
from lms.core.doctor import Finding
from tests.support import databases
from tests.support.sight import everything, needs_walls

pytestmark = pytest.mark.postgresql


@pytest.fixture
def installed(app: Flask, settings: Settings) -> Iterator[Callable[..., Settings]]:
    """``installed(env="production", ...)``: the same database with other settings, for one test."""

    def change(**changes: Any) -> Settings:
        changed = house.use(replace(settings, **changes))
        roles.connect(changed)
        return changed

    yield change
    house.use(settings)
    roles.connect(settings)


@pytest.mark.parametrize("role", ["lms_owner", "lms_free", "postgres"])
def test_in_production_no_role_looks_over_the_walls(
    installed: Callable[..., Settings], settings: Settings, role: str
) -> None:
    over = databases.as_role(settings.database_url, role)
    installed(env="production", database_url=over)
    with pytest.raises(roles.Unbound, match=role):
        roles.refuse_unbound()
    with pytest.raises(roles.Unbound), db.transaction(Mode.READ):
        session.execute(select(1))  # and where the database was away at the start, the first page says it
    installed(
        env="production", database_url=over, owner_database_url=""
    )  # one role for everything: by choice
    roles.refuse_unbound()


def test_bound_roles_start_in_production_and_a_database_that_is_away_stops_no_start(
    installed: Callable[..., Settings], settings: Settings
) -> None:
    installed(env="production", database_url=databases.as_role(settings.database_url, "lms_app"))
    roles.refuse_unbound()
    installed(
        env="production", database_url="postgresql+psycopg://lms_app@127.0.0.1:1/none", worker_database_url=""
    )
    roles.refuse_unbound()


@needs_walls
def test_a_worker_that_would_see_no_job_does_not_start(
    app: Flask, installed: Callable[..., Settings], settings: Settings
) -> None:
    installed(worker_database_url="")
    done = app.test_cli_runner().invoke(args=["jobs", "work", "--once"])
    assert done.exit_code == 1
    assert "LMS_WORKER_DATABASE_URL" in done.stderr


def doctors_words(name: str) -> list[Finding]:
    return [finding for one in doctor.look() if one.name == name for finding in one.findings]


def test_the_doctor_tells_a_role_that_looks_over_the_walls(
    installed: Callable[..., Settings], settings: Settings
) -> None:
    installed(database_url=databases.as_role(settings.database_url, "lms_free"))
    (bypass,) = doctors_words("walls")
    assert "BYPASSRLS" in bypass.wrong
    installed(database_url=databases.as_role(settings.database_url, "lms_app"), secret_key="k" * 40)
    assert (doctors_words("walls"), doctors_words("settings")) == ([], [])
    installed(
        database_url=databases.as_role(settings.database_url, "lms_app"), secret_key="k" * 40,
        worker_database_url="",
    )  # fmt: skip
    assert len(doctors_words("walls")) == len(doctors_words("settings")) == 1, "the workers have no role"
    installed(database_url=settings.owner_database_url, owner_database_url="", worker_database_url="")
    (off,) = doctors_words("walls")
    assert off.is_warning


def test_the_doctor_tells_a_table_without_a_wall(
    installed: Callable[..., Settings], settings: Settings
) -> None:
    installed(database_url=databases.as_role(settings.database_url, "lms_app"))
    with everything():
        session.execute(text("create table forgotten (tenant_id bigint)"))
    try:
        (bare,) = doctors_words("walls")
    finally:
        with everything():
            session.execute(text("drop table forgotten"))
    assert "forgotten" in bare.wrong


def test_an_upgrade_names_the_role_that_is_missing(
    app: Flask, installed: Callable[..., Settings], settings: Settings
) -> None:
    installed(database_url=databases.as_role(settings.database_url, "lms_nobody"))
    done = app.test_cli_runner().invoke(args=["db", "upgrade"])
    assert done.exit_code == 1
    assert "lms_nobody" in done.stderr
    assert "Traceback" not in done.output


@needs_walls
def test_rights_are_given_to_roles_and_never_to_one_that_is_not_there(settings: Settings, app: Flask) -> None:
    owner = sa.create_engine(settings.owner_database_url, poolclass=sa.NullPool)
    with owner.begin() as connection:
        roles.grant(connection, [settings.database_url], settings.worker_database_url)  # once more: no harm
        with pytest.raises(LookupError, match="lms_nobody"):
            roles.grant(connection, ["postgresql+psycopg://lms_nobody@h/d"], "")
    with db.transaction(Mode.READ):
        assert session.scalar(text("select has_table_privilege('alembic_version', 'update')")) is False
