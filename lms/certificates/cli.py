"""``flask certificates``."""

import sys
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from lms.certificates import codes, queries, services
from lms.certificates.queries import Verdict
from lms.core import db, files
from lms.core.cli import refuse, say
from lms.core.db import AnySelect, Mode
from lms.core.i18n import gettext as _
from lms.organisations.queries import below, by_slug

group = AppGroup("certificates", help="Certificates of completion.")


def register(app: Flask) -> None:
    """Add these commands."""
    app.cli.add_command(group)


@group.command()
@click.option("--organisation", "slug", required=True, help="Slug; all that lies below it is meant too.")
@click.option("--cohort", default="", help="Name of one cohort.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also copy the PDFs drawn into this folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def issue(slug: str, cohort: str, output: Path | None, as_json: bool) -> None:
    """Issue the certificates that are missing, and draw their PDFs at once."""
    tenant_id, cohorts = _meant(slug, cohort, as_json)
    with db.transaction(Mode.WRITE, tenant_id):
        issued = services.issue_for(tenant_id, queries.completed_in(tenant_id, cohorts))
    with db.transaction(Mode.READ, tenant_id):
        waiting = queries.undrawn_in(tenant_id, cohorts)
    drawn, paths = 0, []
    for chunk in services.batches(waiting, services.STEP):
        with db.transaction(Mode.READ, tenant_id):
            sheets = [services.sheet_of(one) for one in queries.undrawn(tenant_id, chunk)]
        made = services.draw(sheets)
        with db.transaction(Mode.WRITE, tenant_id):
            drawn += services.keep(tenant_id, made)
        paths += _copied(output, sheets, made)
    told = _("Certificates issued: %(issued)s, drawn: %(drawn)s.", issued=len(issued), drawn=drawn)
    click.echo(told, err=True)
    if as_json:
        say({"issued": len(issued), "drawn": drawn, "files": paths})


@group.command()
@click.argument("what")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(what: str, as_json: bool) -> None:
    """Whether WHAT, a PDF file or a code, is a valid certificate. Exit status 1 if it is not."""
    path = Path(what)
    is_file = path.is_file()
    if not is_file and (path.suffix.lower() == ".pdf" or "/" in what):
        refuse(_("There is no file %(path)s.", path=what), _("Check its address."), as_json=as_json, status=2)
    content = path.read_bytes() if is_file else b""
    with db.transaction(Mode.READ):
        verdict = queries.verdict_on_file(content) if is_file else queries.verdict_on_code(what)
    if as_json:
        say(_answer(verdict))
    else:
        click.echo(f"{verdict.status}\t{verdict.code}")
    click.echo(_sentence(verdict), err=True)
    sys.exit(0 if verdict.status == "valid" else 1)


def _meant(slug: str, cohort: str, as_json: bool) -> tuple[int, AnySelect]:
    """The tenant, and its cohorts that the arguments name. Ends the command where they name nothing."""
    with db.transaction(Mode.READ):
        organisation = by_slug(slug)
        if organisation is None:
            refuse(_("No organisation is called %(slug)s.", slug=slug), as_json=as_json, status=2)
        tenant_id = organisation.tenant_id
        cohorts = queries.cohorts_of(tenant_id, below(tenant_id, organisation.id), cohort)
        if cohort and not queries.is_any(cohorts):
            refuse(
                _("No cohort of %(slug)s is called “%(cohort)s”.", slug=slug, cohort=cohort),
                as_json=as_json,
                status=2,
            )
    return tenant_id, cohorts


def _copied(folder: Path | None, sheets: list[Any], made: list[services.Drawn]) -> list[str]:
    """Copies of what was drawn, by the certificates' numbers; their paths."""
    if folder is None:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    numbers = {sheet.certificate_id: sheet.number for sheet in sheets}
    paths = []
    for one in made:
        path = folder / f"certificat-{numbers[one.certificate_id]}.pdf"
        if files.storage().exists(one.key):
            with files.storage().open(one.key) as pdf:
                path.write_bytes(pdf.read())
            paths.append(str(path))
    return paths


def _answer(verdict: Verdict) -> dict[str, Any]:
    """What ``--json`` prints: the status, and the public data where the register has them."""
    found: dict[str, Any] = {"status": verdict.status, "code": verdict.code or None}
    if verdict.is_file:
        found["file"] = (
            "original" if verdict.status in ("valid", "revoked", "replaced") else "not the original"
        )
    if entry := verdict.entry:
        names = (
            "number",
            "initials",
            "title",
            "organisation",
            "minutes",
            "started_on",
            "completed_on",
            "issued_on",
        )
        found |= {name: getattr(entry, name) for name in names}
        found |= {"state": entry.state.value, "ended_on": entry.ended_on}
    return found


def _sentence(verdict: Verdict) -> str:
    if verdict.status == "unknown" and verdict.is_mistyped:
        return _("%(code)s is mistyped: its last character does not fit the others.", code=verdict.code)
    if verdict.status == "unknown" and not verdict.is_file:
        return _("No certificate has this code (%(form)s).", form=codes.grouped("X" * codes.SIZE))
    return {
        "valid": _("This certificate is valid."),
        "revoked": _("This certificate was revoked."),
        "replaced": _("This certificate was replaced by a newer one."),
        "expired": _("This certificate has expired."),
        "altered": _("This file is not the original that was issued; the register tells what was."),
        "unknown": _("No certificate of ours was found in this file."),
    }[verdict.status]
