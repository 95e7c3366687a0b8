"""The player: one step a screen, saved at each step, taken up where it stopped."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core.behalf import OnBehalf
from lms.core.db import AnyRow
from lms.core.i18n import gettext as _
from lms.core.web import Room, actor
from lms.progress import policies, queries, services
from lms.progress.queries import Place

room = Room("progress")

#: What a scene may ask of the player's page, and what it gets when it says nothing.
_SCREEN: dict[str, object] = {
    "heading": "", "titled": False, "place_more": "", "next_label": "", "next_icon": "arrow-right",
    "has_simple": False, "autosave": False, "quiet": False, "leave": False, "next_url": "",
}  # fmt: skip


@room.get(
    "/learn/<int:enrolment_id>",
    may=policies.may_see_enrolment,
    on=queries.enrolment_in_sight,
    on_behalf=OnBehalf.COURSES,
)
def course(enrolment: AnyRow) -> ResponseReturnValue:
    """Leads to where the learner is; written in mails, so it changes nothing."""
    here = queries.next_step(actor(), enrolment.id, enrolment.course_id)
    if here is None:
        return redirect(url_for("progress.end", enrolment_id=enrolment.id))
    return redirect(_address(enrolment.id, here.activity_id))


@room.get(
    "/learn/<int:enrolment_id>/<int:activity_id>",
    may=policies.may_learn,
    on=queries.place_in_sight,
    on_behalf=OnBehalf.COURSES,
)
def step(place: Place) -> ResponseReturnValue:
    if not place.is_open:
        return render_template("progress/closed.html", place=place, why=services.why_locked(place)), 403
    scene = services.kind_of(place.activity).show(place.activity, place.learner, place.state)
    values = _SCREEN | scene.values | {"simple": request.args.get("simple") == "1"}
    return render_template(
        "progress/player.html",
        **values, template=scene.template, place=place, activity=place.activity, course=place.course,
        contact=queries.contact(actor()),
    )  # fmt: skip


@room.post(
    "/learn/<int:enrolment_id>/<int:activity_id>",
    may=policies.may_learn,
    on=queries.place_in_sight,
    on_behalf=OnBehalf.COURSES,
)
def submit(place: Place) -> ResponseReturnValue:
    outcome = services.submit(place.learner, place.activity, _sent())
    if outcome.message:
        flash(outcome.message, "done" if outcome.done else "attention")
    if outcome.stay:
        return redirect(_address(place.course.id, place.activity.id))
    return redirect(_onwards(place))


@room.post(
    "/learn/<int:enrolment_id>/<int:activity_id>/open",
    may=policies.may_learn,
    on=queries.place_in_sight,
    on_behalf=OnBehalf.COURSES,
)
def open_(place: Place) -> ResponseReturnValue:
    services.open_activity(place.learner, place.activity)
    return redirect(_address(place.course.id, place.activity.id))


@room.post(
    "/learn/<int:enrolment_id>/<int:activity_id>/draft",
    may=policies.may_learn,
    on=queries.place_in_sight,
    on_behalf=OnBehalf.COURSES,
)
def draft(place: Place) -> ResponseReturnValue:
    services.save_draft(place.learner, place.activity, _sent())
    if "later" not in request.form:
        return Response(status=204)
    flash(_("It is saved.\nYou can go on whenever you like, here or on another device."), "done")
    return redirect("/learn")


@room.get(
    "/learn/<int:enrolment_id>/end",
    may=policies.may_see_enrolment,
    on=queries.enrolment_in_sight,
    on_behalf=OnBehalf.COURSES,
)
def end(enrolment: AnyRow) -> ResponseReturnValue:
    if enrolment.completed_at is None:
        return redirect(url_for("progress.course", enrolment_id=enrolment.id))
    path = [one for one in queries.courses_of(actor()) if one.member_id == enrolment.member_id]
    following = next((one for one in path if queries.is_to_do(one)), None)
    return render_template(
        "progress/end.html", course=enrolment, following=following, contact=queries.contact(actor())
    )


def _sent() -> dict[str, list[str]]:
    """What the learner sent, without what belongs to the player."""
    return {name: values for name, values in request.form.lists() if name not in ("csrf_token", "later")}


def _address(enrolment_id: int, activity_id: int) -> str:
    return url_for("progress.step", enrolment_id=enrolment_id, activity_id=activity_id)


def _onwards(place: Place) -> str:
    """The next step; after the last one, the end of the course, or what was left out."""
    if place.after is not None:
        return _address(place.course.id, place.after.activity_id)
    return url_for("progress.end", enrolment_id=place.course.id)
