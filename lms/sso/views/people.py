"""Who comes by a provider: a tie taken away, a new number allowed."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core.i18n import gettext as _
from lms.core.web import actor, row_number
from lms.sso import policies, queries, services
from lms.sso.models import IdentityLink, IdentityProvider
from lms.sso.views import room


@room.get(
    "/sso/providers/<int:provider_id>/people", may=policies.may_set_up_provider, on=queries.provider_in_sight
)
def people(provider: IdentityProvider) -> ResponseReturnValue:
    page = queries.linked_people(provider, request.args.get("page", 1, type=row_number))
    return render_template("sso/people.html", provider=provider, page=page)


@room.post(
    "/sso/providers/<int:provider_id>/people/<int:link_id>/untie",
    may=policies.may_tie_others,
    on=queries.link_in_sight,
)
def untie_person(link: IdentityLink) -> ResponseReturnValue:
    provider = queries.provider_of(link)
    services.unlink(link, provider, actor())
    flash(_("The tie is taken away.\nThe person stays, with all that they did."), "done")
    return redirect(url_for("sso.people", provider_id=provider.id))


@room.post(
    "/sso/providers/<int:provider_id>/people/<int:link_id>/new-number",
    may=policies.may_tie_others,
    on=queries.link_in_sight,
)
def allow_new_number(link: IdentityLink) -> ResponseReturnValue:
    provider = queries.provider_of(link)
    services.allow_new_number(link, provider, actor())
    flash(
        _("A new account over there is taken once, within a week.\nIt must have the same e-mail address."),
        "done",
    )
    return redirect(url_for("sso.people", provider_id=provider.id))
