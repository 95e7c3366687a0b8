"""The organisation in hand: which one, and its colours."""

from flask import Response, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from lms.core import journal
from lms.core.behalf import OnBehalf
from lms.core.i18n import gettext as _
from lms.core.web import (
    actor,
    anyone,
    is_shared_device,
    row_number,
    safe_next,
    signed_in,
    without_session,
)
from lms.organisations import accent, policies, queries
from lms.organisations.views import room
from lms.people import belonging, entrance
from lms.people.belonging import Place
from lms.people.services import renew


@room.get("/organisations/in-hand", may=signed_in, even_owing=True)
def in_hand() -> ResponseReturnValue:
    """Where this account leads, and what lies below the organisation in hand."""
    who = actor()
    places = belonging.places(who.account_id)
    known = {place.organisation_id for place in places}
    below = queries.open_places(who) if who.is_staff else []
    return render_template(
        "organisations/in_hand.html",
        places=places,
        below=[one for one in below if one.id not in known],
    )


@room.post("/organisations/in-hand", may=signed_in, even_owing=True)
def take_in_hand() -> ResponseReturnValue:
    who, wanted = actor(), request.form.get("organisation", 0, type=row_number)
    place = _place_of(wanted)
    if place is None:
        abort(404)
    entrance.hold(place, renew(who.sign_in_id), is_shared=is_shared_device())
    journal.note("organisation-taken", actor(), organisation=wanted)
    if place.organisation_id != who.organisation_id:
        flash(_("You are now in %(name)s.", name=place.name), "done")
    return redirect(safe_next(request.form.get("next")))


def _place_of(organisation_id: int) -> Place | None:
    """One of the account's own places, or one below the organisation in hand: there the same roles hold."""
    who = actor()
    own = next(
        (one for one in belonging.places(who.account_id) if one.organisation_id == organisation_id), None
    )
    if own is not None:
        return own
    found = queries.organisation_in_sight(who, organisation_id)
    if found is None or not policies.may_take_in_hand(who, found):
        return None
    return Place(found.tenant_id, found.id, found.name, (), who.person_id, found.slug)


@room.get("/accent/<string(length=6):colour>.css", may=anyone, on_behalf=OnBehalf.ALWAYS)
def colours(colour: str) -> ResponseReturnValue:
    if not accent.is_colour(f"#{colour}"):
        abort(404)
    answer = Response(accent.css(f"#{colour}"), mimetype="text/css")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    without_session()
    return answer
