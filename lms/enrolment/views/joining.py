"""Self-enrolment, as learners see it: a code, what it leads to, their requests. For whoever is signed in; others sign in first."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core.clock import today
from lms.core.db import AnyRow, Mode
from lms.core.i18n import gettext as _
from lms.core.web import actor
from lms.enrolment import policies, queries, way_codes
from lms.enrolment.forms.wishes import WayCodeForm, WishForm
from lms.enrolment.models import WayMode, WayState, Wish, WishState
from lms.enrolment.queries import ways as found
from lms.enrolment.queries import wishes as asked_for
from lms.enrolment.services import seats, ways
from lms.enrolment.services import wishes as services
from lms.enrolment.states import GONE
from lms.enrolment.views import asked, room
from lms.people.services import tries


@room.get("/enrolment", may=policies.may_enrol_oneself)
def join_code() -> ResponseReturnValue:
    return _code_page(WayCodeForm(formdata=None))


@room.post("/enrolment", may=policies.may_enrol_oneself, mode=Mode.READ)
def find_way() -> ResponseReturnValue:
    form = WayCodeForm()
    if form.validate():
        if row := found.way_by_code(actor(), form.code.data or ""):
            return redirect(url_for("enrolment.join", code=way_codes.code_of(row.Way.sealed_code)))
        form.code.errors = [_not_found()]
    return _code_page(form), 422


@room.get("/enrolment/<string:code>", may=policies.may_enrol_oneself)
def join(code: str) -> ResponseReturnValue:
    """Opening it uses nothing up."""
    row = found.way_by_code(actor(), code)
    if row is None:
        return _nowhere()
    return _way_page(row, code, WishForm(formdata=None))


@room.post("/enrolment/<string:code>", may=policies.may_enrol_oneself)
def ask_to_join(code: str) -> ResponseReturnValue:
    who = actor()
    row = found.way_by_code(who, code)
    if row is None or not row.is_near:
        return _nowhere()
    form = WishForm()
    form.is_read = _is_read(row)
    if not form.validate():
        return _way_page(row, code, form, status=422)
    made = services.ask(row.Way, (form.why.data or "").strip(), who)
    if made.state is WishState.ENTERED:
        flash(_("You are enrolled in “%(name)s”.", name=row.Cohort.name), "done")
        return redirect("/learn")
    flash(
        _("Your request is kept.\nYou find the answer here, and in a mail if we have your address."), "done"
    )
    return redirect(url_for("enrolment.join_code"))


@room.post("/enrolment/wishes/<int:wish_id>/withdraw", may=policies.may_take_wish_back, on=asked_for.own_wish)
def take_wish_back(wish: Wish) -> ResponseReturnValue:
    services.take_back(wish, actor())
    flash(_("Your request is taken back."), "done")
    return redirect(url_for("enrolment.join_code"))


def _code_page(form: WayCodeForm) -> str:
    return render_template(
        "enrolment/join_code.html",
        form=form,
        rows=asked_for.own_wishes(actor()),
        open_page=found.public_ways(actor(), asked.number("page")),
    )


def _nowhere() -> ResponseReturnValue:
    return render_template("enrolment/join_nowhere.html", reason=_not_found()), 404


def _not_found() -> str:
    """A code that leads nowhere is a try: too many from one place, and the answer says so."""
    if tries.failed(tries.WAY, request.remote_addr or ""):
        return _("Too many codes were tried from here. Wait a quarter of an hour.")
    return _("No cohort of yours has this code. Check it with whoever gave it to you.")


def _is_read(row: AnyRow) -> bool:
    """Whether somebody decides about it: a stranger's reason would be read by nobody."""
    was_there = asked_for.own_state_in(actor(), row.Cohort) in GONE
    return row.Way.mode is WayMode.ON_APPROVAL or was_there


def _way_page(row: AnyRow, code: str, form: WishForm, status: int = 200) -> ResponseReturnValue:
    who = actor()
    member_state = asked_for.own_state_in(who, row.Cohort)
    wish = asked_for.own_wish_for(who, row.Cohort)
    is_known = member_state not in (None, *GONE) or (
        wish is not None and wish.state not in (WishState.WITHDRAWN, WishState.ENTERED)
    )
    state = row.Way.state(today(row.Organisation.zone))
    if state is not WayState.OPEN and not is_known:
        raise ways.closed(state)
    page = render_template(
        "enrolment/join.html",
        cohort=row.Cohort, organisation=row.Organisation, courses=queries.courses_of(row.Cohort), code=code, form=form,
        is_near=row.is_near, wish=wish, is_member=member_state not in (None, *GONE), left=seats.free(row.Cohort), is_read=_is_read(row),
    )  # fmt: skip
    return page, status
