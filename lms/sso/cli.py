"""``flask sso``: trusting a provider from the command line."""

import sys
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import select

from lms.core import db
from lms.core.db import Mode, session
from lms.organisations.models import Role
from lms.organisations.queries import by_slug
from lms.people.models import Account, Person
from lms.sso import queries, services, speaking
from lms.sso.faults import ProviderAway
from lms.sso.profile import Client, Language, Profile, profile_of

group = AppGroup("sso", help="Identity providers of partners.")


def register(app: Flask) -> None:
    """Add these commands."""
    app.cli.add_command(group)


@group.command("add")
@click.argument("slug")
@click.option("--organisation", required=True, help="Slug of the organisation whose people come this way.")
@click.option("--name", required=True, help="What the button says.")
@click.option("--issuer", default="", help="The provider's address, such as https://login.example.org.")
@click.option("--client-id", default="")
@click.option("--metadata", default="", help="By SAML: address or file of the provider's metadata.")
@click.option("--subject", default="", help="By SAML: attribute that holds the number of people.")
@click.option(
    "--secret-file", type=click.Path(exists=True, path_type=Path), help="File that holds the client's secret."
)
@click.option(
    "--default-role",
    type=click.Choice([role.value for role in Role]),
    help="What newcomers become; without: only invited people.",
)
@click.option(
    "--kind",
    default="openid",
    help="openid, france-connect, pro-connect, france-travail, saml; see docs/sign-on.md.",
)
def add(
    slug: str,
    organisation: str,
    name: str,
    issuer: str,
    client_id: str,
    metadata: str,
    subject: str,
    secret_file: Path | None,
    default_role: str | None,
    kind: str,
) -> None:
    """Trust a provider on your word. It is asked once, so that a mistyped address is told now.

    Administrators set theirs up on the page /sso/providers, which tries it from beginning to end.
    """
    secret = secret_file.read_text(encoding="utf-8").strip() if secret_file else ""
    if kind not in Profile.registered:
        click.echo(
            f"{kind} is no kind of provider; known: {', '.join(sorted(Profile.registered))}.", err=True
        )
        sys.exit(2)
    profile = profile_of(kind)
    options = _options(profile, metadata, subject)
    if not (metadata if profile.language is Language.SAML else issuer and client_id):
        click.echo("By SAML --metadata is needed, otherwise --issuer and --client-id.", err=True)
        sys.exit(2)
    try:
        client = Client(issuer, client_id, secret, profile.scopes, "", options=options)
        found_there = speaking.discover(client, profile)
    except ProviderAway as refusal:
        click.echo(f"{refusal.reason} ({refusal.code}: {refusal.detail}) {refusal.remedy}", err=True)
        sys.exit(1)
    with db.transaction(Mode.READ):
        found = by_slug(organisation)
    if found is None:
        click.echo(f"No organisation is called {organisation}.", err=True)
        sys.exit(2)
    with db.transaction(Mode.WRITE, found.tenant_id):
        role = Role(default_role) if default_role else None
        made = services.add(
            found, slug, name, issuer, client_id, secret=secret, default_role=role, kind=profile.name, options=options
        )  # fmt: skip
        services.trust(made, found_there)
        trusted = made.issuer
    click.echo(f"{slug}: {trusted} is trusted for {organisation}.", err=True)


def _options(profile: Profile, metadata: str, subject: str) -> dict[str, str]:
    """What only SAML asks for."""
    if profile.language is not Language.SAML:
        return {}
    is_address = metadata.startswith(("https://", "http://"))
    try:
        pasted = "" if is_address or not metadata else Path(metadata).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        click.echo(f"{metadata} cannot be read: {error}", err=True)
        sys.exit(2)
    return {"address": metadata if is_address else "", "pasted": pasted, "subject": subject, "entity": ""}


@group.command("link")
@click.argument("provider")
@click.argument("subject")
@click.argument("login")
def link(provider: str, subject: str, login: str) -> None:
    """Say that SUBJECT of PROVIDER is the person who signs in here as LOGIN."""
    with db.transaction(Mode.WRITE):
        trusted = queries.provider_by_slug(provider)
        person = (
            trusted
            and session.scalars(
                select(Person)
                .join(Account, Account.id == Person.account_id)
                .where(Account.login == login.lower(), Person.tenant_id == trusted.tenant_id)
            ).one_or_none()
        )
        if trusted is None or not person:
            click.echo("No such provider, or nobody of its customer has this login.", err=True)
            sys.exit(2)
        services.link(trusted, subject, person)
    click.echo(f"{subject} of {provider} is {login}.", err=True)
