"""``flask scim``: a token for an organisation's identity system."""

import click
from flask import Flask
from flask.cli import AppGroup

from config import settings
from lms.api import services
from lms.api.scim import ROOT
from lms.core import db
from lms.core.cli import refuse, say
from lms.core.db import Mode
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.organisations.queries import by_slug

group = AppGroup("scim", help="Identity systems that say who works where.")


def register(app: Flask) -> None:
    """Add these commands."""
    app.cli.add_command(group)


@group.command("token")
@click.option("--organisation", "slug", required=True, help="For which it will speak.")
@click.option("--name", default="SCIM", show_default=True, help="What the page of tokens calls it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def token(slug: str, name: str, as_json: bool) -> None:
    """Print a new bearer token for /scim/v2. It is shown this once; earlier ones stand until they are revoked."""
    with db.transaction(Mode.READ):
        organisation = by_slug(slug)
    if organisation is None:
        refuse(
            _("No organisation is called “%(slug)s”.", slug=slug),
            _("Check its slug."),
            as_json=as_json,
            status=2,
        )
    try:
        with db.transaction(Mode.WRITE, organisation.tenant_id):
            made = services.make_token(organisation, name)
    except Refused as refusal:
        refuse(refusal.reason, refusal.remedy, as_json=as_json)
    address = settings.current().base_url + ROOT
    click.echo(_("For %(url)s. This token is shown only once.", url=address), err=True)
    if as_json:
        say({"token": made, "url": address, "organisation": slug})
    else:
        click.echo(made)
