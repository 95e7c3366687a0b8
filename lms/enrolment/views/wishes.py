"""Who wants to enter a cohort, and what the team answers."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core.i18n import ngettext
from lms.core.web import actor
from lms.enrolment import policies, queries
from lms.enrolment.forms.wishes import AnswerForm
from lms.enrolment.models import OPEN_WISHES, Cohort, WishState
from lms.enrolment.queries import wishes as found
from lms.enrolment.services import deciding, seats
from lms.enrolment.views import asked, room


@room.get("/cohorts/<int:cohort_id>/wishes", may=policies.may_answer_wishes, on=queries.cohort_in_hand)
def wishes(cohort: Cohort) -> ResponseReturnValue:
    return _page(cohort, AnswerForm(formdata=None), request.args.get("state", ""))


@room.post(
    "/cohorts/<int:cohort_id>/wishes/approve", may=policies.may_answer_wishes, on=queries.cohort_in_hand
)
def approve_wishes(cohort: Cohort) -> ResponseReturnValue:
    form = AnswerForm()
    if not form.validate():
        return _page(cohort, form), 422
    done = deciding.approve(cohort, _chosen(cohort), (form.answer.data or "").strip(), actor())
    flash(_approved(done), "attention" if done.waiting else "done")
    return redirect(url_for("enrolment.wishes", cohort_id=cohort.id))


@room.post(
    "/cohorts/<int:cohort_id>/wishes/refuse", may=policies.may_answer_wishes, on=queries.cohort_in_hand
)
def refuse_wishes(cohort: Cohort) -> ResponseReturnValue:
    form = AnswerForm()
    form.refuses = True
    if not form.validate():
        return _page(cohort, form), 422
    number = deciding.refuse(cohort, _chosen(cohort), (form.answer.data or "").strip(), actor())
    flash(ngettext("%(num)s request is refused.", "%(num)s requests are refused.", number), "done")
    return redirect(url_for("enrolment.wishes", cohort_id=cohort.id))


def _chosen(cohort: Cohort) -> list[int]:
    """Those of the ticked whom the actor sees."""
    return list(found.chosen_wishes(actor(), cohort, asked.ticked("wish")))


def _approved(done: deciding.Approved) -> str:
    said = ngettext("%(num)s person is enrolled.", "%(num)s people are enrolled.", done.entered)
    if not done.waiting:
        return said
    return f"{said}\n" + ngettext(
        "%(num)s person waits for a seat, and enters by themselves as soon as there is one.",
        "%(num)s people wait for a seat, and enter by themselves as soon as there is one.",
        done.waiting,
    )


def _page(cohort: Cohort, form: AnswerForm, state: str = "") -> str:
    who = actor()
    one = next((known for known in WishState if known.value == state), None)
    return render_template(
        "enrolment/wishes.html",
        cohort=cohort, form=form, state=state if one else "", counts=found.wish_counts(who, cohort),
        page=found.wishes(who, cohort, (one,) if one else OPEN_WISHES, asked.number("page")),
        ticked=asked.ticked("wish"), taken=seats.taken(cohort),
    )  # fmt: skip
