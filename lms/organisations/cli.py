"""``flask organisations`` and ``flask people``: the first tenant, the first administrator, and all that follow."""

from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from lms.core import db
from lms.core.cli import refuse, say
from lms.core.db import Mode
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.organisations import queries, services
from lms.organisations.models import Organisation, OrganisationKind, Role
from lms.people.services import hash_password
from lms.people.weakness import password_fault

organisations = AppGroup("organisations", help="The tree of organisations.")
people = AppGroup("people", help="Who is what in an organisation.")


def register(app: Flask) -> None:
    """Add these commands."""
    app.cli.add_command(organisations)
    app.cli.add_command(people)


@organisations.command("add")
@click.argument("slug")
@click.option("--name", required=True, help="As people read it.")
@click.option("--kind", required=True, type=click.Choice([one.value for one in OrganisationKind]))
@click.option("--parent", "parent_slug", help="The organisation above it; without, a new tenant.")
@click.option("--level", default="", help="A free label: réseau, région, site.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def add_organisation(
    slug: str, name: str, kind: str, parent_slug: str | None, level: str, as_json: bool
) -> None:
    """A unit of the tree; without a parent, a new tenant."""
    parent = _organisation(parent_slug, as_json) if parent_slug else None
    try:
        with db.transaction(Mode.WRITE, parent.tenant_id if parent else None):
            made = services.add(slug, name, OrganisationKind(kind), parent=parent, level=level)
            answer = {"organisation": made.slug, "name": made.name, "parent": parent_slug}
    except Refused as refusal:
        refuse(refusal.reason, refusal.remedy, as_json=as_json)
    click.echo(_("%(name)s stands in the tree.", name=name), err=True)
    if as_json:
        say(answer)


@people.command("add")
@click.argument("login")
@click.option("--organisation", "slug", required=True)
@click.option("--role", required=True, type=click.Choice([one.value for one in Role]))
@click.option("--email", help="Where links for a forgotten password go.")
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--first-name", default="", help="Without: from the login.")
@click.option("--last-name", default="", help="Without: from the login.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def add_person(
    login: str,
    slug: str,
    role: str,
    email: str | None,
    password_file: Path | None,
    first_name: str,
    last_name: str,
    as_json: bool,
) -> None:
    """A member of an organisation. Without a password file, a link to choose one is printed: it lasts a week."""
    organisation = _organisation(slug, as_json)
    hashed = _hashed(password_file, login) if password_file else None
    first, last = _names(login, first_name, last_name)
    try:
        with db.transaction(Mode.WRITE, organisation.tenant_id):
            added = services.add_person(
                login, organisation, Role(role), first_name=first, last_name=last, email=email, hashed=hashed
            )
    except Refused as refusal:
        refuse(refusal.reason, refusal.remedy, as_json=as_json)
    click.echo(_("%(login)s is a member of %(slug)s.", login=added.login, slug=slug), err=True)
    if as_json:
        say({"login": added.login, "organisation": slug, "role": role, "link": added.link or None})
    elif added.link:
        click.echo(added.link)


def _organisation(slug: str, as_json: bool) -> Organisation:
    with db.transaction(Mode.READ):
        found = queries.by_slug(slug)
        if found is None:
            refuse(
                _("No organisation is called “%(slug)s”.", slug=slug), _("Check its slug."),
                as_json=as_json, status=2,
            )  # fmt: skip
        db.session.expunge(found)  # its plain values outlive the transaction
        return found


def _hashed(file: Path, login: str) -> str:
    password = file.read_text("utf-8").rstrip("\r\n")
    if fault := password_fault(password, [login]):
        raise click.BadParameter(fault, param_hint="--password-file")
    return hash_password(password)


def _names(login: str, first: str, last: str) -> tuple[str, str]:
    """``claire.morel`` is Claire Morel until somebody writes it better."""
    head, _dot, tail = login.partition("@")[0].partition(".")
    return first or head.replace("-", " ").title(), last or tail.replace("-", " ").title()
