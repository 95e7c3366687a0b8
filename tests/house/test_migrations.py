"""Migrations: numbered, one head, up and down and up again, and equal to the models."""

import re

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from config.settings import ROOT
from lms.core.db import Model
from tests import conftest
from tests.support import databases


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return ScriptDirectory.from_config(config)


def test_there_is_one_head_and_files_are_numbered() -> None:
    assert len(scripts().get_heads()) == 1
    names = sorted(file.name for file in (ROOT / "migrations/versions").glob("*.py"))
    assert [re.match(r"(\d{4})_[a-z_]+\.py$", name) is not None for name in names] == [True] * len(names)
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


@pytest.mark.timeout(180)
def test_up_down_up_equals_the_models(app: Flask) -> None:
    kind = "postgresql" if conftest.KIND == "postgresql" else "sqlite"
    url = databases.fresh(kind, "lms_migrations")  # type: ignore[arg-type]
    databases.migrate(url)
    databases.migrate(url, "base")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) <= {"alembic_version"}
    databases.migrate(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Model.metadata) == []
    engine.dispose()
