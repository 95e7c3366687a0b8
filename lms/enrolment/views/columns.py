"""What the columns of a file are, where its headers do not tell."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core.web import actor
from lms.enrolment import policies, queries, services
from lms.enrolment.forms import ColumnsForm
from lms.enrolment.models import ImportRun
from lms.enrolment.views import room


@room.get("/cohorts/imports/<int:import_id>/columns", may=policies.may_enrol, on=queries.import_in_sight)
def import_columns(sent: ImportRun) -> ResponseReturnValue:
    if not _seen(sent):
        return redirect(url_for("enrolment.import_report", import_id=sent.id))
    return _page(sent, _form(sent))


@room.post("/cohorts/imports/<int:import_id>/columns", may=policies.may_enrol, on=queries.import_in_sight)
def name_columns(sent: ImportRun) -> ResponseReturnValue:
    if not _seen(sent):
        return redirect(url_for("enrolment.import_report", import_id=sent.id))
    if request.form.get("forget"):
        return redirect(url_for("core.job", job_id=services.forget_columns(sent, actor())))
    form = _form(sent)
    if not form.validate():
        return _page(sent, form), 422
    return redirect(url_for("core.job", job_id=services.name_columns(sent, form.fields, actor())))


def _seen(sent: ImportRun) -> dict[str, Any]:
    """The columns with their first cells, as long as they may be named."""
    return (sent.report.get("columns") or {}) if sent.state in ("asking", "checked") else {}


def _form(sent: ImportRun) -> ColumnsForm:
    seen = _seen(sent)
    return ColumnsForm.of(seen["header"], seen["fields"], seen["samples"])


def _page(sent: ImportRun, form: ColumnsForm) -> str:
    return render_template("enrolment/import_columns.html", sent=sent, form=form)
