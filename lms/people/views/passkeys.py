"""Passkeys: the door, one's own list, and the proof before a change that matters. They need JavaScript, and say so."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core import db
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.web import actor, anyone, safe_next, signed_in
from lms.people import gate, passkeys, policies, queries, services
from lms.people.entrance import enter
from lms.people.forms.factors import AnswerForm, PasskeyForm, PasskeyNameForm
from lms.people.models import Passkey
from lms.people.proof import browser, needs_proof, question
from lms.people.views import room
from lms.people.views.sign_in import later, say_no, where_to


@room.get("/sign-in/passkey", may=anyone)
def passkey_door() -> ResponseReturnValue:
    """A page of its own: the sign-in page loads nothing for those who have no passkey."""
    return _show_door(AnswerForm(formdata=None))


@room.post("/sign-in/passkey", may=anyone, mode=Mode.READ)
def sign_in_by_passkey() -> ResponseReturnValue:
    form = AnswerForm()
    if not form.validate():
        return _show_door(form), 422
    verdict = gate.judge_passkey(form.said("answer"), browser(), request.remote_addr or "")
    if not verdict.is_open or verdict.signed is None:
        say_no(verdict, form.answer, _wrong())
        return later(verdict, _show_door(form))
    db.begin(Mode.WRITE)
    gate.let_in(verdict)
    mark = verdict.signed.challenge_hash
    enter(verdict.account_id, "passkey", is_shared=form.shared.data, is_strong=True, challenge_hash=mark)
    return redirect(where_to())


@room.get("/me/passkeys/new", may=signed_in, even_owing=True)
@needs_proof
def new_passkey() -> ResponseReturnValue:
    if _owes_another():
        return redirect(url_for("people.owed", next=_onward()))
    return _show_new(PasskeyForm(formdata=None))


@room.post("/me/passkeys/new", may=signed_in, even_owing=True)
@needs_proof
def add_passkey() -> ResponseReturnValue:
    who, form = actor(), PasskeyForm()
    if _owes_another():
        return redirect(url_for("people.owed", next=_onward()))
    if not form.validate():
        return _show_new(form), 422
    try:
        made = passkeys.made(form.said("answer"), browser())
    except passkeys.NotGenuine:
        form.answer.errors = [_("Your device did not finish. Try again.")]
        return _show_new(form), 422
    services.add_key(who.account_id, made, form.said("name").strip())
    services.prove(who.sign_in_id, is_strong=True)  # it asked for finger, face or PIN
    flash(_("The passkey is kept.\nFrom now on you can sign in with it."), "done")
    return redirect(_onward() if who.owes else "/me")


@room.post("/me/passkeys/<int:passkey_id>/name", may=policies.may_use_own_passkey, on=queries.my_passkey)
def name_passkey(key: Passkey) -> ResponseReturnValue:
    form = PasskeyNameForm()
    if not form.validate():
        flash(_("The name is not changed.\nWrite one of at most 60 letters."), "attention")
        return redirect("/me")
    services.name_key(key, form.said("name").strip())
    flash(_("The new name is kept."), "done")
    return redirect("/me")


@room.post("/me/passkeys/<int:passkey_id>/remove", may=policies.may_use_own_passkey, on=queries.my_passkey)
def remove_passkey(key: Passkey) -> ResponseReturnValue:
    return _remove(key)


@needs_proof
def _remove(key: Passkey) -> ResponseReturnValue:
    services.remove_key(key)
    flash(_("The passkey is taken away.\nYour device may still offer it: it opens nothing any more."), "done")
    return redirect("/me")


@room.post("/me/proof/passkey", may=signed_in, mode=Mode.READ, even_owing=True)
def prove_by_passkey() -> ResponseReturnValue:
    who, form = actor(), AnswerForm()
    answer = form.said("answer") if form.validate() else ""
    verdict = gate.judge_passkey(answer, browser(), request.remote_addr or "", who.account_id)
    if not verdict.is_open or verdict.signed is None:
        flash(_too_often() if verdict.wait else _wrong(), "attention")
        return redirect(url_for("people.owed" if who.owes else "people.proof", next=_onward()))
    db.begin(Mode.WRITE, who.tenant_id, who.person_id)
    gate.let_in(verdict)
    services.prove(who.sign_in_id, is_strong=True, challenge_hash=verdict.signed.challenge_hash)
    return redirect(_onward())


def _owes_another() -> bool:
    return bool(actor().owes) and queries.factors_of(actor().account_id).has_second


def _show_door(form: AnswerForm) -> str:
    return render_template("people/passkey_door.html", form=form, question=question(), next=where_to())


def _show_new(form: PasskeyForm) -> str:
    who = actor()
    known = [one.credential for one in queries.passkeys_of(who.account_id)]
    asked = (
        passkeys.to_make(who.account_id, who.name, passkeys.new_challenge(browser()), known)
        if passkeys.site()
        else ""
    )
    return render_template(
        "people/new_passkey.html", form=form, question=asked, next=_onward(), owes=who.owes
    )


def _onward() -> str:
    return safe_next(request.form.get("next") or request.args.get("next"))


def _wrong() -> str:
    return _("This passkey opens nothing here. Try again, or sign in another way.")


def _too_often() -> str:
    return _("Too many tries.\nWait a quarter of an hour, then try again.")
