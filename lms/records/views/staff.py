"""The administrators' pages: the journal, what people ask, an erasure with its receipt."""

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from lms.core import journal as lines
from lms.core.clock import today
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.journal import Entry
from lms.core.web import actor, row_number
from lms.people.queries import PersonFile, person_in_sight
from lms.people.services import held_on
from lms.records import policies, queries, receipts, services, words
from lms.records.forms import AnswerForm, EraseForm, JournalForm
from lms.records.models import RequestState
from lms.records.queries import RequestRow
from lms.records.views import room

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@room.get("/records", may=policies.may_read_journal)
def journal() -> ResponseReturnValue:
    form = JournalForm(request.args)
    page = queries.lines_in_sight(actor(), form.asked, request.args.get("page", 1, type=row_number))
    return render_template(
        "records/journal.html", page=page, form=form, asked=form.asked, alerts=queries.alerts(actor())
    )


@room.get("/records/journal.xlsx", may=policies.may_read_journal, mode=Mode.WRITE)
def journal_file() -> ResponseReturnValue:
    """The lines that the page shows, and those of its further pages."""
    found = queries.lines_to_export(actor(), JournalForm(request.args).asked)
    name = f"journal-{today(actor().zone).isoformat()}.xlsx"
    return send_file(services.export(actor(), found), _XLSX, as_attachment=True, download_name=name)


@room.get("/records/requests", may=policies.may_list_requests)
def requests() -> ResponseReturnValue:
    page = queries.requests_in_sight(actor(), request.args.get("page", 1, type=row_number))
    return render_template("records/requests.html", page=page, words=words, today=today(actor().zone))


@room.get("/records/requests/<int:request_id>", may=policies.may_answer_request, on=queries.request_in_sight)
def request_(row: RequestRow) -> ResponseReturnValue:
    return render_template("records/request.html", row=row, form=AnswerForm(formdata=None), words=words)


@room.post("/records/requests/<int:request_id>", may=policies.may_answer_request, on=queries.request_in_sight)
def answer(row: RequestRow) -> ResponseReturnValue:
    form = AnswerForm()
    if not form.validate():
        return render_template("records/request.html", row=row, form=form, words=words), 422
    services.answer(row, actor(), RequestState(form.state.data), form.answer.data or "")
    flash(_("The answer is kept. The person reads it on their page."), "done")
    return redirect(url_for("records.requests"))


@room.get("/records/people/<int:person_id>/erase", may=policies.may_erase_person, on=person_in_sight)
def erase_form(file: PersonFile) -> ResponseReturnValue:
    lines.read(actor(), file.person.id)
    return _erase_page(file, EraseForm(formdata=None))


@room.post("/records/people/<int:person_id>/erase", may=policies.may_erase_person, on=person_in_sight)
def erase(file: PersonFile) -> ResponseReturnValue:
    form = EraseForm()
    if not form.validate():
        return _erase_page(file, form), 422
    receipt = services.erase(actor(), file.person.id)
    return redirect(url_for("records.receipt", entry_id=receipt))


@room.get("/records/erasures/<int:entry_id>", may=policies.may_see_receipt, on=queries.erasure_in_sight)
def receipt(entry: Entry) -> ResponseReturnValue:
    fates = receipts.after(entry.details["rows"])
    return render_template("records/receipt.html", entry=entry, fates=fates)


def _erase_page(file: PersonFile, form: EraseForm) -> str:
    fates = receipts.before(held_on(file.person.tenant_id, file.person.id))
    return render_template("records/erase.html", file=file, form=form, fates=fates)
