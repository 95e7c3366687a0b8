"""The steps of the setting up: read what it publishes, try it, switch it on, switch it off."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from lms.core import db
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.web import actor
from lms.sso import policies, queries, services, speaking
from lms.sso.faults import ProviderAway
from lms.sso.models import IdentityProvider
from lms.sso.profile import profile_of
from lms.sso.views import room
from lms.sso.views.journeys import TRY, client_of, set_off


@room.post(
    "/sso/providers/<int:provider_id>/read",
    may=policies.may_set_up_provider,
    on=queries.provider_in_sight,
    mode=Mode.READ,
)
def read_provider(provider: IdentityProvider) -> ResponseReturnValue:
    """Ask the provider what it publishes; no transaction is open meanwhile."""
    who, number = actor(), provider.id
    client, profile = client_of(provider), profile_of(provider.kind)
    db.rollback()
    try:
        found, refusal = speaking.discover(client, profile), None
    except ProviderAway as away:
        found, refusal = {}, away
    db.begin(Mode.WRITE, who.tenant_id, who.person_id)
    again = queries.provider_in_sight(who, number)
    if again is not None and refusal is not None:
        services.failed(again, refusal.code, refusal.detail, who)
    elif again is not None:
        services.discovered(again, found, who)
        flash(_("The provider answers, and publishes what is needed."), "done")
    return redirect(url_for("sso.provider", provider_id=number))


@room.post(
    "/sso/providers/<int:provider_id>/try",
    may=policies.may_set_up_provider,
    on=queries.provider_in_sight,
    mode=Mode.READ,
)
def try_provider(provider: IdentityProvider) -> ResponseReturnValue:
    """Go there and come back, as people will; nobody is signed in by it, and nobody is made."""
    if not provider.discovered.get("metadata"):
        flash(_("First read what the provider publishes."), "attention")
        return redirect(url_for("sso.provider", provider_id=provider.id))
    return set_off(provider, provider.discovered, TRY, id=provider.id, who=actor().person_id)


@room.post(
    "/sso/providers/<int:provider_id>/on", may=policies.may_set_up_provider, on=queries.provider_in_sight
)
def switch_on(provider: IdentityProvider) -> ResponseReturnValue:
    services.go_live(provider, actor())
    flash(_("People come in by %(name)s from now on.", name=provider.name), "done")
    return redirect(url_for("sso.provider", provider_id=provider.id))


@room.post(
    "/sso/providers/<int:provider_id>/off", may=policies.may_set_up_provider, on=queries.provider_in_sight
)
def switch_off(provider: IdentityProvider) -> ResponseReturnValue:
    services.switch_off(provider, actor())
    flash(
        _(
            "Nobody comes in by %(name)s any more.\nWhoever was signed in by it is signed out.",
            name=provider.name,
        ),
        "done",
    )
    return redirect(url_for("sso.provider", provider_id=provider.id))


@room.post(
    "/sso/providers/<int:provider_id>/remove",
    may=policies.may_set_up_provider,
    on=queries.provider_in_sight,
)
def remove_provider(provider: IdentityProvider) -> ResponseReturnValue:
    name = provider.name
    services.remove(provider, actor())
    flash(_("%(name)s is taken away.", name=name), "done")
    return redirect(url_for("sso.providers"))
