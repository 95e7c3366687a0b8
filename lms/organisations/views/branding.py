"""The logo: shown to everybody, sent and taken away by whoever changes what is said of the organisation."""

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core import db, files, pictures
from lms.core.behalf import OnBehalf
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.web import actor, anyone, without_session
from lms.organisations import logo, policies, queries, services
from lms.organisations.models import Organisation
from lms.organisations.views import room


@room.get(
    "/logo/<string(length=32):file>/<string(length=24):seal>.png", may=anyone, on_behalf=OnBehalf.ALWAYS
)
def picture(file: str, seal: str) -> ResponseReturnValue:
    if not logo.is_logo(file, seal):
        abort(404)
    with files.storage().open(file) as content:  # small: we drew it
        answer = Response(content.read(), mimetype="image/png")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    without_session()
    return answer


@room.get(
    "/organisations/<int:organisation_id>/logo",
    may=policies.may_change_organisation,
    on=queries.organisation_in_sight,
)
def logo_form(organisation: Organisation) -> ResponseReturnValue:
    return _page(organisation)


@room.post(
    "/organisations/<int:organisation_id>/logo",
    may=policies.may_change_organisation,
    on=queries.organisation_in_sight,
    mode=Mode.READ,
)
def set_logo(organisation: Organisation) -> ResponseReturnValue:
    who, number = actor(), organisation.id
    sent = request.files.get("logo")
    try:
        if sent is None:
            raise pictures.NotAPicture(_("No file was chosen."), _("Choose a PNG or JPEG file."))
        drawn = pictures.drawn_anew(sent.stream, logo.WIDTH, logo.HEIGHT)
    except pictures.NotAPicture as refusal:
        return _page(organisation, f"{refusal.reason} {refusal.remedy}"), 422
    db.begin(Mode.WRITE, who.tenant_id)  # nothing was held while the picture was drawn
    services.set_logo(_again(number), drawn, who)
    flash(_("The logo is kept.\nIt is shown here, and below wherever there is no other."), "done")
    return redirect(url_for("organisations.logo_form", organisation_id=number))


@room.post(
    "/organisations/<int:organisation_id>/logo/remove",
    may=policies.may_change_organisation,
    on=queries.organisation_in_sight,
)
def remove_logo(organisation: Organisation) -> ResponseReturnValue:
    services.remove_logo(organisation, actor())
    flash(_("The logo is taken away."), "done")
    return redirect(url_for("organisations.logo_form", organisation_id=organisation.id))


def _again(organisation_id: int) -> Organisation:
    """The organisation in the transaction that writes; it may have gone out of sight meanwhile."""
    found = queries.organisation_in_sight(actor(), organisation_id)
    return found if found is not None else abort(404)


def _page(organisation: Organisation, wrong: str = "") -> str:
    return render_template(
        "organisations/logo.html", organisation=organisation, wrong=wrong, url=logo.url_of(organisation.logo)
    )
