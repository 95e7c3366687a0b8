"""One's own account: where it leads, its language, its code, the browsers in which it is open."""

from flask import flash, redirect, render_template, request
from flask import session as cookie
from flask.typing import ResponseReturnValue

from lms.core import db
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.web import actor, signed_in
from lms.people import door, gate, policies, queries, services, weakness
from lms.people.forms import ChangeCodeForm, LanguageForm
from lms.people.models import SignIn
from lms.people.views import room
from lms.people.views.sign_in import later, say_no


@room.get("/me", may=signed_in)
def me() -> ResponseReturnValue:
    mine = queries.my_account(actor())
    form = LanguageForm(language=mine.person.language)
    return render_template("people/me.html", mine=mine, languages=form, doors=door.all_own())


@room.post("/me/language", may=signed_in)
def choose_language() -> ResponseReturnValue:
    who, form = actor(), LanguageForm()
    if not form.validate():
        mine = queries.my_account(who)
        return render_template("people/me.html", mine=mine, languages=form, doors=door.all_own()), 422
    services.speak(who.account_id, who.person_id, form.language.data)
    cookie["language"] = form.language.data
    return redirect("/me")


@room.post("/me/sessions/<int:sign_in_id>/end", may=policies.may_use_own_session, on=queries.my_session)
def end_session(session: SignIn) -> ResponseReturnValue:
    services.end(session.id)
    flash(_("This session is closed.\nWhoever uses that browser has to sign in again."), "done")
    return redirect("/me")


@room.post("/me/sessions/end-others", may=signed_in)
def end_other_sessions() -> ResponseReturnValue:
    services.end_sessions(actor().account_id, keep=actor().sign_in_id)
    flash(_("Your other sessions are closed."), "done")
    return redirect("/me")


@room.get("/me/code", may=signed_in)
def my_code() -> ResponseReturnValue:
    return render_template("people/my_code.html", form=ChangeCodeForm(formdata=None))


@room.post("/me/code", may=signed_in, mode=Mode.READ)
def change_code() -> ResponseReturnValue:
    who, form = actor(), ChangeCodeForm()
    if form.validate() and (
        fault := weakness.code_fault(form.said("code"), queries.births_of(who.account_id))
    ):
        form.code.errors = [fault]
    if form.errors:
        return render_template("people/my_code.html", form=form), 422
    hashed = queries.code_hash_of(who.account_id)
    verdict = gate.judge_own(who.account_id, hashed, form.said("current"), request.remote_addr or "")
    if not verdict.is_open:
        say_no(verdict, form.current, _("This is not the code you use today."))
        return later(verdict, render_template("people/my_code.html", form=form))
    fresh = services.hash_password(form.said("code"))
    db.begin(Mode.WRITE, who.tenant_id, who.person_id)
    gate.let_in(verdict)
    services.set_code(who.account_id, fresh, keep=who.sign_in_id)
    flash(_("Your new code is kept.\nYour other sessions are closed."), "done")
    return redirect("/me")
