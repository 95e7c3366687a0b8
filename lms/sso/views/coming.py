"""Coming back from a provider: to sign in, to try it, or to tie oneself to who one is over there."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask import abort, flash, redirect, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from lms.core import db, journal
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.web import actor, anyone, safe_next
from lms.people import entrance
from lms.people import services as people
from lms.people.queries import person_of_account
from lms.sso import policies, queries, services
from lms.sso.arrival import Arrival
from lms.sso.faults import NotBelieved, ProviderAway, explain
from lms.sso.models import IdentityProvider
from lms.sso.oidc import returning
from lms.sso.profile import plain, profile_of
from lms.sso.services.admission import facts_of
from lms.sso.views import room
from lms.sso.views.door import to_the_door
from lms.sso.views.journeys import SIGN_IN, TIE, TRY, client_of, taken_up
from lms.sso.vouching import says_two_factors

Found = tuple[Arrival, dict[str, Any]]
Arrive = Callable[[IdentityProvider, Any], Found]


class _Home(NamedTuple):
    """A provider by its numbers and names, which outlive the transaction that read them."""

    tenant_id: int
    provider_id: int
    slug: str
    door: str


@room.get("/sso/<string:slug>/callback", may=anyone, on=queries.openid_provider)
def callback(provider: IdentityProvider) -> ResponseReturnValue:
    return come_back(provider, _arrive)


def come_back(provider: IdentityProvider, arrive: Arrive) -> ResponseReturnValue:
    """Whoever comes back signs in, ties an account or ends a try, as they set off for; ``arrive`` says who it is."""
    kept = cookie.pop("sso", None)
    mode = kept.get("mode") if isinstance(kept, dict) else SIGN_IN
    if not provider.is_live and mode != TRY:
        raise services.NotInvited(_("This way in is closed."))
    tenant_id, slug = provider.tenant_id, provider.slug
    home = _Home(tenant_id, provider.id, slug, queries.door_of(provider))
    try:
        arrival, discovered = arrive(provider, kept)
    except (ProviderAway, NotBelieved) as refusal:
        db.rollback()
        if mode == TRY and isinstance(kept, dict):
            return _tell_of_the_try(kept, refusal)
        return _not_arrived(home, kept, refusal)
    db.begin(Mode.WRITE, tenant_id)
    if mode == TRY:
        return _keep_the_try(kept, arrival, discovered)
    found = queries.live_provider(None, slug)
    if found is None:  # switched off while somebody was on the way
        raise services.NotInvited(_("This way in is closed."))
    services.remember(found.id, discovered)
    return _tie(found, kept, arrival) if mode == TIE else _sign_in(found, kept, arrival)


def _not_arrived(home: _Home, kept: Any, refusal: ProviderAway | NotBelieved) -> ResponseReturnValue:
    """Somebody who is not believed is told so; where the provider does not answer, the sign-in page says it and goes on."""
    journal.note_refusal(
        "sign-on-refused", None, tenant_id=home.tenant_id, provider=home.slug, why=refusal.code
    )
    if isinstance(refusal, NotBelieved):
        raise refusal
    db.apart(lambda: services.is_away(home.provider_id), home.tenant_id)
    return redirect(to_the_door(home.door, safe_next(kept.get("next")) if isinstance(kept, dict) else "/"))


def _arrive(provider: IdentityProvider, kept: Any) -> Found:
    """Who came back, once every check held. No transaction is open while the provider is asked."""
    discovered = dict(provider.discovered)
    metadata = discovered.get("metadata") or {}
    journey = taken_up(kept, provider, request.args, "state")
    if request.args.get("iss", metadata.get("issuer", "")) != metadata.get("issuer", ""):
        raise NotBelieved(
            "issuer", request.args["iss"][:200]
        )  # RFC 9207: another provider's answer, brought here
    if error := request.args.get("error"):
        raise _gave_up(provider, error, request.args.get("error_description", ""))
    client, profile, tenant_id = client_of(provider), profile_of(provider.kind), provider.tenant_id
    db.begin(Mode.WRITE, tenant_id)
    services.take_state(tenant_id, journey.state)
    db.commit()
    arrival = returning.arrival(client, profile, discovered, journey, request.args.get("code", ""))
    return arrival, discovered


def _sign_in(provider: IdentityProvider, kept: Mapping[str, Any], arrival: Arrival) -> ResponseReturnValue:
    if kept.get("invitation"):
        admitted = _accept(provider, kept["invitation"], arrival)
    else:
        admitted = services.admit(provider, arrival)
    name, slug = provider.name, provider.slug
    is_strong = says_two_factors(provider.two_factors, arrival.claims)
    who = entrance.enter(admitted.link.account_id, "sso", tenant_id=provider.tenant_id, is_strong=is_strong)
    services.keep_session(provider.tenant_id, admitted.link.id, who.sign_in_id, arrival.id_token)
    acr = plain(str(arrival.claims.get("acr", "")), 40)
    journal.note("signed-on", who, provider=slug, acr=acr, two_factors=is_strong)
    if admitted.kept_address:
        flash(
            _("Your new address at %(name)s was not taken.\nSomebody else here uses it: call the person who accompanies you.", name=name),
            "attention",
        )  # fmt: skip
    return redirect(safe_next(kept.get("next")))


def _accept(provider: IdentityProvider, invitation: list[int], arrival: Arrival) -> services.Admitted:
    """Somebody came with the link that was mailed to them: its number, and the account that it opens, once."""
    link_id, account_id = invitation
    person = person_of_account(account_id, provider.tenant_id)
    if person is None or not people.use_link(link_id):
        raise services.NotInvited(_("This link opens nothing any more."), _("Ask for a new one."))
    return services.admit_invited(provider, arrival, person)


def _tie(provider: IdentityProvider, kept: Mapping[str, Any], arrival: Arrival) -> ResponseReturnValue:
    who = actor()
    if who is None or (who.tenant_id, who.person_id) != (provider.tenant_id, kept.get("who")):
        raise NotBelieved("nonce", "", _("You are not signed in any more."), _("Sign in, then try again."))
    services.tie_owner(provider, arrival, who)
    flash(_("%(name)s signs you in from now on.", name=provider.name), "done")
    return redirect(url_for("sso.mine"))


def _keep_the_try(
    kept: Mapping[str, Any], arrival: Arrival, discovered: dict[str, Any]
) -> ResponseReturnValue:
    """What came of a try: every check held. What was said is shown once to whoever tried, and kept nowhere."""
    provider = _provider_tried(kept)
    said = facts_of(provider, arrival)
    if not said.said["first_name"] and not said.said["last_name"]:
        services.failed(provider, "no_name", " ".join(sorted(arrival.claims)), actor())
    else:
        services.tested(provider, discovered, actor())
    shown = {name: text for name, text in said.said.items() if text} | {"email": said.email}
    cookie["sso_said"] = {
        "provider": provider.id, "subject": said.subject[:100], "acr": plain(str(arrival.claims.get("acr", "")), 40), "said": shown,
        "amr": plain(str(arrival.claims.get("amr", "")), 80), "number": said.number[:100],
        "two_factors": says_two_factors(provider.two_factors, arrival.claims),
    }  # fmt: skip
    return redirect(url_for("sso.provider", provider_id=provider.id))


def _tell_of_the_try(kept: Mapping[str, Any], refusal: ProviderAway | NotBelieved) -> ResponseReturnValue:
    who = actor()
    db.begin(Mode.WRITE, who.tenant_id if who else None)
    provider = _provider_tried(kept)
    services.failed(provider, refusal.code, refusal.detail, who)
    return redirect(url_for("sso.provider", provider_id=provider.id))


def _provider_tried(kept: Mapping[str, Any]) -> IdentityProvider:
    """The provider of a try, for the administrator who began it and is still there."""
    who = actor()
    if who is None or who.person_id != kept.get("who"):
        abort(404)
    found = queries.provider_in_sight(who, int(kept["id"]))
    if found is None or not policies.may_set_up_provider(who, found):
        abort(404)
    return found


def _gave_up(provider: IdentityProvider, error: str, described: str) -> NotBelieved:
    """What the provider itself says: the profile knows its own codes."""
    profile, detail = profile_of(provider.kind), f"{error} {described}".strip()[:300]
    if error == "access_denied" and not any(code in detail.split() for code in profile.troubles):
        return NotBelieved(
            "denied",
            detail,
            _("You stopped before the end, or your organisation said no."),
            _("Nothing was changed. You can start again."),
        )
    if any(code in detail.split() for code in profile.troubles):
        told = explain("provider", detail, profile)
        assert told is not None
        return NotBelieved("provider", detail, told.what, told.remedy)
    return NotBelieved(
        "provider",
        detail,
        _("Your organisation's sign-in reported a fault."),
        _("Try again in a few minutes."),
    )
