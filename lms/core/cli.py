"""``flask db``, ``flask jobs`` and ``flask doctor``. Exit status: 0 done, 1 refused or the database is away, 2 unusable arguments."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any, NoReturn

import click
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.util import CommandError
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import NullPool, create_engine

from config import settings
from lms.core import beats, db, doctor, jobs, roles, schedule, sms, upgrades, worker
from lms.core.backup import cli as backup
from lms.core.courier import Courier
from lms.core.db import Mode, Model
from lms.core.i18n import gettext as _

database = AppGroup("db", help="The database's tables.")
work = AppGroup("jobs", help="Work that is done later.")


def register(app: Flask) -> None:
    """Add these commands."""
    app.cli.add_command(database)
    app.cli.add_command(work)
    app.cli.add_command(look)
    app.cli.add_command(backup.commands)


def alembic_config() -> Config:
    """Where the migrations are, and the address of the tables' owner."""
    chosen = settings.current()
    config = Config()
    config.set_main_option("script_location", str(settings.ROOT / "migrations"))
    url = chosen.owner_database_url or chosen.database_url
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


@database.command()
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the tables up to date, and give the other roles their rights on them."""
    with _told(), upgrades.waited_for_nobody(alembic_config()):
        command.upgrade(alembic_config(), revision)
        _grant()


@database.command()
@click.argument("revision", default="-1")
def downgrade(revision: str) -> None:
    """Take the last migration back, or down to REVISION."""
    with _told(), upgrades.waited_for_nobody(alembic_config()):
        command.downgrade(alembic_config(), revision)


@database.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(as_json: bool) -> None:
    """Whether the models equal the migrations."""
    url = alembic_config().get_main_option("sqlalchemy.url") or ""
    engine = create_engine(url.replace("%%", "%"))
    with _told(), engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = compare_metadata(context, Model.metadata)
    engine.dispose()
    told = [_difference(one) for one in differences]
    if as_json:
        say({"status": "different" if told else "equal", "differences": told})
    for one in told:
        click.echo(one, err=True)
    if told:
        click.echo(
            "The tables are not what the models say. Bring them up to date: flask db upgrade", err=True
        )
    sys.exit(1 if told else 0)


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def look(as_json: bool) -> None:
    """Say what is missing or wrong in this installation, and what to do. Exit status 1 if something does not work."""
    looked = doctor.look()
    for one in looked:
        _tell(one)
    if as_json:
        say({"healthy": not any(one.is_ill for one in looked), "checks": [_as_json(one) for one in looked]})
    sys.exit(1 if any(one.is_ill for one in looked) else 0)


def _tell(one: doctor.Looked) -> None:
    if one.was_left_out:
        needed = doctor.Checkup.registered[one.name].needs
        click.echo(f"-       {one.name}: " + _("left out, as %(other)s is not well", other=needed), err=True)
    elif not one.findings:
        click.echo(f"ok      {one.name}{f': {one.summary}' if one.summary else ''}", err=True)
    for finding in one.findings:
        mark = "warning" if finding.is_warning else "WRONG"
        click.echo(f"{mark:<8}{one.name}: {finding.wrong}\n        {finding.remedy}", err=True)


def _as_json(one: doctor.Looked) -> dict[str, Any]:
    found = [asdict(finding) for finding in one.findings]
    return {"name": one.name, "healthy": not one.is_ill, "left_out": one.was_left_out, "findings": found} | (
        {"summary": one.summary} if one.summary else {}
    )


def _grant() -> None:
    """The rights of the roles that the settings name; nothing on SQLite, or where one role does everything."""
    chosen = settings.current()
    if not roles.walls_are_wanted(chosen):
        return
    engine = create_engine(chosen.owner_database_url, poolclass=NullPool)
    urls = [url for url in (chosen.database_url, chosen.read_database_url) if url]
    try:
        with engine.begin() as connection:
            roles.grant(connection, urls, chosen.worker_database_url)
    except LookupError as error:
        said = _("There is no role %(role)s: make it first. See docs/postgresql.md.", role=error.args[0])
        raise click.ClickException(said) from error


@work.command("work")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="Processes that work side by side.",
)
@click.option("--once", is_flag=True, help="Do what is due, then stop.")
def work_(concurrency: int, once: bool) -> None:
    """The embedded worker: jobs, mails and what repeats."""
    turns = worker.work_on_jobs(jobs.LEASE), _courier().turn, schedule.turn, worker.sign_of_life(beats.EVERY)
    if once:
        with _told():
            _refuse_to_be_blind()
            while sum(turn() for turn in turns):
                pass
        return
    _wait_to_see()
    worker.keep_alive(db.disconnect_inherited, [turns] * concurrency)


@work.command("relay")
def relay_() -> None:
    """With a broker: hand over what is due, send mails, start what repeats. Celery's workers do the jobs."""
    chosen = settings.current()
    if not chosen.queue_url:
        raise click.UsageError("LMS_QUEUE_URL names no broker: start `flask jobs work` instead.")
    from lms.core import carrier  # Celery stays out of every other process
    from lms.core.relay import Relay

    _wait_to_see()
    carrier.configure(chosen.queue_url)
    sign = worker.sign_of_life(beats.EVERY, beats.RELAY)
    carrying = Relay(carrier.CeleryBroker()).turn, schedule.turn, sign
    worker.keep_alive(db.disconnect_inherited, [carrying, (_courier().turn,)], pause=0.2)


