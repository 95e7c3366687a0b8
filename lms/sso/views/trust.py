"""How far a provider is trusted: for two factors, and as the directory of its organisation."""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lms.core.i18n import gettext as _
from lms.core.web import actor
from lms.organisations.queries import organisation_in_sight
from lms.sso import directory, policies, queries, services
from lms.sso.forms import TrustForm
from lms.sso.models import IdentityProvider
from lms.sso.profile import profile_of
from lms.sso.views import room


@room.get(
    "/sso/providers/<int:provider_id>/trust", may=policies.may_set_up_provider, on=queries.provider_in_sight
)
def trust(provider: IdentityProvider) -> ResponseReturnValue:
    usual = " ".join(profile_of(provider.kind).two_factors)
    known = {
        "vouches": bool(provider.two_factors),
        "two_factors": provider.two_factors or usual,
        "is_directory": bool(provider.number_claim),
        "number_claim": provider.number_claim or "sub",
    }
    return _show(provider, TrustForm(formdata=None, data=known))


@room.post(
    "/sso/providers/<int:provider_id>/trust", may=policies.may_set_up_provider, on=queries.provider_in_sight
)
def set_trust(provider: IdentityProvider) -> ResponseReturnValue:
    form, profile = TrustForm(), profile_of(provider.kind)
    if not form.validate():
        return _show(provider, form), 422
    typed = form.typed
    services.trust_for(
        provider,
        actor(),
        two_factors=typed["two_factors"] if profile.two_factors else "",
        number_claim=typed["number_claim"] if profile.may_be_directory else "",
    )
    flash(_("The changes are kept."), "done")
    return redirect(url_for("sso.provider", provider_id=provider.id))


def _show(provider: IdentityProvider, form: TrustForm) -> str:
    organisation = organisation_in_sight(actor(), provider.organisation_id) or abort(404)
    return render_template(
        "sso/trust.html",
        provider=provider,
        profile=profile_of(provider.kind),
        form=form,
        organisation=organisation.name,
        directory=directory.described(provider.tenant_id, provider.organisation_id),
    )
