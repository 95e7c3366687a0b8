"""``flask courses``."""

from collections.abc import Sequence
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from lms.core import db
from lms.core.cli import refuse, say
from lms.core.db import AnyRow, Mode, session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.courses import importer, queries, services
from lms.courses.importer import Unusable
from lms.courses.services import ImportReport
from lms.organisations.queries import by_slug

commands = AppGroup("courses", help="Courses: bring them in, list them, publish them.")
as_json = click.option("--json", "json_", is_flag=True, help="Print one JSON object on standard output.")


def register(app: Flask) -> None:
    """Add these commands."""
    app.cli.add_command(commands)


@commands.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--organisation", required=True, help="Slug of the organisation that the course belongs to.")
@click.option("--slug", default="", help="Name of the course; one that exists is brought up to date.")
@as_json
def import_(path: Path, organisation: str, slug: str, json_: bool) -> None:
    """Bring in the course at PATH: a folder of Markdown, the same as a .zip, or a .gift file of questions."""
    with db.transaction(Mode.READ):
        owner = by_slug(organisation)
    if owner is None:
        refuse(_("No organisation is called %(slug)s.", slug=organisation), as_json=json_, status=2)
    try:
        draft = importer.read(path)  # slow, so before the transaction
        with db.transaction(Mode.WRITE, owner.tenant_id):
            report = services.keep(draft, owner, slug or None)
    except Refused as refusal:
        status = 2 if isinstance(refusal, Unusable) else 1
        refuse(refusal.reason, refusal.remedy, as_json=json_, status=status)
    else:
        _tell(report, json_)


@commands.command("list")
@as_json
def list_(json_: bool) -> None:
    """Every course: its slug, state, steps and minutes."""
    with db.transaction(Mode.READ):
        _tell_all(queries.all_courses(), json_)


@commands.command()
@click.argument("slug")
@as_json
def publish(slug: str, json_: bool) -> None:
    """Put the course SLUG on the shelf."""
    with db.transaction(Mode.READ):
        found = queries.any_course(slug)
    if found is None:
        refuse(_("No course is called %(slug)s.", slug=slug), as_json=json_, status=2)
    try:
        with db.transaction(Mode.WRITE, found.tenant_id):
            course = session.merge(found)  # read before the tenant was known; written in its own transaction
            services.publish(course)
            state = course.state.value
    except Refused as refusal:
        refuse(refusal.reason, refusal.remedy, as_json=json_)
    if json_:
        say({"course": slug, "state": state})
    click.echo(_("%(slug)s is published.", slug=slug), err=True)


def _tell_all(rows: Sequence[AnyRow], json_: bool) -> None:
    if json_:
        say(
            {
                "courses": [
                    {
                        "course": row.Course.slug, "title": row.Course.title, "organisation": row.organisation,
                        "state": row.Course.state.value, "steps": row.Course.steps, "minutes": row.Course.minutes,
                    }
                    for row in rows
                ]
            }
        )  # fmt: skip
        return
    for row in rows:
        one = row.Course
        click.echo(
            f"{one.slug}\t{row.organisation}\t{one.state.value}\t{one.steps}\t{one.minutes} min\t{one.title}"
        )


def _tell(report: ImportReport, json_: bool) -> None:
    if json_:
        say(report.as_json())
    steps = ngettext("%(num)s step", "%(num)s steps", report.activities)
    questions = ngettext("%(num)s question", "%(num)s questions", report.questions)
    click.echo(f"{report.course} · {steps} · {questions}", err=True)
    for one in report.unread:
        where = f"{one.file}:{one.line}" if one.line else one.file
        click.echo(f"  {where} · {one.reason}", err=True)
