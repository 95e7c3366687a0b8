"""Who teaches a cohort: its trainers see its people, and how far they have come."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core.i18n import gettext as _
from lms.core.web import actor, row_number
from lms.enrolment import policies, queries, services
from lms.enrolment.forms import TrainerForm
from lms.enrolment.models import Cohort
from lms.enrolment.views import room


@room.get("/cohorts/<int:cohort_id>/trainers", may=policies.may_choose_trainers, on=queries.cohort_in_hand)
def trainers(cohort: Cohort) -> ResponseReturnValue:
    return _page(cohort, _offering(cohort, TrainerForm(formdata=None)))


@room.post("/cohorts/<int:cohort_id>/trainers", may=policies.may_choose_trainers, on=queries.cohort_in_hand)
def let_teach(cohort: Cohort) -> ResponseReturnValue:
    form = _offering(cohort, TrainerForm())
    if not form.validate():
        return _page(cohort, form), 422
    services.let_teach(cohort, form.trainer.data, actor())
    flash(_("The cohort has a trainer.\nThe trainer finds it among the cohorts, with its people."), "done")
    return redirect(url_for("enrolment.trainers", cohort_id=cohort.id))


@room.post(
    "/cohorts/<int:cohort_id>/trainers/stop", may=policies.may_choose_trainers, on=queries.cohort_in_hand
)
def stop_teaching(cohort: Cohort) -> ResponseReturnValue:
    services.stop_teaching(cohort, request.form.get("trainer", 0, type=row_number), actor())
    flash(_("The people of the cohort are out of the trainer’s sight."), "done")
    return redirect(url_for("enrolment.trainers", cohort_id=cohort.id))


def _offering(cohort: Cohort, form: TrainerForm) -> TrainerForm:
    form.trainer.choices = [
        (row.id, f"{row.first_name} {row.last_name}") for row in queries.trainers_to_choose(cohort)
    ]
    return form


def _page(cohort: Cohort, form: TrainerForm) -> str:
    return render_template(
        "enrolment/trainers.html", cohort=cohort, form=form, trainers=queries.trainers(cohort)
    )
