"""People put on courses in three steps, with a fourth page that says what will happen. The form carries everything."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core import jobs
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.core.web import actor
from lms.courses.queries import published
from lms.enrolment import policies, queries, services
from lms.enrolment.assignment import COHORT, FOUND, TICKED, Intent
from lms.enrolment.forms.assigning import BROUGHT, STEPS, AssignForm
from lms.enrolment.models import Cohort
from lms.enrolment.queries import assigning
from lms.enrolment.services import NotPublished
from lms.enrolment.views import room

_TITLES = {
    "who": "enrolment/assign_who.html",
    "what": "enrolment/assign_what.html",
    "when": "enrolment/assign_when.html",
}
_MOST = 500  #: ticks that a form carries


@room.get("/cohorts/assign", may=policies.may_enrol)
def assign_form() -> ResponseReturnValue:
    return _step("who", _form())


@room.post("/cohorts/assign/ask", may=policies.may_enrol, mode=Mode.READ)
def ask_to_assign() -> ResponseReturnValue:
    form, step = _form(), request.args.get("go", "who")
    step = step if step in (*STEPS, "check") else "who"
    if not form.is_right_up_to(step):
        return _step(form.wrong_step(), form), 422
    return _step(step, form)


@room.post("/cohorts/assign", may=policies.may_enrol)
def assign() -> ResponseReturnValue:
    who, form = actor(), _form()
    if not form.is_right_up_to("check"):
        return _step(form.wrong_step(), form), 422
    intent = form.intent(_brought())
    order = services.order_of(who, intent)
    seen = services.foreseen(who, order)
    if request.form.get("expected") != _mark(seen, intent):
        return _check(form, intent, has_changed=True), 409
    if seen.people > services.MANY:
        job = jobs.later("enrolment.assign", who, intent=intent.as_values(), **_rights())
        return redirect(url_for("core.job", job_id=job.id))
    batch = services.grant(who, intent)
    number = batch.imported + batch.updated
    flash(
        ngettext("%(num)s person is enrolled.\nIf it was a mistake, undo it below.",
                 "%(num)s people are enrolled.\nIf it was a mistake, undo it below.", number),
        "done",
    )  # fmt: skip
    return redirect(url_for("enrolment.receipt", batch_id=batch.id))


def _step(step: str, form: AssignForm) -> str:
    if step == "check":
        try:
            return _check(form, form.intent(_brought()))
        except NotPublished as refusal:
            form.courses.errors = [f"{refusal.reason} {refusal.remedy}"]
            step = "what"
    own = _cohort(form.to.data if step != "who" else form.source.data)
    more: dict[str, Any] = {
        "own": assigning.own_courses(own) if own and form.has_own_courses and step != "who" else [],
        "asks_source": _asks_source(form),
    }
    if step == "when":
        try:
            more["seen"] = services.foreseen(actor(), services.order_of(actor(), form.intent(_brought())))
        except NotPublished as refusal:
            form.courses.errors = [f"{refusal.reason} {refusal.remedy}"]
            step = "what"
    return render_template(
        _TITLES[step], form=form, carried=_carried(step), number=_number(form), cohort=own, **more
    )


def _asks_source(form: AssignForm) -> bool:
    """Whether nobody came from a list: then the first page asks whose people are meant."""
    came = "source" in request.args or request.form.get("source", "0") != "0" or any(_brought().values())
    return not came or bool(form.source.errors)


def _check(form: AssignForm, intent: Intent, *, has_changed: bool = False) -> str:
    who = actor()
    order = services.order_of(who, intent)
    seen = services.foreseen(who, order)
    return render_template(
        "enrolment/assign_check.html",
        form=form, carried=_carried("check"), order=order, seen=seen, intent=intent, expected=_mark(seen, intent),
        places=services.places_needed(order), left_out=_left_out(intent, seen.people), has_changed=has_changed,
        extra=assigning.extra_courses(order.cohort, order.assignment),
        by_job=seen.people > services.MANY,
    )  # fmt: skip


def _form() -> AssignForm:
    """With what was typed so far, and with what may be chosen."""
    who = actor()
    form = AssignForm(formdata=request.values)
    cohorts = [(row.id, row.name) for row in queries.cohorts_to_assign(who)]
    form.source.choices = [(0, _("The list of people")), *cohorts]
    form.to.choices = [*cohorts, (0, _("A new cohort"))]
    if "to" not in request.values:
        form.to.data = form.source.data or (cohorts[0][0] if cohorts else 0)
    form.who.choices = _ways(form)
    if "who" not in request.values:
        form.who.data = form.who.choices[0][0]
    form.courses.choices = [(course.id, course.title) for course in published(who)]
    curricula = [(row.id, row.title) for row in queries.curricula_for_choice(who)]
    form.curriculum.choices = [(0, _("No path")), *curricula]
    target = _cohort(form.to.data)
    form.offer_days(target)
    joins = not (form.source.data and form.source.data == form.to.data)
    form.has_own_courses = joins and target is not None and bool(assigning.own_courses(target))
    return form


def _ways(form: AssignForm) -> list[tuple[str, str]]:
    """Whom a list brings along: those ticked first, then those its filter finds, then everybody."""
    brought = _brought()
    ticked = len(brought["member_ids"] or brought["person_ids"])
    ways = (
        [(TICKED, ngettext("The %(num)s person chosen", "The %(num)s people chosen", ticked))]
        if ticked
        else []
    )
    is_filtered = any(brought[name] for name in ("words", "standing", "follower_id", "last_seen"))
    if not form.source.data:
        word = (
            _("All learners that the search finds")
            if is_filtered
            else _("All learners of the list of people")
        )
        return [*ways, (FOUND, word)]
    if is_filtered:
        ways.append((FOUND, _("All those whom the filter finds")))
    return [*ways, (COHORT, _("Everybody in the cohort"))]


def _brought() -> dict[str, Any]:
    """What the list brought, as an intent has it."""

    def numbers(name: str) -> tuple[int, ...]:
        found = (
            one for one in request.values.getlist(name) if one.isascii() and one.isdigit() and len(one) < 16
        )
        return tuple(map(int, found))[:_MOST]

    follower = numbers("follower")
    return {
        "words": request.values.get("q", "").strip()[:100],
        "standing": request.values.get("state", "")[:20],
        "follower_id": follower[0] if follower else 0,
        "last_seen": request.values.get("seen", "")[:10],
        "member_ids": numbers("member"),
        "person_ids": numbers("person"),
    }


def _carried(step: str) -> list[tuple[str, str]]:
    """What this page does not ask, to be carried on."""
    names = [*BROUGHT, *(name for one, names in STEPS.items() if one != step for name in names)]
    return [(name, value) for name in names for value in request.values.getlist(name)[:_MOST]]


def _number(form: AssignForm) -> int:
    """How many people are meant so far."""
    intent = Intent(form.who.data, form.source.data or 0, to_id=form.to.data or 0, **_brought())
    source = _cohort(intent.source_id)
    return assigning.number_of(assigning.people_of(actor(), intent, source))


def _left_out(intent: Intent, people: int) -> int:
    """How many of those whom a search finds are of the team, and no learners."""
    if intent.source_id or intent.who != FOUND:
        return 0
    return assigning.number_of(assigning.found(actor(), intent.words)) - people


def _cohort(cohort_id: int | None) -> Cohort | None:
    return queries.cohort_in_hand(actor(), cohort_id) if cohort_id else None


def _mark(seen: assigning.Outcome, intent: Intent) -> str:
    """What was shown, so that nothing else is done than what was seen."""
    numbers = [seen.people, seen.joining, seen.enrolled, seen.over, seen.enrolments(again=intent.again)]
    return ".".join(map(str, numbers))


def _rights() -> dict[str, Any]:
    """Who asks, for the worker that does it: what they may see is decided with the rights they have now."""
    who = actor()
    return {
        "organisation_id": who.organisation_id, "account_id": who.account_id, "zone": who.zone,
        "language": who.language, "roles": sorted(who.roles), "features": sorted(who.features),
    }  # fmt: skip
