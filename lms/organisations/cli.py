"""``flask organisations`` and ``flask people``: the first tenant, the first administrator, and all that follow."""

import json
from dataclasses import asdict
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from lms.core import db, journal
from lms.core.cli import refuse, say
from lms.core.db import Mode
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.organisations import queries, services
from lms.organisations.models import Organisation, OrganisationKind, Role
from lms.people import queries as persons
from lms.people import services as of_people
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
    first, last = _names(login, first_name, last_name)
    hashed = _hashed(password_file, [login, email or "", first, last]) if password_file else None
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


@people.command("forget-factors")
@click.argument("name", metavar="LOGIN")
@click.option("--yes", is_flag=True, help="Do not ask: whoever asks you for this may be somebody else.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def forget_factors(name: str, yes: bool, as_json: bool) -> None:
    """Take app, recovery codes and passkeys of an account away, for somebody who lost them; its sessions end."""
    with db.transaction(Mode.READ):
        account = persons.account_by_login(name)
        account_id = account.id if account else 0
    if not account_id:
        refuse(
            _("No account is called “%(login)s”.", login=name),
            _("Check its login."),
            as_json=as_json,
            status=2,
        )
    if not yes:
        click.confirm(_("Take the second factor of %(login)s away?", login=name), abort=True, err=True)
    with db.transaction(Mode.WRITE):
        of_people.forget_all(account_id, None, even_elsewhere=True)
    click.echo(_("The password of %(login)s alone opens the account now.", login=name), err=True)
    if as_json:
        say({"login": name})


@people.command("export")
@click.argument("name", metavar="LOGIN")
@click.option("--organisation", "slug", required=True, help="Any one of the tree.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Without: standard output.")
def export(name: str, slug: str, output: Path | None) -> None:
    """All that is held on somebody (a login, an agency's or a staff number), table by table, as JSON."""
    tenant_id = _organisation(slug).tenant_id
    with db.transaction(Mode.WRITE, tenant_id):
        person_id = _person(tenant_id, name)
        parts = of_people.held_on(tenant_id, person_id)
        rows = sum(len(part.rows) for part in parts)
        journal.note("person-exported", tenant_id=tenant_id, person=person_id, rows=rows)
    text = json.dumps([asdict(part) for part in parts], ensure_ascii=False, indent=2)
    if output is None:
        click.echo(text)
        return
    output.write_text(text + "\n", encoding="utf-8")
    click.echo(_("Written to %(file)s.", file=output), err=True)


@people.command("erase")
@click.argument("name", metavar="LOGIN")
@click.option("--organisation", "slug", required=True, help="Any one of the tree.")
@click.option("--yes", is_flag=True, help="Do not ask: what is erased cannot be brought back.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def erase(name: str, slug: str, yes: bool, as_json: bool) -> None:
    """Erase somebody: names, contacts, account, answers. Says what stays, why, and until when."""
    tenant_id = _organisation(slug, as_json).tenant_id
    with db.transaction(Mode.READ, tenant_id):
        person_id = _person(tenant_id, name)
    if not yes:
        click.confirm(_("Erase %(login)s? This cannot be taken back.", login=name), abort=True, err=True)
    try:
        with db.transaction(Mode.WRITE, tenant_id):
            done = of_people.erase(tenant_id, [person_id])
    except Refused as refusal:
        refuse(refusal.reason, refusal.remedy, as_json=as_json)
    for one in done:
        if one.kept or one.emptied:
            until = f" ({one.until.isoformat()})" if one.until else ""
            click.echo(f"{one.label}: {one.reason}{until}", err=True)
    if as_json:
        say({"person": person_id, "tables": [asdict(one) for one in done]})


def _person(tenant_id: int, name: str) -> int:
    person_id = persons.person_called(tenant_id, name)
    if person_id is None:
        raise click.BadParameter(_("nobody, or more than one person, is called %(name)s", name=name))
    return person_id


def _organisation(slug: str, as_json: bool = False) -> Organisation:
    with db.transaction(Mode.READ):
        found = queries.by_slug(slug)
        if found is None:
            refuse(
                _("No organisation is called “%(slug)s”.", slug=slug), _("Check its slug."),
                as_json=as_json, status=2,
            )  # fmt: skip
        db.session.expunge(found)  # its plain values outlive the transaction
        return found


def _hashed(file: Path, own: list[str]) -> str:
    password = file.read_text("utf-8").rstrip("\r\n")
    if fault := password_fault(password, own):
        raise click.BadParameter(fault, param_hint="--password-file")
    return hash_password(password)


def _names(login: str, first: str, last: str) -> tuple[str, str]:
    """``claire.morel`` is Claire Morel until somebody writes it better."""
    head, _dot, tail = login.partition("@")[0].partition(".")
    return first or head.replace("-", " ").title(), last or tail.replace("-", " ").title()
