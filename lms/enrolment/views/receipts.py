"""Receipts: what was done, by whom, to whom; and taking it back."""

from contextlib import nullcontext

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core import jobs
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.core.web import actor
from lms.enrolment import amounts, policies, queries, services
from lms.enrolment.forms import BATCH_WORDS, DEED_SHORT, LEFT_WORDS, PLACES_SHORT, STATE_WORDS
from lms.enrolment.forms.assigning import DUE_REASON_WORDS
from lms.enrolment.forms.wishes import WISH_WORDS
from lms.enrolment.models import Batch, BatchKind
from lms.enrolment.services.differences import differences
from lms.enrolment.services.place_undoing import LASTING
from lms.enrolment.services.receipts import UNDONE_WITHIN
from lms.enrolment.views import asked, room

#: What the values of these columns are called.
_VALUES = {
    "state": STATE_WORDS,
    "withdrawal_reason": LEFT_WORDS,
    "due_reason": DUE_REASON_WORDS,
    "cohort_wish.state": WISH_WORDS,
}


@room.get("/cohorts/receipts", may=policies.may_see_receipts, mode=Mode.LIST)
def receipts() -> ResponseReturnValue:
    found = queries.receipts(actor(), asked.number("page"), asked.number("cohort"), asked.number("pool"))
    return render_template("enrolment/receipts.html", page=found, what=_what)


@room.get("/cohorts/receipts/<int:batch_id>", may=policies.may_see_receipts, on=queries.batch_in_sight)
def receipt(batch: Batch) -> ResponseReturnValue:
    return render_template(
        "enrolment/receipt.html",
        batch=batch,
        what=_what(batch),
        by=queries.done_by(batch),
        rows=[differences(row, _VALUES) for row in queries.traces(batch)],
        outlook=None if batch.kind in (BatchKind.UNDO, BatchKind.PLACES) else queries.outlook(batch),
        places=queries.moved_places(batch),
        said=amounts.of,
        lasts=batch.deed in LASTING,
        mails=queries.mails(batch),
        until=batch.at + UNDONE_WITHIN,
        undo_of=batch.undoes_id,
    )


@room.post("/cohorts/receipts/<int:batch_id>/undo", may=policies.may_undo, on=queries.batch_in_sight)
def undo(batch: Batch) -> ResponseReturnValue:
    who, told = actor(), bool(request.form.get("told"))
    services.demand_undoable(batch)
    if queries.outlook(batch).people > services.CHUNK:
        job = jobs.later(
            "enrolment.undo", who, batch_id=batch.id, told=told, unique_key=f"undo/{batch.id}/{told}"
        )
        return redirect(url_for("core.job", job_id=job.id))
    done = services.undo(batch, lambda _people: nullcontext(), told=told, by=who)
    if batch.kind is BatchKind.PLACES:
        flash(_("It is taken back.\nThe movement the other way stands on the page of the pool."), "done")
        return redirect(url_for("enrolment.receipt", batch_id=batch.id))
    said = ngettext("%(num)s person is as before.", "%(num)s people are as before.", done.people)
    if done.left_out:
        said += "\n" + ngettext(
            "%(num)s person was left out: see why below.",
            "%(num)s people were left out: see why below.",
            done.left_out,
        )
    if batch.kind is BatchKind.RULE:
        said += "\n" + _("The rule of the cohort is off now.")
    flash(said, "done")
    return redirect(url_for("enrolment.receipt", batch_id=batch.id))


def _what(batch: Batch) -> str:
    words = PLACES_SHORT if batch.kind is BatchKind.PLACES else DEED_SHORT
    if batch.deed in words:
        return str(words[batch.deed])
    return str(BATCH_WORDS[batch.kind])
