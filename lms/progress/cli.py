"""``flask progress``: whether the ledger of learning still says what was written."""

import sys

import click
from flask import Flask
from flask.cli import AppGroup

from lms.core import db
from lms.core.cli import refuse, say
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.organisations.queries import by_slug
from lms.progress import ledger, queries

progress = AppGroup("progress", help="What learners have done.")


def register(app: Flask) -> None:
    """Add these commands."""
    app.cli.add_command(progress)


@progress.command()
@click.option("--organisation", "slug", required=True, help="Whose learners: it and all below it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def verify(slug: str, as_json: bool) -> None:
    """Check the chain of learning events, and name the first altered row."""
    with db.transaction(Mode.READ):
        organisation = by_slug(slug)
    if organisation is None:
        refuse(_("No organisation is called %(slug)s.", slug=slug), as_json=as_json, status=2)
    with db.transaction(Mode.REPORT, organisation.tenant_id):
        count, fault = ledger.check(organisation.tenant_id, queries.enrolments_below(organisation))
    if fault is None:
        told = ngettext(
            "%(num)s event, and every chain holds.", "%(num)s events, and every chain holds.", count
        )
        answer = {"status": "intact", "events": count}
    else:
        of = {"number": fault.number, "enrolment": fault.enrolment_id}
        told = (
            _("Event %(number)s of enrolment %(enrolment)s is missing.", **of)
            if fault.reason == "missing"
            else _("Event %(number)s of enrolment %(enrolment)s is not as it was written.", **of)
        )
        answer = {
            "status": "altered", "events": count,
            "first": {"enrolment": fault.enrolment_id, "number": fault.number, "reason": fault.reason},
        }  # fmt: skip
    click.echo(told, err=True)
    if as_json:
        say(answer)
    sys.exit(0 if fault is None else 1)
