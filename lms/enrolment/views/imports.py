"""Files of people: sent, looked at, written, handed back."""

import io
from typing import Any

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from lms.core import db, files, journal
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.web import actor
from lms.enrolment import policies, queries, services
from lms.enrolment.forms import MODE_WORDS, ImportForm, LeavingForm
from lms.enrolment.models import ImportMode, ImportRun, ImportState
from lms.enrolment.reading.faults import worded
from lms.enrolment.services import corrected, template
from lms.enrolment.views import asked, room
from lms.enrolment.views.cohorts import paths

_SHOWN = 20
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@room.get("/cohorts/imports/new", may=policies.may_enrol)
def import_form() -> ResponseReturnValue:
    form = _form(fresh=True)
    form.cohort.data = asked.number("cohort")
    return _upload_page(form)


@room.post("/cohorts/imports/new", may=policies.may_enrol)
def receive_file() -> ResponseReturnValue:
    form = _form()
    if not form.validate():
        return _upload_page(form), 422
    who, kind_of = actor(), form.path.data.partition(":")
    sent = services.receive_file(
        who, form.file.data.stream, form.file.data.filename or "", _cohort_name(form),
        course_id=int(kind_of[2]) if kind_of[0] == "course" else None,
        curriculum_id=int(kind_of[2]) if kind_of[0] == "curriculum" else None,
        due_on=form.due_on.data, mode=ImportMode(form.mode.data),
    )  # fmt: skip
    return redirect(url_for("core.job", job_id=sent.job_id))


@room.get("/cohorts/imports/template.xlsx", may=policies.may_enrol)
def template_xlsx() -> ResponseReturnValue:
    return send_file(io.BytesIO(template.xlsx()), _XLSX, as_attachment=True, download_name=_("people.xlsx"))


@room.get("/cohorts/imports/template.csv", may=policies.may_enrol)
def template_csv() -> ResponseReturnValue:
    return send_file(
        io.BytesIO(template.csv()), "text/csv", as_attachment=True, download_name=_("people.csv")
    )


@room.get("/cohorts/imports/<int:import_id>", may=policies.may_enrol, on=queries.import_in_sight)
def import_report(sent: ImportRun) -> ResponseReturnValue:
    return _report_page(sent, _leaving_form(sent, fresh=True))


@room.post("/cohorts/imports/<int:import_id>/write", may=policies.may_enrol, on=queries.import_in_sight)
def write_import(sent: ImportRun) -> ResponseReturnValue:
    form = _leaving_form(sent)
    if form.expected and sent.state == ImportState.CHECKED and not form.validate():
        return _report_page(sent, form), 422
    job_id = services.ask_to_write(
        sent, actor(), valid_rows=bool(request.form.get("valid_rows")), leaving=form.leaving.data
    )
    return redirect(url_for("core.job", job_id=job_id))


@room.get(
    "/cohorts/imports/<int:import_id>/corrected.xlsx", may=policies.may_enrol, on=queries.import_in_sight
)
def corrected_file(sent: ImportRun) -> ResponseReturnValue:
    if not sent.file_key:
        flash(_("This file is not kept any more.\nSend it again to have it checked."), "attention")
        return redirect(url_for("enrolment.import_report", import_id=sent.id))
    key, given, only_wrong = sent.file_key, services.given(sent), bool(request.args.get("only"))
    who, number, rows = actor(), sent.id, sent.report.get("total", 0)
    db.begin(Mode.READ)  # nothing is held while the workbook is written
    journal.note_refusal("lines-exported", who, file=number, rows=rows)
    made = io.BytesIO()
    with files.on_disk(key) as source:
        corrected.hand_back(given, source, made, only_wrong=only_wrong)
    made.seek(0)
    return send_file(
        made,
        _XLSX,
        as_attachment=True,
        download_name=_("lines-to-correct.xlsx") if only_wrong else _("to-correct.xlsx"),
    )


def _report_page(sent: ImportRun, form: LeavingForm) -> str:
    report, shown = sent.report, _SHOWN if not request.args.get("all") else None
    return render_template(
        "enrolment/import.html",
        sent=sent,
        job=queries.job_of(sent),
        report=report,
        states=ImportState,
        errors=[_told(kept) for kept in report.get("errors", [])[:shown]],
        warnings=[_told(kept) for kept in report.get("warnings", [])[:shown]],
        receipt=queries.receipt(sent),
        good=report.get("imported", 0) + report.get("updated", 0),
        form=form,
        changes={name: rows[:shown] for name, rows in report.get("changes", {}).items()},
        has_more=shown is not None and any(len(rows) > shown for rows in report.get("changes", {}).values()),
        mode=MODE_WORDS[sent.mode],
        layout=queries.layout_name(report.get("layout", "")),
    )


def _leaving_form(sent: ImportRun, fresh: bool = False) -> LeavingForm:
    """Without a field to fill in where nobody leaves."""
    expected = sent.report.get("leaving", 0) if sent.mode == ImportMode.REPLACE else 0
    return LeavingForm(expected, formdata=None) if fresh else LeavingForm(expected)


def _told(kept: dict[str, Any]) -> dict[str, Any]:
    return worded(kept) | {"who": kept["who"]}


def _form(fresh: bool = False) -> ImportForm:
    form = ImportForm(formdata=None) if fresh else ImportForm()
    form.cohort.choices = [
        (0, _("A new cohort")),
        *((row.id, row.name) for row in queries.cohorts_for_choice(actor())),
    ]
    form.path.choices = [("", _("What the cohort follows already")), *paths()]
    return form


def _cohort_name(form: ImportForm) -> str:
    known = {row.id: row.name for row in queries.cohorts_for_choice(actor())}
    return str(known.get(form.cohort.data) or form.name.data or "")


def _upload_page(form: ImportForm) -> str:
    return render_template("enrolment/import_form.html", form=form, recent=queries.recent_imports(actor()))
