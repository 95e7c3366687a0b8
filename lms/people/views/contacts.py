"""One's own name, telephone and e-mail address."""

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from lms.core import db
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.web import actor, anyone, signed_in
from lms.people import gate, queries, services
from lms.people.forms import EmailForm, NamesForm
from lms.people.proof import needs_proof
from lms.people.services import tries
from lms.people.views import room
from lms.people.views.sign_in import later, say_no


@room.get("/me/name", may=signed_in)
def my_name() -> ResponseReturnValue:
    person = queries.my_account(actor()).person
    return render_template("people/my_name.html", form=NamesForm(formdata=None, obj=person))


@room.post("/me/name", may=signed_in)
def change_name() -> ResponseReturnValue:
    who, form = actor(), NamesForm()
    if not form.validate():
        return render_template("people/my_name.html", form=form), 422
    person = queries.my_account(who).person
    services.put_right(person, who, email=person.email or "", **form.names)
    flash(_("Your name is kept.\nCertificates that you have already stay as they are."), "done")
    return redirect("/me")


@room.get("/me/email", may=signed_in)
@needs_proof
def my_email() -> ResponseReturnValue:
    return _show(EmailForm(formdata=None))


@room.post("/me/email", may=signed_in, mode=Mode.READ)
@needs_proof
def change_email() -> ResponseReturnValue:
    who, form = actor(), EmailForm()
    if not form.validate():
        return _show(form), 422
    tried = tries.begin(tries.LINK, f"address {who.account_id}", request.remote_addr or "")
    if tried.wait:
        refused = gate.Verdict(wait=tried.wait)
        say_no(refused, form.email, "")
        return later(refused, _show(form))
    db.begin(Mode.WRITE, who.tenant_id, who.person_id)
    services.ask_for_address(who.account_id, form.address)
    flash(_("Look at your messages.\nA mail with a link is on its way to the new address."), "done")
    return redirect("/me")


@room.get("/sign-in/address/<string:token>", may=anyone)
def confirm_address_form(token: str) -> ResponseReturnValue:
    """Opening it changes nothing: a mail program may look at a link before its reader does."""
    return render_template("people/confirm_address.html", token=token)


@room.post("/sign-in/address/<string:token>", may=anyone)
def confirm_address(token: str) -> ResponseReturnValue:
    services.confirm_address(token)
    flash(_("Your new address is kept.\nMails of your account go there from now on."), "done")
    return redirect("/me" if actor() else "/sign-in")


def _show(form: EmailForm) -> str:
    return render_template("people/my_email.html", form=form, email=queries.email_of(actor().account_id))
