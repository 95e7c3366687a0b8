"""``flask backup``. Exit status: 0 done, 1 refused (nothing was changed), 2 unusable arguments or file."""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from config import settings
from lms.core import db
from lms.core.backup import snapshots, sqlite, whole
from lms.core.backup.archive import BackupRefused

commands = AppGroup("backup", help="A copy of everything, and back.")
_FILE = click.Path(dir_okay=False, path_type=Path)
_THERE = click.Path(exists=True, dir_okay=False, path_type=Path)


@commands.command()
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def make(file: Path, as_json: bool) -> None:
    """Write the database and all files into FILE, while the service goes on."""
    began = time.monotonic()
    manifest = _told(lambda: whole.make(settings.current(), file), as_json)
    seconds = round(time.monotonic() - began, 1)
    _say(
        as_json,
        {"file": str(file), "bytes": file.stat().st_size, "seconds": seconds, **asdict(manifest)},
        f"{file}: {sum(manifest.rows.values())} rows, {manifest.files} files, {seconds} s.",
    )


@commands.command()
@click.argument("file", type=_THERE)
@click.option("--force", is_flag=True, help="Replace what is there.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def restore(file: Path, force: bool, as_json: bool) -> None:
    """Put the backup FILE (or a snapshot of a SQLite database) in place of what is there; the service is stopped."""
    chosen = settings.current()
    began = time.monotonic()
    db.disconnect()
    if sqlite.is_database(file):
        rows = _told(lambda: whole.restore_snapshot(chosen, file, force=force), as_json)
        said: dict[str, Any] = {"rows": rows, "files": None}
    else:
        manifest = _told(lambda: whole.restore(chosen, file, force=force), as_json)
        said = asdict(manifest)
        if not whole.fits(manifest, settings.load()):
            click.echo(
                "LMS_SECRET_KEY is not the key of this backup: people sign in again, and what is sealed (secrets of"
                " sign-on providers) can’t be opened until that key is back.",
                err=True,
            )
    said["seconds"] = round(time.monotonic() - began, 1)
    _say(
        as_json,
        said,
        f"{sum(said['rows'].values())} rows are back in {said['seconds']} s. Now: flask db upgrade, flask doctor, start.",
    )


@commands.command()
def snapshot() -> None:
    """Take a snapshot of a SQLite database now."""
    chosen = settings.current()
    if not chosen.database_url.startswith("sqlite"):
        raise click.ClickException("PostgreSQL archives its log instead: see docs/operations.md.")
    click.echo(_told(lambda: snapshots.take(chosen), as_json=False))


def _told(work: Any, as_json: bool) -> Any:
    try:
        return work()
    except BackupRefused as refusal:
        if as_json:
            click.echo(json.dumps({"refused": refusal.reason, "remedy": refusal.remedy}, ensure_ascii=False))
        click.echo(f"{refusal.reason} {refusal.remedy}".strip(), err=True)
        sys.exit(1)


def _say(as_json: bool, values: dict[str, Any], words: str) -> None:
    if as_json:
        click.echo(json.dumps(values, ensure_ascii=False, default=str))
    click.echo(words, err=as_json)
