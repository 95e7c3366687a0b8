"""``flask db`` and ``flask jobs``: what they do, what they say, and how they end."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from config import settings as house
from config.settings import Settings
from lms.core import db, jobs, post, roles
from lms.core.post import Mail
from tests import conftest
from tests.support import databases

Flasked = Callable[..., Result]


@pytest.fixture
def flask(app: Flask) -> Flasked:
    """``flask("db", "upgrade")``."""
    runner = app.test_cli_runner()
    return lambda *words: runner.invoke(args=list(words))


@pytest.fixture
def fresh(app: Flask, settings: Settings) -> Iterator[str]:
    """An empty database, which the commands about tables speak of."""
    url = databases.fresh("postgresql" if conftest.KIND == "postgresql" else "sqlite", "lms_commands")
    house.use(replace(settings, owner_database_url=url))
    yield url
    house.use(settings)


def test_tables_come_and_go(flask: Flasked, fresh: str) -> None:
    check = flask("db", "check", "--json")
    assert check.exit_code == 1, "a new database is not what the models say"
    told = json.loads(check.stdout)
    assert told["status"] == "different"
    assert "add table account" in told["differences"]
    assert "flask db upgrade" in check.stderr
    assert flask("db", "upgrade").exit_code == 0
    assert databases.revision(fresh)
    check = flask("db", "check")
    assert (check.exit_code, check.output) == (0, "")
    assert flask("db", "downgrade", "base").exit_code == 0
    assert databases.revision(fresh) == ""
    assert flask("db", "upgrade").exit_code == 0
    assert flask("db", "upgrade").exit_code == 0, "up to date is no fault"


def test_a_revision_that_is_none_is_said_in_a_sentence(flask: Flasked, fresh: str) -> None:
    for verb in ("upgrade", "downgrade"):
        done = flask("db", verb, "nonsense")
        assert done.exit_code == 2
        assert "nonsense" in done.stderr
        assert "Traceback" not in done.output


def test_a_migration_that_breaks_leaves_nothing_behind(
    flask: Flasked, fresh: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite too: a table that a broken try left there would stop every later one."""
    import sqlalchemy as sa

    from lms.core import cli

    real = cli.alembic_config()
    folder = tmp_path / "versions"
    folder.mkdir()
    (folder / "0001_breaks.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\nrevision, down_revision = '0001', None\n"
        "def upgrade():\n    op.create_table('half', sa.Column('id', sa.Integer))\n    raise ZeroDivisionError\n"
        "def downgrade():\n    pass\n"
    )
    real.set_main_option("path_separator", "os")
    real.set_main_option("version_locations", str(folder))
    monkeypatch.setattr(cli, "alembic_config", lambda: real)
    assert isinstance(flask("db", "upgrade").exception, ZeroDivisionError)
    engine = sa.create_engine(fresh, poolclass=sa.NullPool)
    with engine.connect() as connection:
        assert "half" not in sa.inspect(connection).get_table_names()


@pytest.mark.parametrize(
    "words", [("db", "upgrade"), ("db", "check"), ("jobs", "list"), ("jobs", "work", "--once")]
)
def test_a_database_that_is_away_is_a_sentence_and_status_1(
    app: Flask, settings: Settings, flask: Flasked, words: tuple[str, ...]
) -> None:
    away = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    house.use(replace(settings, owner_database_url=away, database_url=away))
    db.connect(away)
    try:
        done = flask(*words)
    finally:
        house.use(settings)
        roles.connect(settings)
    assert done.exit_code == 1
    assert "The database does not answer" in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    "words",
    [("jobs", "list", "--state", "lost"), ("jobs", "work", "--concurrency", "0"), ("jobs", "nonsense"), ("db", "upgrade", "a", "b")],
)  # fmt: skip
def test_unusable_words_are_status_2(flask: Flasked, words: tuple[str, ...]) -> None:
    assert flask(*words).exit_code == 2


def test_jobs_are_done_and_listed(flask: Flasked) -> None:
    jobs.task("test.once")(lambda run: {"rows": 1})
    try:
        with db.transaction(tenant_id=1):
            number = jobs.later("test.once", tenant_id=1).id
        assert flask("jobs", "list").output == f"{number}\twaiting\ttest.once\t0/?\t\n"
        assert json.loads(flask("jobs", "list", "--json").stdout) == {
            "jobs": [
                {
                    "id": number,
                    "state": "waiting",
                    "kind": "test.once",
                    "progress": 0,
                    "total": None,
                    "error": None,
                }
            ]
        }
        assert flask("jobs", "work", "--once").exit_code == 0
    finally:
        jobs.tasks.pop("test.once")
    assert "test.once" not in flask("jobs", "list", "--state", "waiting").output
    assert f"{number}\tdone\ttest.once" in flask("jobs", "list", "--state", "done").output


def test_working_once_takes_the_mail_too(flask: Flasked, settings: Settings) -> None:
    with db.transaction():
        post.send(
            "enrolment.welcome",
            "nadia@exemple.fr",
            post.Message.registered["enrolment.welcome"].example,
            key="k",
        )
        post.send("enrolment.welcome", "autre@exemple.fr", {}, key="k")
    assert flask("jobs", "work", "--once").exit_code == 0
    with db.transaction(db.Mode.READ):
        (mail,) = db.session.query(Mail).all()
        assert (mail.state, mail.address) == ("sent", "nadia@exemple.fr")
    assert (settings.var / "mail" / f"{post.message_id('k', 'x')[1:33]}.eml").is_file()
