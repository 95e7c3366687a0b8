"""Self-enrolment, as the team prepares it: how many people a cohort takes, and the codes that lead into it."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lms.core import db
from lms.core.clock import today
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.qr import qr_svg
from lms.core.web import actor
from lms.enrolment import policies, queries, way_codes
from lms.enrolment.forms.wishes import SeatsForm, WayForm
from lms.enrolment.models import Cohort, Way, WayMode
from lms.enrolment.queries import ways as found
from lms.enrolment.queries import wishes
from lms.enrolment.services import seats, ways
from lms.enrolment.views import room


@room.get("/cohorts/<int:cohort_id>/ways", may=policies.may_open_ways, on=queries.cohort_in_hand)
def ways_in(cohort: Cohort) -> ResponseReturnValue:
    return _page(cohort, SeatsForm(formdata=None, obj=cohort), WayForm(formdata=None, prefix="way"))


@room.post("/cohorts/<int:cohort_id>/ways/seats", may=policies.may_open_ways, on=queries.cohort_in_hand)
def limit_seats(cohort: Cohort) -> ResponseReturnValue:
    form = SeatsForm()
    if form.validate():
        try:
            seats.limit(cohort, form.seats.data, actor())
        except Refused as refusal:
            db.rollback()
            form.seats.errors = [f"{refusal.reason} {refusal.remedy}"]
    if form.errors:
        return _page(cohort, form, WayForm(formdata=None, prefix="way")), 422
    flash(_("The number of seats is kept."), "done")
    return redirect(url_for("enrolment.ways_in", cohort_id=cohort.id))


@room.post("/cohorts/<int:cohort_id>/ways", may=policies.may_open_ways, on=queries.cohort_in_hand)
def open_way(cohort: Cohort) -> ResponseReturnValue:
    form, who = WayForm(prefix="way"), actor()
    form.zone = who.zone
    if not form.validate():
        return _page(cohort, SeatsForm(formdata=None, obj=cohort), form), 422
    made = ways.open_way(
        cohort,
        WayMode(form.mode.data),
        most=form.most.data,
        ends_on=form.ends_on.data,
        by=who,
        is_public=form.is_public.data,
    )
    return redirect(url_for("enrolment.way", way_id=made.id))


@room.get("/cohorts/ways/<int:way_id>", may=policies.may_open_ways, on=found.way_in_hand)
def way(way: Way) -> ResponseReturnValue:
    """The link, the code and a square to photograph: to be sent, read out or printed."""
    code, who = way_codes.code_of(way.sealed_code), actor()
    url = way_codes.url_of(code)
    return render_template(
        "enrolment/way.html",
        way=way, cohort=queries.cohort_in_hand(who, way.cohort_id), code=code, url=url, picture=qr_svg(url),
        state=way.state(today(who.zone)).value,
    )  # fmt: skip


@room.post("/cohorts/ways/<int:way_id>/close", may=policies.may_open_ways, on=found.way_in_hand)
def close_way(way: Way) -> ResponseReturnValue:
    ways.close_way(way, actor())
    flash(_("The code is closed.\nWhoever asked already keeps their place in the list."), "done")
    return redirect(url_for("enrolment.ways_in", cohort_id=way.cohort_id))


def _page(cohort: Cohort, limit: SeatsForm, new: WayForm) -> str:
    who = actor()
    return render_template(
        "enrolment/ways.html",
        cohort=cohort, limit=limit, new=new, taken=seats.taken(cohort), counts=wishes.wish_counts(who, cohort),
        rows=[(one, one.state(today(who.zone)).value) for one in found.ways_of(cohort)],
    )  # fmt: skip
