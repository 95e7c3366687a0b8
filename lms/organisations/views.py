"""The pages of organisations: the tree, one of them, the one in hand, its colours."""

from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue

from lms.core import journal
from lms.core.behalf import OnBehalf
from lms.core.i18n import gettext as _
from lms.core.web import Room, actor, anyone, is_shared_device, row_number, safe_next, signed_in
from lms.organisations import accent, policies, queries, services
from lms.organisations.forms import OrganisationForm
from lms.organisations.models import Organisation
from lms.organisations.roles import kind_name
from lms.people import belonging, entrance
from lms.people.services import renew

room = Room("organisations")


@room.get("/organisations", may=policies.may_list_organisations)
def organisations() -> ResponseReturnValue:
    page = queries.tree(actor(), request.args.get("page", 1, type=row_number))
    return render_template("organisations/organisations.html", page=page, kind_name=kind_name)


@room.get(
    "/organisations/<int:organisation_id>",
    may=policies.may_read_organisation,
    on=queries.organisation_in_sight,
)
def organisation(organisation: Organisation) -> ResponseReturnValue:
    return _show(organisation, OrganisationForm(formdata=None, obj=organisation))


@room.post(
    "/organisations/<int:organisation_id>",
    may=policies.may_change_organisation,
    on=queries.organisation_in_sight,
)
def change_organisation(organisation: Organisation) -> ResponseReturnValue:
    form = OrganisationForm()
    if not form.validate():
        return _show(organisation, form), 422
    darkened = services.put_right(organisation, actor(), **form.typed)
    flash(_("The changes are kept."), "done")
    if darkened:
        flash(
            _("The colour was made darker.\nAs you wrote it, some people could not have read it."),
            "attention",
        )
    return redirect(url_for("organisations.organisation", organisation_id=organisation.id))


@room.post("/organisations/in-hand", may=signed_in)
def take_in_hand() -> ResponseReturnValue:
    who, wanted = actor(), request.form.get("organisation", 0, type=row_number)
    place = next((one for one in belonging.places(who.account_id) if one.organisation_id == wanted), None)
    if place is None:
        abort(404)
    entrance.hold(place, renew(who.sign_in_id), is_shared=is_shared_device())
    journal.note("organisation-taken", actor(), organisation=wanted)
    return redirect(safe_next(request.form.get("next")))


@room.get("/accent/<string(length=6):colour>.css", may=anyone, on_behalf=OnBehalf.ALWAYS)
def colours(colour: str) -> ResponseReturnValue:
    if not accent.is_colour(f"#{colour}"):
        abort(404)
    answer = Response(accent.css(f"#{colour}"), mimetype="text/css")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    _without_session()
    return answer


def _without_session() -> None:
    """What everybody caches carries nobody's cookie, and does not vary by it: the session ends before it is saved."""
    request_ctx._session = current_app.session_interface.make_null_session(current_app)


def _show(organisation: Organisation, form: OrganisationForm) -> str:
    return render_template(
        "organisations/organisation.html",
        organisation=organisation,
        form=form,
        kind=kind_name(organisation.kind),
        members=queries.members_count(organisation),
        may_change=policies.may_change_organisation(actor(), organisation),
    )
