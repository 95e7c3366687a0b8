"""``flask enrolment import``: people from a file into a cohort; ``flask enrolment undo``: back again."""

import secrets
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from lms.core import db, walls
from lms.core.cli import refuse, say
from lms.core.db import Mode
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.enrolment import queries
from lms.enrolment.models import Batch, ImportMode
from lms.enrolment.reading.faults import worded
from lms.enrolment.services import corrected, imports, taking_back
from lms.enrolment.services.imports import Passage
from lms.enrolment.services.order import Order
from lms.enrolment.services.report import Report
from lms.organisations.queries import by_slug

commands = AppGroup("enrolment", help="Who is in which cohort.")
_SHOWN = 20  #: lines told to people; the JSON has them all


def register(app: Flask) -> None:
    """Add these commands."""
    app.cli.add_command(commands)


@commands.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--organisation", required=True, help="Slug of the organisation that enrols.")
@click.option("--cohort", required=True, help="Name of the cohort; made if it is new.")
@click.option("--course", default="", help="Slug of a course to put people on.")
@click.option("--curriculum", default="", help="Slug of a curriculum to put people on.")
@click.option("--due", type=click.DateTime(["%Y-%m-%d"]), help="Until when, as 2026-12-18.")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in ImportMode]),
    default=ImportMode.CHANGES.value,
    show_default=True,
    help="changes: what the file says otherwise than the last one, and what was changed by hand stays; add: only new people;"
    " update: everything as the file says it; replace: the same, and whoever is not in the file leaves.",
)
@click.option(
    "--leaving", type=click.IntRange(0), help="With --mode replace: how many leave, as --dry-run says it."
)
@click.option("--dry-run", is_flag=True, help="Check, and write nothing.")
@click.option("--valid-rows", is_flag=True, help="Enrol the good lines although others are wrong.")
@click.option(
    "--corrected",
    "corrected_to",
    type=click.Path(path_type=Path),
    help="Write the file back, its wrong lines explained (.xlsx).",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def import_(file: Path, corrected_to: Path | None, as_json: bool, **said: Any) -> None:
    """Enrol the people of FILE (CSV or XLSX)."""
    try:
        report = _import(file, corrected_to, **said)
    except Refused as refusal:
        refuse(refusal.reason, refusal.remedy, as_json=as_json, status=2)
    except OSError as error:
        refuse(
            _("The file cannot be read: %(reason)s.", reason=error.strerror or error),
            _("Check its address."),
            as_json=as_json,
            status=2,
        )
    else:
        say(_as_json(report)) if as_json else _tell(report, said["dry_run"])
        sys.exit(1 if report.invalid or _awaits_leave(report, said) else 0)


def _awaits_leave(report: Report, said: dict[str, Any]) -> bool:
    """Whether nothing was written because nobody confirmed who leaves."""
    return bool(report.leaving and report.batch_id is None and not said["dry_run"])


def _import(file: Path, corrected_to: Path | None, **said: Any) -> Report:
    _writable(corrected_to)
    order = _order(file, **said)
    tenant_id = order.organisation.tenant_id
    if not file.is_file():
        raise FileNotFoundError(2, _("there is no such file"))
    passage = imports.open_file(file, order, f"command/{secrets.token_hex(8)}")

    def step(_rows: int) -> AbstractContextManager[object]:
        return db.transaction(Mode.WRITE, tenant_id)

    with _swept(passage, tenant_id):
        imports.stage(passage, step)
        imports.finish(passage, step)
    if corrected_to is not None:
        report = passage.report
        corrected.write(
            file, order.file_name, report.errors + report.warnings, corrected_to, changes=report.changes
        )
    return passage.report


def _writable(corrected_to: Path | None) -> None:
    """Said before anybody is enrolled: afterwards it would be too late to refuse."""
    if corrected_to is None:
        return
    if corrected_to.suffix.lower() != ".xlsx" or corrected_to.is_dir():
        raise Refused(_("The corrected file is a workbook."), _("Give it a name that ends in .xlsx."))
    if not corrected_to.absolute().parent.is_dir():
        raise Refused(
            _("The folder of the corrected file does not exist."), _("Make it, or choose another one.")
        )


@contextmanager
def _swept(passage: Passage, tenant_id: int) -> Iterator[None]:
    """Whatever breaks, no line of the file stays behind."""
    try:
        yield
    except BaseException:
        with db.transaction(Mode.WRITE, tenant_id):
            imports.forget(passage)
        raise


def _order(
    file: Path,
    organisation: str,
    cohort: str,
    course: str,
    curriculum: str,
    due: Any,
    dry_run: bool,
    valid_rows: bool,
    mode: str,
    leaving: int | None,
) -> Order:
    if course and curriculum:
        raise Refused(_("Both a course and a curriculum are named."), _("Name one of the two."))
    if not " ".join(cohort.split()):
        raise Refused(_("The cohort has no name."), _("Give it one with --cohort."))
    with db.transaction(Mode.READ):
        found = by_slug(organisation)
    if found is None:
        raise Refused(_("No organisation is called “%(slug)s”.", slug=organisation), _("Check its slug."))
    with db.transaction(Mode.READ, found.tenant_id):
        courses, path = queries.named_courses(found.tenant_id, course, curriculum)
        remembered = queries.remembered_columns(found.tenant_id, found.id)
    if course and not courses:
        raise Refused(_("No course is called “%(slug)s”.", slug=course), _("See `flask courses list`."))
    if curriculum and path is None:
        raise Refused(_("No curriculum is called “%(slug)s”.", slug=curriculum), _("Check its slug."))
    due_on: date | None = due.date() if due else None
    return Order(
        found, cohort, courses, path, due_on, dry_run, valid_rows, file_name=file.name, mode=ImportMode(mode), leaving=leaving,
        remembered=remembered,
    )  # fmt: skip


def _as_json(report: Report) -> dict[str, Any]:
    counts = {name: getattr(report, name) for name in ("total", "imported", "updated", "ignored", "invalid")}
    return {
        "batch": report.batch_id,
        **counts,
        "errors": [worded(kept) for kept in sorted(report.errors, key=_line)],
        "warnings": [worded(kept) for kept in sorted(report.warnings, key=_line)],
        "leaving": report.leaving,
        "layout": report.layout,
    }


def _line(kept: dict[str, Any]) -> int:
    return int(kept["line"])


def _tell(report: Report, is_dry: bool) -> None:
    for kept in sorted([*report.errors, *report.warnings], key=_line)[:_SHOWN]:
        told = worded(kept)
        click.echo("{line}\t{column}\t{value}\t{message} {remedy}".format(**told), err=True)
    more = len(report.errors) + len(report.warnings) - _SHOWN
    if more > 0:
        click.echo(ngettext("and %(num)s more", "and %(num)s more", more), err=True)
    click.echo(
        _("%(total)s lines: %(imported)s imported, %(updated)s updated, %(ignored)s ignored, %(invalid)s to correct.",
          **{name: getattr(report, name) for name in ("total", "imported", "updated", "ignored", "invalid")}),
        err=True,
    )  # fmt: skip
    if report.leaving and (is_dry or report.batch_id is None):
        click.echo(
            ngettext(
                "%(num)s person is not in the file and leaves the cohort; confirm with --leaving %(num)s.",
                "%(num)s people are not in the file and leave the cohort; confirm with --leaving %(num)s.",
                report.leaving,
            ),
            err=True,
        )
    if report.batch_id is None and not is_dry:
        click.echo(_("Nothing was written."), err=True)


@commands.command("undo")
@click.argument("batch", type=click.IntRange(1))
@click.option(
    "--all",
    "told",
    is_flag=True,
    help="Also whoever began, or was changed again since (never whoever holds a certificate).",
)
@click.option("--dry-run", is_flag=True, help="Say what stands against it, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def undo_(batch: int, told: bool, dry_run: bool, as_json: bool) -> None:
    """Take back what BATCH did: an import, an enrolment, a move, a withdrawal."""
    found = _batch(batch)
    if found is None:
        refuse(
            _("There is no receipt no. %(number)s.", number=batch), _("Look on the page of receipts."),
            as_json=as_json, status=2,
        )  # fmt: skip
    with db.transaction(Mode.READ, found.tenant_id):
        seen = queries.outlook(found)
    done: taking_back.Undone | None = None
    try:
        if not dry_run:
            done = taking_back.undo(found, lambda _n: db.transaction(Mode.WRITE, found.tenant_id), told=told)
    except Refused as refusal:
        refuse(refusal.reason, refusal.remedy, as_json=as_json, status=1)
    _tell_undone(seen, done, as_json)
    sys.exit(1 if (done.left_out if done else seen.against) else 0)


def _batch(number: int) -> Batch | None:
    """A receipt is known by its number alone: it is looked for in each tenant."""
    with db.transaction(Mode.READ):
        tenants = walls.every_tenant()
    for tenant_id in tenants:
        with db.transaction(Mode.READ, tenant_id):
            if (found := queries.batch_of(tenant_id, number)) is not None:
                return found
    return None


def _tell_undone(seen: queries.Outlook, done: taking_back.Undone | None, as_json: bool) -> None:
    conflicts = [{"why": one.kind.name, "people": one.number} for one in seen.against]
    if as_json:
        people, left_out = (done.people, done.left_out) if done else (0, 0)
        receipt = done.batch_id if done else None
        say(
            {
                "batch": receipt,
                "people": people,
                "left_out": left_out,
                "conflicts": conflicts,
                "mails": seen.mails,
            }
        )
        return
    for one in seen.against:
        click.echo(f"{one.number}\t{one.kind.label}. {one.kind.remedy}", err=True)
    if seen.mails:
        click.echo(
            ngettext(
                "%(num)s mail left already, and stays.", "%(num)s mails left already, and stay.", seen.mails
            ),
            err=True,
        )
    if done:
        click.echo(
            ngettext("%(num)s person is as before.", "%(num)s people are as before.", done.people), err=True
        )
