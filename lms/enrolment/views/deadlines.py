"""Other days: for a course of a cohort, and for one person on one course."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lms.core.i18n import ngettext
from lms.core.web import actor
from lms.enrolment import policies, services
from lms.enrolment.forms.assigning import DaysForm, OwnDaysForm
from lms.enrolment.models import Batch
from lms.enrolment.queries import deadlines
from lms.enrolment.views import room

_OF_COURSE = "/cohorts/<int:cohort_id>/courses/<int:course_id>/deadline"
_OF_PERSON = "/cohorts/<int:cohort_id>/members/<int:member_id>/courses/<int:enrolment_id>/deadline"


@room.get(_OF_COURSE, may=policies.may_enrol, on=deadlines.course_in_hand)
def deadline_form(found: deadlines.CourseDays) -> ResponseReturnValue:
    form = DaysForm(formdata=None, obj=found.days, due=found.days.due_rule.value)
    form.offer_days(found.cohort)
    return _page(found, form)


@room.post(_OF_COURSE, may=policies.may_enrol, on=deadlines.course_in_hand)
def change_deadline(found: deadlines.CourseDays) -> ResponseReturnValue:
    form = DaysForm()
    form.offer_days(found.cohort)
    if not form.validate():
        return _page(found, form), 422
    batch = services.change_days(found.cohort, found.days.course_id, form.timing, actor())
    return _done(batch)


@room.get(_OF_PERSON, may=policies.may_enrol, on=deadlines.enrolment_in_hand)
def own_deadline_form(found: deadlines.PersonDays) -> ResponseReturnValue:
    form = OwnDaysForm(formdata=None, obj=found.enrolment, reason=found.enrolment.due_reason)
    return render_template("enrolment/own_deadline.html", found=found, form=form)


@room.post(_OF_PERSON, may=policies.may_enrol, on=deadlines.enrolment_in_hand)
def change_own_deadline(found: deadlines.PersonDays) -> ResponseReturnValue:
    form = OwnDaysForm()
    if not form.validate():
        return render_template("enrolment/own_deadline.html", found=found, form=form), 422
    batch = services.change_own_days(
        found.sheet.cohort,
        found.enrolment.id,
        form.due_on.data,
        form.opens_on.data,
        form.reason.data,
        actor(),
    )
    return _done(batch)


def _page(found: deadlines.CourseDays, form: DaysForm) -> str:
    number = services.following(found.cohort, found.days.course_id)
    return render_template("enrolment/deadline.html", found=found, form=form, number=number)


def _done(batch: Batch) -> ResponseReturnValue:
    flash(
        ngettext("The deadline of %(num)s person was changed.\nIf it was a mistake, undo it below.",
                 "The deadline of %(num)s people was changed.\nIf it was a mistake, undo it below.", batch.updated),
        "done",
    )  # fmt: skip
    return redirect(url_for("enrolment.receipt", batch_id=batch.id))
