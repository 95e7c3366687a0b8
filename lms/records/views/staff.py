"""The administrators' pages: the journal."""

from flask import render_template, request, send_file
from flask.typing import ResponseReturnValue

from lms.core.clock import today
from lms.core.db import Mode
from lms.core.web import actor, row_number
from lms.records import policies, queries, services
from lms.records.forms import JournalForm
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
    lines = queries.lines_to_export(actor(), JournalForm(request.args).asked)
    name = f"journal-{today(actor().zone).isoformat()}.xlsx"
    return send_file(services.export(actor(), lines), _XLSX, as_attachment=True, download_name=name)
