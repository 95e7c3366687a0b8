"""The door: login and password, beside the card and a partner's sign-on."""

import time
from typing import NamedTuple

from flask import Response, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import Field

from lms.core import db
from lms.core.db import Mode
from lms.core.i18n import duration, ngettext
from lms.core.i18n import gettext as _
from lms.core.web import actor, anyone, safe_next
from lms.people import belonging, door, gate, passkeys
from lms.people.belonging import Host
from lms.people.entrance import enter
from lms.people.forms import SignInForm, WordsForm
from lms.people.gate import Verdict
from lms.people.views import room


class Begun(NamedTuple):
    """A sign-in whose password was right and whose second factor is missing yet; the browser's cookie keeps it."""

    account_id: int
    at: int  #: seconds since 1970
    is_shared: bool
    mark: str  #: of the password
    is_guessable: bool = False  #: the password; another one is proposed once they are in


@room.get("/sign-in", may=anyone)
def sign_in() -> ResponseReturnValue:
    if actor() is not None:
        return redirect(where_to())
    return show_door(SignInForm(formdata=None), WordsForm(formdata=None))


@room.post("/sign-in", may=anyone, mode=Mode.READ)
def sign_in_by_password() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate():
        return show_door(form, WordsForm(formdata=None)), 422
    verdict = gate.judge_password(form.said("login"), form.said("password"), request.remote_addr or "")
    if not verdict.is_open:
        say_no(
            verdict,
            form.password,
            _("This login and this password do not go together. Try again, or choose a new password."),
        )
        return later(verdict, show_door(form, WordsForm(formdata=None)))
    is_guessable = gate.is_guessable(verdict.account_id, form.said("password"))
    db.begin(Mode.WRITE)
    gate.let_in(verdict)
    if verdict.has_app:
        begun = Begun(
            verdict.account_id, int(time.time()), bool(form.shared.data), verdict.mark, is_guessable
        )
        cookie["second"] = begun
        return redirect(url_for("people.second", next=where_to()))
    enter(verdict.account_id, "password", is_shared=form.shared.data)
    return go_on(is_guessable=is_guessable)


def go_on(*, is_guessable: bool) -> ResponseReturnValue:
    """Where somebody wanted to go who is in now; first to a better password, where theirs would be guessed. They may say later."""
    if not is_guessable:
        return redirect(where_to())
    cookie["guessable"] = True
    return redirect(url_for("people.my_password", next=where_to()))


def show_door(form: FlaskForm, words: FlaskForm) -> str:
    """The whole sign-in page, with what was typed."""
    onward, host = where_to(), whose_door()
    typed = str(form["login"].data or "") if "login" in form else ""
    return render_template(
        "people/sign_in.html",
        form=form,
        words=words,
        next=onward,
        doors=door.all_entries(onward, typed if "@" in typed else host.slug if host else ""),
        host=host,
        was_idle=request.args.get("idle") == "1",
        has_passkeys=passkeys.site() is not None,
    )


def whose_door() -> Host | None:
    """The organisation that ``?at=`` names, or that this browser came to last: its colours, and whom to call."""
    said = request.args.get("at", "")[:60] or str(cookie.get("at") or "")
    found = belonging.host(said) if said else None
    if found is not None and request.args.get("at"):
        cookie["at"] = found.slug
    return found


def where_to() -> str:
    """Where to go once signed in: an address of this site, whatever the link says."""
    onward = safe_next(request.form.get("next") or request.args.get("next"))
    return "/" if onward.startswith("/sign-") else onward


def say_no(verdict: Verdict, field: Field, sentence: str) -> None:
    """Write on the form why the door stays shut."""
    if verdict.wait:
        sentence = _("Too many tries. Wait %(time)s, then try again.", time=_time(verdict.wait))
    elif verdict.is_suspended:
        sentence = _("This account is suspended. Call the person who accompanies you.")
    field.errors = [*field.errors, sentence]


def later(verdict: Verdict, page: str) -> Response:
    """The page again: 429 with the time to wait where there were too many tries, otherwise 422."""
    response = make_response(page, 429 if verdict.wait else 422)
    if verdict.wait:
        response.headers["Retry-After"] = str(verdict.wait)
    return response


def _time(seconds: int) -> str:
    if seconds < 60:
        return ngettext("%(num)s second", "%(num)s seconds", seconds)
    return duration(seconds + 30)  # rounded up: whoever waits so long is let in
