"""One's own ties: who signs me in, one more, one less."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.web import actor, signed_in
from lms.sso import policies, queries, services
from lms.sso.models import IdentityLink, IdentityProvider
from lms.sso.views import room
from lms.sso.views.journeys import TIE, allow_forms_to, ready, set_off


@room.get("/sso/mine", may=signed_in)
def mine() -> ResponseReturnValue:
    providers = queries.providers_for(actor())
    allow_forms_to(*providers)
    return render_template("sso/mine.html", links=queries.my_links(actor(), providers))


@room.post("/sso/mine/<string:slug>/tie", may=signed_in, on=queries.provider_for, mode=Mode.READ)
def tie(provider: IdentityProvider) -> ResponseReturnValue:
    """Leave for the provider, to come back tied to it: whoever does so is signed in here and proves who they are there."""
    name, person_id, discovered = provider.name, actor().person_id, ready(provider)
    if discovered is None:
        flash(_("%(name)s does not answer.\nTry again in a few minutes.", name=name), "attention")
        return redirect(url_for("sso.mine"))
    return set_off(provider, discovered, TIE, who=person_id)


@room.post("/sso/mine/<int:link_id>/untie", may=policies.may_untie_oneself, on=queries.my_link)
def untie(link: IdentityLink) -> ResponseReturnValue:
    provider = queries.provider_of(link)
    services.unlink(link, provider, actor())
    flash(_("%(name)s does not sign you in any more.", name=provider.name), "done")
    return redirect(url_for("sso.mine"))
