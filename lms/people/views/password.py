"""Passwords: forgotten, chosen by a link, changed."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from lms.core import db, jobs
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.sealing import seal
from lms.core.web import actor, anyone, safe_next, signed_in
from lms.people import door, gate, queries, services, weakness
from lms.people.forms import ChangePasswordForm, ForgottenForm, NewPasswordForm
from lms.people.models import ResetLink
from lms.people.services import tries
from lms.people.views import room
from lms.people.views.sign_in import later, say_no, whose_door


@room.get("/sign-in/forgotten", may=anyone)
def forgotten() -> ResponseReturnValue:
    return _show_forgotten(ForgottenForm(formdata=None))


@room.post("/sign-in/forgotten", may=anyone, mode=Mode.READ)
def ask_for_link() -> ResponseReturnValue:
    """The same page in the same time whoever is asked for: who it is, only the worker looks up."""
    form = ForgottenForm()
    if not form.validate():
        return _show_forgotten(form), 422
    address = request.remote_addr or ""
    closed = gate.seconds_closed(form.said("login"), address)
    tried = tries.begin(tries.LINK, form.said("login").strip().casefold(), address)
    if closed or tried.wait:
        refused = gate.Verdict(wait=max(closed, tried.wait))
        say_no(refused, form.login, "")
        return later(refused, _show_forgotten(form))
    db.begin(Mode.WRITE)
    jobs.later("people.mail_links", typed=seal(form.said("login")))  # sealed: some type their password there
    return render_template("people/link_sent.html")


@room.get("/sign-in/new-password/<string:token>", may=anyone)
def new_password(token: str) -> ResponseReturnValue:
    link = queries.link_by_token(token)
    if link is None:
        return render_template("people/link_gone.html"), 404
    return _show(NewPasswordForm(formdata=None), link)


@room.post("/sign-in/new-password/<string:token>", may=anyone, mode=Mode.READ)
def choose_password(token: str) -> ResponseReturnValue:
    form, link = NewPasswordForm(), queries.link_by_token(token)
    if link is None:
        return render_template("people/link_gone.html"), 404
    link_id, account_id = link.id, link.account_id
    if not _is_good(form, account_id):
        return _show(form, link), 422
    db.begin(Mode.READ)  # nothing is held while the password is hashed
    hashed = services.hash_password(form.said("password"))
    db.begin(Mode.WRITE)
    if not services.use_link(link_id):
        return render_template("people/link_gone.html"), 404
    services.set_password(account_id, hashed)
    services.tell(account_id, "password-changed")
    tries.clear(tries.PASSWORD, f"account {account_id}")
    flash(_("Your new password is kept.\nSign in with it."), "done")
    return redirect(url_for("people.sign_in"))


@room.get("/me/password", may=signed_in)
def my_password() -> ResponseReturnValue:
    _hash_in_use()
    return _show_mine(ChangePasswordForm(formdata=None))


@room.post("/me/password", may=signed_in, mode=Mode.READ)
def change_password() -> ResponseReturnValue:
    who, form, hashed = actor(), ChangePasswordForm(), _hash_in_use()
    if not _is_good(form, who.account_id):
        return _show_mine(form), 422
    verdict = gate.judge_own(who.account_id, hashed, form.said("current"), request.remote_addr or "")
    if not verdict.is_open:
        say_no(verdict, form.current, _("This is not the password you use today."))
        return later(verdict, _show_mine(form))
    fresh = services.hash_password(form.said("password"))
    db.begin(Mode.WRITE, who.tenant_id, who.person_id)
    gate.let_in(verdict)
    services.set_password(who.account_id, fresh, keep=who.sign_in_id)
    services.tell(who.account_id, "password-changed")
    cookie.pop("guessable", None)
    flash(_("Your new password is kept.\nYour other sessions are closed."), "done")
    return redirect(_onward() or "/me")


def _show_mine(form: ChangePasswordForm) -> str:
    return render_template(
        "people/my_password.html", form=form, next=_onward(), is_guessable=bool(cookie.get("guessable"))
    )


def _onward() -> str:
    """Where somebody was going to whom a better password was proposed; empty: they came by themselves."""
    said = request.form.get("next") or request.args.get("next")
    return safe_next(said) if said else ""


def _hash_in_use() -> str:
    """Of the actor's password; whoever has none (a card, a partner's sign-on) is asked to use a link."""
    return queries.password_hash_of(actor().account_id) or abort(404)


def _is_good(form: NewPasswordForm, account_id: int) -> bool:
    if form.validate() and (
        fault := weakness.password_fault(form.said("password"), queries.own_words(account_id))
    ):
        form.password.errors = [fault]
    return not form.errors


def _show_forgotten(form: ForgottenForm) -> str:
    return render_template("people/forgotten.html", form=form, host=whose_door())


def _show(form: NewPasswordForm, link: ResetLink) -> str:
    doors = door.all_invited(request.view_args["token"]) if request.view_args else []
    return render_template(
        "people/new_password.html", form=form, login=queries.login_of(link.account_id), doors=doors
    )
