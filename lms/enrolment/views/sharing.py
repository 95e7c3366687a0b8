"""With which partners a cohort is shared, and how much of people they see."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core.i18n import gettext as _
from lms.core.web import actor, row_number
from lms.enrolment import policies, queries, services
from lms.enrolment.forms import LEVEL_WORDS, ShareForm
from lms.enrolment.models import Cohort, Level
from lms.enrolment.views import room


@room.get("/cohorts/<int:cohort_id>/sharing", may=policies.may_share, on=queries.cohort_in_hand)
def sharing(cohort: Cohort) -> ResponseReturnValue:
    return _page(cohort, _form(fresh=True))


@room.post("/cohorts/<int:cohort_id>/sharing", may=policies.may_share, on=queries.cohort_in_hand)
def share(cohort: Cohort) -> ResponseReturnValue:
    form = _form()
    if not form.validate():
        return _page(cohort, form), 422
    services.share(cohort, form.partner.data, Level(form.level.data), actor())
    flash(_("The cohort is shared."), "done")
    return redirect(url_for("enrolment.sharing", cohort_id=cohort.id))


@room.post("/cohorts/<int:cohort_id>/sharing/stop", may=policies.may_share, on=queries.cohort_in_hand)
def stop_sharing(cohort: Cohort) -> ResponseReturnValue:
    services.stop_sharing(cohort, request.form.get("partner", 0, type=row_number), actor())
    flash(_("The cohort is not shared any more.\nWhat the partner has downloaded stays with them."), "done")
    return redirect(url_for("enrolment.sharing", cohort_id=cohort.id))


def _form(fresh: bool = False) -> ShareForm:
    form = ShareForm(formdata=None) if fresh else ShareForm()
    form.partner.choices = [
        (row.id, f"{row.first_name} {row.last_name}") for row in queries.partners(actor())
    ]
    return form


def _page(cohort: Cohort, form: ShareForm) -> str:
    return render_template(
        "enrolment/sharing.html",
        cohort=cohort,
        form=form,
        shares=queries.shares(cohort),
        levels=LEVEL_WORDS,
        level_choices=[(level.value, str(word), str(text)) for level, (word, text) in LEVEL_WORDS.items()],
    )
