"""``flask curricula``."""

import click
from flask import Flask
from flask.cli import AppGroup

from lms.core import db
from lms.core.cli import refuse, say
from lms.core.db import Mode
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.curricula import services
from lms.organisations.queries import by_slug

commands = AppGroup("curricula", help="Curricula: courses in an order.")


def register(app: Flask) -> None:
    """Add these commands."""
    app.cli.add_command(commands)


@commands.command()
@click.argument("slug")
@click.option("--title", required=True, help="What learners read above their path.")
@click.option("--organisation", required=True, help="Slug of the organisation that it belongs to.")
@click.option(
    "--course",
    "courses",
    multiple=True,
    required=True,
    help="Slug of a course; as often as needed, in order.",
)
@click.option("--json", "json_", is_flag=True, help="Print one JSON object on standard output.")
def add(slug: str, title: str, organisation: str, courses: tuple[str, ...], json_: bool) -> None:
    """Put the curriculum SLUG together from published courses."""
    with db.transaction(Mode.READ):
        owner = by_slug(organisation)
    if owner is None:
        refuse(_("No organisation is called %(slug)s.", slug=organisation), as_json=json_, status=2)
    try:
        with db.transaction(Mode.WRITE, owner.tenant_id):
            made = services.add(slug, title, owner, courses).slug
    except Refused as refusal:
        refuse(refusal.reason, refusal.remedy, as_json=json_)
    if json_:
        say({"curriculum": made, "courses": list(dict.fromkeys(courses))})
    click.echo(_("The curriculum %(slug)s is ready.", slug=made), err=True)
