"""One's own account: where it leads, its language, its code, the browsers in which it is open."""

import time

from flask import current_app, flash, redirect, render_template, request
from flask import session as cookie
from flask.typing import ResponseReturnValue

from lms.core import db
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.web import actor, signed_in
from lms.people import devices, door, gate, passkeys, policies, queries, services, weakness
from lms.people.forms import ChangeCodeForm, LanguageForm
from lms.people.models import SignIn
from lms.people.queries import MyAccount
from lms.people.views import room
from lms.people.views.sign_in import later, say_no

#: Seconds between two signs of life that the list of sessions hears of.
SIGN_EVERY = 15 * 60


@room.get("/me", may=signed_in)
def me() -> ResponseReturnValue:
    mine = queries.my_account(actor())
    return _show(mine, LanguageForm(language=mine.person.language))


@room.post("/me/language", may=signed_in)
def choose_language() -> ResponseReturnValue:
    who, form = actor(), LanguageForm()
    if not form.validate():
        return _show(queries.my_account(who), form), 422
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


@room.blueprint.before_app_request
def _note_a_sign_of_life() -> None:
    """Once a quarter of an hour, for the list of sessions. The cookie carries the time, so that no page has to look it up.

    It is a hint: where the database takes nothing just now, pages are read all the same.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    if "_user_id" not in cookie or getattr(view, "mode", None) is None:
        return
    told, at = cookie.get("told"), int(time.time())
    if told is not None and abs(at - told) <= SIGN_EVERY:
        return
    cookie["told"] = at
    if told is not None:
        token = str(cookie["_user_id"]).rpartition(".")[2]
        db.then(lambda: _see(token))


def _see(token: str) -> None:
    with db.transaction():
        services.see(token)


def _show(mine: MyAccount, languages: LanguageForm) -> str:
    return render_template(
        "people/me.html",
        mine=mine,
        languages=languages,
        way_in=devices.way_in,
        place_of=devices.place_of,
        has_passkeys=passkeys.site() is not None,
        doors=door.all_own(),
    )