@work.command("list")
@click.option(
    "--state", type=click.Choice(["waiting", "running", "done", "failed", "cancelled"]), default=None
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_(state: str | None, as_json: bool) -> None:
    """The latest jobs."""
    with _told(), db.transaction(Mode.READ, of_all=True):
        found = [
            {name: getattr(job, name) for name in ("id", "state", "kind", "progress", "total", "error")}
            for job in jobs.latest(state or "")
        ]
    if as_json:
        say({"jobs": found})
        return
    for job in found:
        done = f"{job['progress']}/{job['total'] or '?'}"
        click.echo(f"{job['id']}\t{job['state']}\t{job['kind']}\t{done}\t{job['error'] or ''}")


@contextmanager
def _told() -> Iterator[None]:
    """A sentence instead of a traceback for what whoever typed the command can put right."""
    try:
        yield
    except CommandError as error:
        raise click.UsageError(f"{error}.") from error
    except db.AWAY as error:
        said = str(getattr(error, "orig", error)).strip().partition("\n")[0]
        raise click.ClickException(
            f"The database does not answer, or has no such tables yet: {said}"
        ) from error


def _difference(found: Any) -> str:
    """One difference as people read it: what the models want done, and to what."""
    if isinstance(found, list):  # several changes of one column
        return "; ".join(_difference(one) for one in found)
    verb, *about = found
    named = [getattr(one, "name", one) for one in about if one is not None]
    return " ".join([verb.replace("_", " "), ".".join(one for one in named if isinstance(one, str))])


def _refuse_to_be_blind() -> None:
    """A worker whose role sees no customer's jobs would wait for ever, and nobody would know why."""
    if not db.is_postgresql():
        return
    try:
        with db.transaction(Mode.READ, of_all=True):
            sees = roles.sees_queues(db.session.connection())
    except roles.Unbound as error:
        raise click.ClickException(str(error)) from error
    if not sees:
        raise click.ClickException(
            _("The workers' role does not see the jobs and mails of the customers.")
            + " "
            + _("Name it in LMS_WORKER_DATABASE_URL, then run `flask db upgrade` as the owner.")
        )


def _wait_to_see() -> None:
    """Before the children are born; a worker waits for a database that is away."""
    with suppress(*db.AWAY):
        _refuse_to_be_blind()
    db.disconnect()


def _courier() -> Courier:
    chosen = settings.current()
    return Courier(chosen.smtp_url, chosen.var / "mail", chosen.base_url, texts=sms.service(chosen))


def say(values: dict[str, Any]) -> None:
    """Print one JSON object on standard output: what ``--json`` promises."""
    import json

    click.echo(json.dumps(values, ensure_ascii=False, default=str))


def refuse(reason: str, remedy: str = "", *, as_json: bool = False, status: int = 1) -> NoReturn:
    """End the command: why nothing was done and what to do, for people, and with ``--json`` for programs.

    ``status``: 1 refused, 2 unusable arguments or file.
    """
    sentence = reason if reason.endswith((".", "!", "?")) else f"{reason}."
    click.echo(f"{sentence} {remedy}".strip(), err=True)
    if as_json:
        say({"refused": reason, "remedy": remedy})
    sys.exit(status)
