"""Setting providers up: the list, a new one, what is known of one, what was typed of it."""

from datetime import datetime
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from lms.core.i18n import day
from lms.core.i18n import gettext as _
from lms.core.web import actor
from lms.organisations.queries import organisation_in_sight
from lms.organisations.roles import role_name
from lms.sso import policies, queries, services
from lms.sso.faults import explain
from lms.sso.forms import ProviderForm, form_for
from lms.sso.models import IdentityProvider
from lms.sso.profile import FIELDS, Language, Profile, profile_of
from lms.sso.saml import program
from lms.sso.views import room
from lms.sso.views.journeys import address_of, allow_forms_to, unsealed


@room.get("/sso/providers", may=policies.may_list_providers)
def providers() -> ResponseReturnValue:
    return render_template(
        "sso/providers.html", rows=queries.providers_in_hand(actor()), profile_of=profile_of
    )


@room.get("/sso/providers/new", may=policies.may_list_providers)
def new_provider() -> ResponseReturnValue:
    return render_template("sso/kinds.html", profiles=_profiles(), lacks_program=not program.is_there())


@room.get("/sso/providers/new/<string:kind>", may=policies.may_list_providers)
def provider_form(kind: str) -> ResponseReturnValue:
    return _show_form(_form(_profile(kind), is_sent=False))


@room.post("/sso/providers/new/<string:kind>", may=policies.may_list_providers)
def submit_provider(kind: str) -> ResponseReturnValue:
    form = _form(_profile(kind))
    if not form.validate():
        return _show_form(form), 422
    values = form.typed
    organisation = organisation_in_sight(actor(), values.pop("organisation_id")) or abort(404)
    made = services.submit(organisation, form.profile, actor(), values)
    flash(_("What you wrote is kept.\nNext, we read what the provider publishes."), "done")
    return redirect(url_for("sso.provider", provider_id=made.id))


@room.get("/sso/providers/<int:provider_id>", may=policies.may_set_up_provider, on=queries.provider_in_sight)
def provider(provider: IdentityProvider) -> ResponseReturnValue:
    allow_forms_to(provider)
    profile = profile_of(provider.kind)
    said = cookie.pop("sso_said", None)  # shown once to whoever tried
    return render_template(
        "sso/provider.html",
        provider=provider,
        profile=profile,
        fault=explain(provider.fault, provider.fault_detail, profile),
        said=said if said and said.get("provider") == provider.id else None,
        fields=FIELDS,
        people=queries.linked_people(provider, 1).total,
        domains=queries.domains_of(provider),
        role=role_name(provider.default_role) if provider.default_role else "",
        may_be_trusted=bool(profile.two_factors or profile.may_be_directory),
        addresses=_addresses(provider, profile),
        glance=_glance(provider, profile),
        by_saml=_by_saml(profile),
        lacks_program=_by_saml(profile) and not program.is_there(),
    )


@room.get(
    "/sso/providers/<int:provider_id>/settings",
    may=policies.may_set_up_provider,
    on=queries.provider_in_sight,
)
def provider_settings(provider: IdentityProvider) -> ResponseReturnValue:
    return _show_form(_form(profile_of(provider.kind), provider, is_sent=False))


@room.post(
    "/sso/providers/<int:provider_id>/settings",
    may=policies.may_set_up_provider,
    on=queries.provider_in_sight,
)
def change_provider(provider: IdentityProvider) -> ResponseReturnValue:
    form = _form(profile_of(provider.kind), provider)
    if not form.validate():
        return _show_form(form), 422
    was_proved = provider.tested_at is not None
    services.change(provider, actor(), form.typed)
    if was_proved and provider.tested_at is None:
        flash(
            _("The changes are kept.\nTry the provider again: until then nobody comes in by it."), "attention"
        )
    else:
        flash(_("The changes are kept."), "done")
    return redirect(url_for("sso.provider", provider_id=provider.id))


def _profiles() -> list[Profile]:
    """The general ones first, as most need them; the others by their names."""
    found, first = [kind() for kind in Profile.registered.values()], ("openid", "saml")
    return sorted(found, key=lambda one: (one.name not in first, str(one.label)))


def _profile(kind: str) -> Profile:
    return profile_of(kind) if kind in Profile.registered else abort(404)


def _form(
    profile: Profile, provider: IdentityProvider | None = None, *, is_sent: bool = True
) -> ProviderForm:
    who = actor()
    others = queries.replaceable(who, provider.id if provider else None)
    domains = queries.domains_of(provider) if provider else []
    units = queries.units_in_hand(who)
    kept = len(unsealed(provider.client_secret)) if provider else 0
    return form_for(profile, units, others, provider, domains, kept_letters=kept, is_sent=is_sent)


def _show_form(form: ProviderForm) -> str:
    return render_template(
        "sso/form.html", form=form, profile=form.profile, provider=form.provider, here=request.path, by_saml=_by_saml(form.profile)
    )  # fmt: skip


def _glance(provider: IdentityProvider, profile: Profile) -> list[tuple[Any, str]]:
    """What was typed, and what was read of it."""
    if not _by_saml(profile):
        return [
            (_("Address of the provider (issuer)"), provider.issuer),
            (_("Number of this platform over there (client ID)"), provider.client_id),
            (
                _("Secret (client secret)"),
                _("kept sealed, never shown") if provider.client_secret else _("none"),
            ),
        ]
    until = provider.discovered.get("good_until")
    return [
        (_("Name of the provider (entity ID)"), provider.issuer or _("not read yet")),
        (_("Its metadata"), provider.options.get("address") or _("given as a file, so new certificates must be given by hand")),
        (_("Its certificates run until"), day(datetime.fromisoformat(until)) if until else _("not read yet")),
        (_("Attribute that holds the number of people"), provider.options.get("subject") or _("none: the persistent NameID")),
    ]  # fmt: skip


def _by_saml(profile: Profile) -> bool:
    return profile.language is Language.SAML


def _addresses(provider: IdentityProvider, profile: Profile) -> list[tuple[Any, str]]:
    """What the provider must be told of us, to the letter."""
    if _by_saml(profile):
        return [
            (_("Our metadata, and our name (entity ID)"), address_of("sso.our_metadata", provider)),
            (_("Address of return (ACS, by POST)"), address_of("sso.consume", provider)),
        ]
    found = [
        (_("Address of return (redirect URI)"), address_of("sso.callback", provider)),
        (_("Address after signing out"), address_of("sso.left", provider)),
    ]
    if profile.encrypts:
        found.append((_("Address of our keys (JWKS)"), address_of("sso.keys", provider)))
    return [*found, (_("Sector identifier, if it asks for one"), address_of("sso.redirect_uris", provider))]
