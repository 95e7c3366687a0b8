"""What is to be typed in in Kairos or EDOF: the list, one person's values to copy, ticks, and the list as a file."""

import io
from typing import Any

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from lms.core import db, journal
from lms.core.clock import today
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.core.tables import Properties, Sheet, write_csv, write_xlsx
from lms.core.web import actor
from lms.enrolment import policies, queries, services
from lms.enrolment.forms import LEFT_WORDS, PORTAL_WORDS
from lms.enrolment.forms import declarations as forms
from lms.enrolment.queries.declaration_lines import Line
from lms.enrolment.queries.declarations import Declared
from lms.enrolment.views import asked, room

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WORDS = {"facts": forms.FACT_WORDS, "portals": PORTAL_WORDS, "reasons": LEFT_WORDS}


@room.get("/cohorts/declarations", may=policies.may_declare, mode=Mode.LIST)
def declarations() -> ResponseReturnValue:
    return _page(forms.TickForm(formdata=None))


@room.get("/cohorts/declarations.xlsx", may=policies.may_declare, mode=Mode.LIST)
def declarations_xlsx() -> ResponseReturnValue:
    columns, rows = forms.columns(), _rows()
    made, title = io.BytesIO(), _("To declare")
    write_xlsx(made, [Sheet(title, columns, rows)], Properties(title, language=actor().language))
    made.seek(0)
    return send_file(made, _XLSX, as_attachment=True, download_name=_("declarations.xlsx"))


@room.get("/cohorts/declarations.csv", may=policies.may_declare, mode=Mode.LIST)
def declarations_csv() -> ResponseReturnValue:
    made, columns, rows = io.BytesIO(), forms.columns(), _rows()
    write_csv(made, columns, rows)
    made.seek(0)
    return send_file(made, "text/csv; charset=utf-8", as_attachment=True, download_name=_("declarations.csv"))


@room.get("/cohorts/declarations/<int:member_id>", may=policies.may_declare, on=queries.declared_member)
def member_declarations(found: Declared) -> ResponseReturnValue:
    journal.read(actor(), found.about.person_id, "progress")
    return _member_page(found, forms.TickForm(formdata=None))


@room.post("/cohorts/declarations/<int:member_id>", may=policies.may_declare, on=queries.declared_member)
def tick_member(found: Declared) -> ResponseReturnValue:
    form = forms.TickForm()
    if not form.validate():
        return _member_page(found, form), 422
    lines = [line for line in found.lines if line.key == request.form.get("declaration")]
    _tick(lines, form.reference.data or "")
    return redirect(url_for("enrolment.member_declarations", member_id=found.about.member_id))


@room.post("/cohorts/declarations", may=policies.may_declare)
def tick() -> ResponseReturnValue:
    form = forms.TickForm()
    if not form.validate():
        return _page(form), 422
    _tick(_chosen(), form.reference.data or "")
    return redirect(url_for("enrolment.declarations", **_narrowed()))


@room.post("/cohorts/declarations/untick", may=policies.may_declare)
def untick() -> ResponseReturnValue:
    number = services.take_tick_back(_chosen(), actor())
    flash(
        ngettext("%(num)s tick was taken back.\nIt is to be declared again, if there is still something to declare.",
                 "%(num)s ticks were taken back.\nThey are to be declared again, if there is still something to declare.",
                 number),
        "done",
    )  # fmt: skip
    return redirect(url_for("enrolment.declarations", **_narrowed()))


def _chosen() -> list[Line]:
    """The lines that were ticked; or all of the list as it is filtered."""
    who = actor()
    if request.form.get("all"):
        return queries.declarations_in_full(who, asked.declaration_filter())[0]
    return queries.chosen_lines(who, asked.declarations())


def _tick(lines: list[Line], reference: str) -> None:
    number = services.declare(lines, reference, actor())
    flash(
        ngettext("%(num)s declaration is ticked off.", "%(num)s declarations are ticked off.", number), "done"
    )


def _narrowed() -> dict[str, Any]:
    """How the list is filtered, for addresses."""
    wanted = asked.declaration_filter()
    kept = {"cohort": wanted.cohort_id, "portal": wanted.portal, "state": wanted.state}
    return {name: value for name, value in kept.items() if value}


def _page(form: forms.TickForm) -> str:
    who, wanted = actor(), asked.declaration_filter()
    return render_template(
        "enrolment/declarations.html", found=queries.declarations(who, wanted), asked=wanted, narrowed=_narrowed(),
        form=form, states=forms.STATE_WORDS, today=today(who.zone), **_WORDS,
    )  # fmt: skip


def _member_page(found: Declared, form: forms.TickForm) -> str:
    return render_template(
        "enrolment/declaration.html", found=found, form=form, tried=request.form.get("declaration", ""),
        today=today(actor().zone), values=lambda line: forms.values(line, found.planned), **_WORDS,
    )  # fmt: skip


def _rows() -> list[tuple[object, ...]]:
    """The lines of the file; nothing is held while it is written."""
    who = actor()
    lines, planned = queries.declarations_in_full(who, asked.declaration_filter())
    journal.note_refusal("declarations-exported", who, rows=len(lines))
    db.begin(Mode.READ)
    return [forms.cells(line, planned.get(line.about.member_id, 0)) for line in lines]
