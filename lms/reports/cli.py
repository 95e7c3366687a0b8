"""``flask reports``."""

from datetime import date, datetime
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from lms.core import db, journal
from lms.core.cli import refuse, say
from lms.core.db import Mode
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.enrolment.models import Level
from lms.organisations.queries import by_slug
from lms.reports import queries, services
from lms.reports.scope import LEVELS, Asker, Scope

group = AppGroup("reports", help="Reports as files.")


def register(app: Flask) -> None:
    """Add these commands."""
    app.cli.add_command(group)


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_(as_json: bool) -> None:
    """The reports there are."""
    found = services.all_reports()
    if as_json:
        named = [{"name": r.name, "label": str(r.label), "columns": [f.key for f in r.fields]} for r in found]
        say({"reports": named})
        return
    for report in found:
        click.echo(f"{report.name}\t{report.label}")


@group.command()
@click.argument("name")
@click.option("--organisation", "slug", required=True, help="Slug; all that lies below it is meant too.")
@click.option("--cohort", default="", help="Name of one cohort.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]),
    help="The figures as they were at the end of that day.",
)
@click.option("--as", "login", default="", help="What this person may see; else what the organisation sees.")
@click.option(
    "--level",
    type=click.Choice([level.value for level in LEVELS]),
    help="How much of people it shows at most.",
)
@click.option(
    "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="FILE.xlsx or FILE.csv"
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def run(
    name: str,
    slug: str,
    cohort: str,
    as_of: datetime | None,
    login: str,
    level: str | None,
    output: Path,
    as_json: bool,
) -> None:
    """Make the report NAME and write it to a file."""
    report = services.report_named(name)
    form = output.suffix.removeprefix(".").lower()
    if report is None:
        refuse(
            _("No report is called %(name)s.", name=name), _("See `flask reports list`."),
            as_json=as_json, status=2,
        )  # fmt: skip
    if form not in services.FORMS or not output.parent.is_dir():
        refuse(
            _("The output is a file named .xlsx or .csv, in a folder that exists."), as_json=as_json, status=2
        )
    asker = _asker(slug, login, as_json)
    try:
        with db.transaction(Mode.READ, asker.tenant_id):
            scope = services.scope_for(
                asker, cohort=cohort, as_of=_day(as_of), level=Level(level) if level else None
            )
    except Refused as refusal:
        refuse(refusal.reason, refusal.remedy, as_json=as_json)
    part = output.with_name(f".{output.name}.part")  # nobody finds half a file under its name
    with db.transaction(Mode.REPORT, asker.tenant_id), part.open("w+b") as file:
        written = services.write(report, scope, file, form)
    part.replace(output)
    _note(report.name, scope, written)
    told = ngettext("%(num)s row in %(file)s.", "%(num)s rows in %(file)s.", written.rows, file=output)
    click.echo(told, err=True)
    if as_json:
        say(
            {
                "report": name,
                "file": str(output),
                "rows": written.rows,
                "size": written.size,
                "sha256": written.sha256,
            }
        )


def _asker(slug: str, login: str, as_json: bool) -> Asker:
    """The person of this login as they are now, or the organisation itself."""
    with db.transaction(Mode.READ):
        organisation = by_slug(slug)
    if organisation is None:
        refuse(_("No organisation is called %(slug)s.", slug=slug), as_json=as_json, status=2)
    tenant_id = organisation.tenant_id
    if not login:
        return Asker(
            tenant_id, 0, "", organisation.id, organisation.name, is_watcher=True, is_partner=False,
            zone=organisation.zone, language=organisation.language,
        )  # fmt: skip
    with db.transaction(Mode.READ, tenant_id):
        person_id = queries.person_by_login(tenant_id, login)
        asker = queries.asker_again(tenant_id, person_id, organisation.id) if person_id else None
    if asker is None:
        refuse(
            _("%(login)s has no role in %(slug)s.", login=login, slug=slug),
            _("Name the organisation of which this person is a member."),
            as_json=as_json,
        )
    return asker


def _note(report: str, scope: Scope, written: services.Written) -> None:
    asker = scope.asker
    with db.transaction(Mode.WRITE, asker.tenant_id):
        journal.note(
            "report-downloaded", tenant_id=asker.tenant_id, report=report, cohort=scope.cohort_id,
            level=scope.level.value, rows=written.rows, by=asker.person_id or "command",
        )  # fmt: skip


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None
