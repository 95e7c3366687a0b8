"""The second factor: asked for after a password, owed to an organisation, set up and taken away."""

import time

from flask import flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from lms.core import db
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.qr import qr_svg
from lms.core.web import actor, anyone, safe_next, signed_in
from lms.people import authenticator, gate, queries, services
from lms.people.authenticator import Offer
from lms.people.entrance import enter
from lms.people.forms.factors import AppForm, SecondForm
from lms.people.proof import needs_proof, question
from lms.people.views import room
from lms.people.views.sign_in import Begun, go_on, later, say_no, where_to

#: Seconds between the password and the code.
PATIENCE = 10 * 60


@room.get("/sign-in/second", may=anyone)
def second() -> ResponseReturnValue:
    if _begun() is None:
        return redirect(url_for("people.sign_in", next=where_to()))
    return render_template("people/second.html", form=SecondForm(formdata=None), next=where_to())


@room.post("/sign-in/second", may=anyone, mode=Mode.READ)
def sign_in_by_second() -> ResponseReturnValue:
    form, found = SecondForm(), _begun()
    if found is None:
        return redirect(url_for("people.sign_in", next=where_to()))
    if not form.validate():
        return render_template("people/second.html", form=form, next=where_to()), 422
    verdict = gate.judge_second(found.account_id, form.said("code"), request.remote_addr or "")
    if not verdict.is_open:
        say_no(verdict, form.code, _wrong())
        return later(verdict, render_template("people/second.html", form=form, next=where_to()))
    db.begin(Mode.WRITE)
    gate.let_in(verdict)
    enter(found.account_id, "password", is_shared=found.is_shared, is_strong=True)
    return go_on(is_guessable=found.is_guessable)


@room.get("/me/second-factor", may=signed_in, even_owing=True)
def owed() -> ResponseReturnValue:
    """What somebody sees whose organisation asks for a second factor that this session has not shown."""
    if not actor().owes_second_factor:
        return redirect(_onward())
    return _show_owed(SecondForm(formdata=None))


@room.post("/me/second-factor", may=signed_in, mode=Mode.READ, even_owing=True)
def show_second() -> ResponseReturnValue:
    who, form = actor(), SecondForm()
    if not form.validate():
        return _show_owed(form), 422
    verdict = gate.judge_second(who.account_id, form.said("code"), request.remote_addr or "")
    if not verdict.is_open:
        say_no(verdict, form.code, _wrong())
        return later(verdict, _show_owed(form))
    db.begin(Mode.WRITE, who.tenant_id, who.person_id)
    gate.let_in(verdict)
    services.prove(who.sign_in_id, is_strong=True)
    return redirect(_onward())


@room.get("/me/second-factor/app", may=signed_in, even_owing=True)
@needs_proof
def new_app() -> ResponseReturnValue:
    who = actor()
    if _must_show_what_there_is():
        return redirect(url_for("people.owed", next=_onward()))
    return _show_app(AppForm(formdata=None), authenticator.offer(who.account_id, _name_in_app()))


@room.post("/me/second-factor/app", may=signed_in, even_owing=True)
@needs_proof
def turn_on_app() -> ResponseReturnValue:
    who, form = actor(), AppForm()
    secret = authenticator.offered(who.account_id, form.said("sealed"))
    if _must_show_what_there_is() or not secret:
        return redirect(url_for("people.new_app", next=_onward()))
    codes = services.turn_on(who.account_id, secret, form.said("code")) if form.validate() else None
    if codes is None:
        form.code.errors = form.code.errors or [_wrong()]
        return _show_app(form, authenticator.offer(who.account_id, _name_in_app(), secret)), 422
    services.prove(who.sign_in_id, is_strong=True)
    return _show_codes(codes)


@room.post("/me/second-factor/app/remove", may=signed_in)
@needs_proof
def turn_off_app() -> ResponseReturnValue:
    services.turn_off(actor().account_id)
    flash(_("The app is untied from your account.\nYour recovery codes open nothing any more."), "done")
    return redirect("/me")


@room.post("/me/second-factor/codes", may=signed_in)
@needs_proof
def make_recovery_codes() -> ResponseReturnValue:
    if not queries.factors_of(actor().account_id).has_app:
        return redirect("/me")
    return _show_codes(services.new_codes(actor().account_id))


def _begun() -> Begun | None:
    """The sign-in that was begun in this browser a moment ago, if its password still is the account's."""
    said = cookie.get("second")
    if not said or time.time() - (found := Begun(*said)).at > PATIENCE:
        return None
    known = queries.credentials_by_id(found.account_id)
    if known is None or known.is_suspended or not known.has_app or known.mark != found.mark:
        return None
    return found


def _must_show_what_there_is() -> bool:
    """Whoever owes a second factor and has one shows that one: a new one would prove nothing."""
    return actor().owes_second_factor and queries.factors_of(actor().account_id).has_second


def _show_owed(form: SecondForm) -> str:
    factors = queries.factors_of(actor().account_id)
    asked = question(actor().account_id) if factors.passkeys else ""
    return render_template("people/owed.html", form=form, factors=factors, question=asked, next=_onward())


def _show_app(form: AppForm, offer: Offer) -> str:
    form.sealed.data = offer.sealed
    picture = qr_svg(offer.url)
    return render_template(
        "people/app.html", form=form, offer=offer, picture=picture, next=_onward(), owes=actor().owes
    )


def _show_codes(codes: list[str]) -> str:
    return render_template("people/recovery_codes.html", codes=codes, next=_onward())


def _name_in_app() -> str:
    login = queries.login_of(actor().account_id)
    return actor().name if login.startswith("k-") else login


def _onward() -> str:
    return safe_next(request.form.get("next") or request.args.get("next"))


def _wrong() -> str:
    return _("This code is not right, or was used already. Wait for the next one in your app.")
