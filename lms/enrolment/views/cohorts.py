"""The list of cohorts, and one of them."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core.clock import today
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.web import actor
from lms.courses.queries import published
from lms.enrolment import policies, queries, services
from lms.enrolment.forms import CohortForm, SettingsForm
from lms.enrolment.models import Cohort, Level
from lms.enrolment.pseudonyms import pseudonym
from lms.enrolment.queries.deadlines import days_of_courses
from lms.enrolment.views import asked, room


@room.get("/cohorts", may=policies.may_list_cohorts, mode=Mode.LIST)
def cohorts() -> ResponseReturnValue:
    who, wanted = actor(), asked.cohort_filter()
    return render_template(
        "enrolment/cohorts.html",
        page=queries.cohorts_in_sight(who, wanted),
        totals=queries.list_totals(who),
        asked=wanted,
        paths=paths(),
        followers=_choices(queries.team(who)) if who.is_staff else [],
        may_enrol=policies.may_enrol(who),
        may_see_pools=policies.may_read_pools(who),
        to_declare=queries.declarations_to_do(who) if policies.may_declare(who) else None,
        today=today(who.zone),
    )


@room.get("/cohorts/new", may=policies.may_enrol)
def cohort_form() -> ResponseReturnValue:
    form = CohortForm(formdata=None)
    form.path.choices = [("", _("None for now")), *paths()]
    return render_template("enrolment/cohort_form.html", form=form)


@room.post("/cohorts/new", may=policies.may_enrol)
def make_cohort() -> ResponseReturnValue:
    form = CohortForm()
    form.path.choices = [("", _("None for now")), *paths()]
    if form.validate():
        who = actor()
        name = form.name.data or ""
        organisation, is_taken = queries.organisation_in_hand(who, name)
        if not is_taken:
            courses, curriculum = queries.path_of(who, form.path.data)
            made = services.make_cohort(
                organisation, name, courses=courses, curriculum=curriculum,
                starts_on=form.starts_on.data, due_on=form.due_on.data, by=who,
            )  # fmt: skip
            flash(_("The cohort is ready.\nNow add people: from a file, or one by one."), "done")
            return redirect(url_for("enrolment.cohort", cohort_id=made.id))
        form.name.errors = [_("Another cohort is called “%(name)s”.", name=name)]
    return render_template("enrolment/cohort_form.html", form=form), 422


@room.get("/cohorts/<int:cohort_id>", may=policies.may_see_cohort, on=queries.cohort_in_sight, mode=Mode.LIST)
def cohort(cohort: Cohort) -> ResponseReturnValue:
    who, wanted = actor(), asked.member_filter()
    level = queries.shared_level(who, cohort)
    named = level in (None, Level.NOMINATIVE)
    counts = queries.figures(who, cohort, named_only=named)
    return render_template(
        "enrolment/cohort.html",
        cohort=cohort,
        courses=queries.courses_of(cohort),
        days=days_of_courses(cohort),
        figures=counts,
        page=None
        if level is Level.AGGREGATE
        else queries.members(who, cohort, wanted, counts, named_only=named),
        asked=wanted,
        followers=_choices(queries.followers(who, cohort, counts.total)) if who.is_staff else [],
        named=named,
        name_of=lambda row: _name(row, named),
        may_enrol=policies.may_enrol(who) and who.is_staff,
        may_print_cards=policies.may_print_cards(who),
        may_see_pools=policies.may_see_pools(who),
        today=today(who.zone),
        shared=queries.shares(cohort) if policies.may_share(who, cohort) else [],
        taught=queries.trainers(cohort) if policies.may_choose_trainers(who, cohort) else [],
        numbered=named and who.knows_numbers,
    )


@room.get("/cohorts/<int:cohort_id>/settings", may=policies.may_enrol, on=queries.cohort_in_hand)
def cohort_settings(cohort: Cohort) -> ResponseReturnValue:
    form = SettingsForm(formdata=None, obj=cohort)
    return render_template("enrolment/cohort_settings.html", cohort=cohort, form=form)


@room.post("/cohorts/<int:cohort_id>/settings", may=policies.may_enrol, on=queries.cohort_in_hand)
def change_cohort(cohort: Cohort) -> ResponseReturnValue:
    form = SettingsForm()
    if not form.validate():
        return render_template("enrolment/cohort_settings.html", cohort=cohort, form=form), 422
    services.change(cohort, name=form.name.data or "", due_on=form.due_on.data, about=form.about, by=actor())
    flash(_("The changes are kept."), "done")
    return redirect(url_for("enrolment.cohort", cohort_id=cohort.id))


def paths() -> list[tuple[str, str]]:
    """What people may be put on: curricula first, then courses, as choices of a form."""
    who = actor()
    curricula = [(f"curriculum:{row.id}", row.title) for row in queries.curricula_for_choice(who)]
    return curricula + [(f"course:{course.id}", course.title) for course in published(who)]


def _choices(rows: Any) -> list[tuple[int, str]]:
    return [(row.id, f"{row.first_name} {row.last_name}") for row in rows]


def _name(row: Any, named: bool) -> str:
    who = actor()
    if named:
        return f"{row.last_name} {row.first_name}"
    return pseudonym(who.tenant_id, who.person_id, "P", row.person_id)


def back_to(cohort: Cohort) -> str:
    """The page of a cohort as it was filtered, when the form says so."""
    query = request.form.get("back", "")
    address = url_for("enrolment.cohort", cohort_id=cohort.id)
    return f"{address}?{query}" if query else address
