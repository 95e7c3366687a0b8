"""Everybody's own pages: who looked at one's file, what one asks about one's data, what one puts right."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core.i18n import gettext as _
from lms.core.web import actor, row_number, signed_in
from lms.records import queries, services, words
from lms.records.forms import ContactForm, RequestForm
from lms.records.models import RequestKind
from lms.records.views import room


@room.get("/my-data/readers", may=signed_in)
def readers() -> ResponseReturnValue:
    page = queries.lines_about_me(actor(), request.args.get("page", 1, type=row_number))
    return render_template("records/readers.html", page=page)


@room.get("/my-data/requests", may=signed_in)
def my_requests() -> ResponseReturnValue:
    return _requests_page(RequestForm(formdata=None))


@room.post("/my-data/requests", may=signed_in)
def ask() -> ResponseReturnValue:
    form = RequestForm()
    if form.validate() and form.kind.data != RequestKind.ERASE and not (form.wish.data or "").strip():
        form.wish.errors = [_("Write what is wrong, and what is right.")]
    if form.errors:
        return _requests_page(form), 422
    services.ask(actor(), RequestKind(form.kind.data), form.wish.data or "")
    flash(
        _("Your request is written down.\nIt is answered within a month: you read the answer here."), "done"
    )
    return redirect(url_for("records.my_requests"))


@room.get("/my-data/correct", may=signed_in)
def contact_form() -> ResponseReturnValue:
    person = queries.person_of(actor())
    return render_template("records/correct.html", form=ContactForm(formdata=None, obj=person), person=person)


@room.post("/my-data/correct", may=signed_in)
def correct() -> ResponseReturnValue:
    form = ContactForm()
    if not form.validate():
        return render_template("records/correct.html", form=form, person=queries.person_of(actor())), 422
    if services.correct_own(actor(), **form.typed):
        flash(_("The corrections are kept."), "done")
    return redirect("/my-data")


def _requests_page(form: RequestForm) -> str:
    mine = queries.my_requests(actor())
    return render_template("records/my_requests.html", form=form, mine=mine, words=words)
