"""The access card: six words once, then a number and a code."""

import time

from flask import abort, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from lms.core import db
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.web import anyone
from lms.people import gate, queries, services, weakness
from lms.people.entrance import enter
from lms.people.forms import CardCodeForm, FirstCodeForm, WordsForm
from lms.people.queries import CardCredentials
from lms.people.views import room
from lms.people.views.sign_in import later, say_no, where_to, whose_door

#: Seconds between the six words and the choice of a code.
OPENING = 20 * 60


@room.get("/sign-in/card", may=anyone)
def card() -> ResponseReturnValue:
    return _show(WordsForm(formdata=None), CardCodeForm(formdata=None, number=request.args.get("number", "")))


@room.get("/sign-in/card/<string:words>", may=anyone)
def card_link(words: str) -> ResponseReturnValue:
    """What the QR code leads to. It asks nothing and consumes nothing: a preview or a scanner may open it."""
    return render_template("people/card_link.html", words=" ".join(words[:100].split("-")), host=whose_door())


@room.post("/sign-in/card", may=anyone, mode=Mode.READ)
def open_card() -> ResponseReturnValue:
    form = WordsForm()
    if not form.validate():
        return _show(form, CardCodeForm(formdata=None)), 422
    if number := _number_in(form.said("words")):
        return redirect(url_for("people.card", number=number, next=where_to()) + "#number")
    verdict = gate.judge_words(form.said("words"), request.remote_addr or "")
    if not verdict.is_open:
        say_no(
            verdict,
            form.words,
            _(
                "These words open no card. Check them; a card opens by its words only once, then by its number and your code."
            ),
        )
        return later(verdict, _show(form, CardCodeForm(formdata=None)))
    db.begin(Mode.WRITE)
    gate.let_in(verdict)
    cookie["opening"] = [verdict.card_id, int(time.time())]
    return redirect(url_for("people.first_code", next=where_to()))


@room.get("/sign-in/first-code", may=anyone)
def first_code() -> ResponseReturnValue:
    if _opening() is None:
        return redirect(url_for("people.card"))
    return render_template("people/first_code.html", form=FirstCodeForm(formdata=None), next=where_to())


@room.post("/sign-in/first-code", may=anyone, mode=Mode.READ)
def choose_first_code() -> ResponseReturnValue:
    form, found = FirstCodeForm(), _opening()
    if found is None:
        return redirect(url_for("people.card"))
    if form.validate() and (
        fault := weakness.code_fault(form.said("code"), queries.births_of(found.account_id), found.number)
    ):
        form.code.errors = [fault]
    if form.errors:
        return render_template("people/first_code.html", form=form, next=where_to()), 422
    db.begin(Mode.READ)  # nothing is held while the code is hashed
    hashed = services.hash_password(form.said("code"))
    db.begin(Mode.WRITE)
    account_id = services.open_card(found.card_id, hashed)
    enter(account_id, "card", is_shared=form.shared.data)
    cookie["card"] = found.number
    return redirect(where_to())


@room.post("/sign-in/code", may=anyone, mode=Mode.READ)
def sign_in_by_code() -> ResponseReturnValue:
    form = CardCodeForm()
    if not form.validate():
        return _show(WordsForm(formdata=None), form), 422
    verdict = gate.judge_code(form.said("number"), form.said("code"), request.remote_addr or "")
    if not verdict.is_open:
        say_no(
            verdict,
            form.code,
            _("This number and this code do not go together. The first time, type the six words instead."),
        )
        return later(verdict, _show(WordsForm(formdata=None), form))
    db.begin(Mode.WRITE)
    gate.let_in(verdict)
    enter(verdict.account_id, "code", is_shared=form.shared.data)
    return redirect(where_to())


def _show(words: WordsForm, code: CardCodeForm) -> str:
    return render_template("people/card.html", words=words, form=code, next=where_to(), host=whose_door())


def _opening() -> CardCredentials | None:
    """The card whose words were typed a moment ago in this browser, if it can still be opened."""
    card_id, since = cookie.get("opening") or (0, 0)
    if not card_id or time.time() - since > OPENING:
        return None
    found = queries.unopened_card(card_id)
    if found is not None and found.is_suspended:
        abort(403)
    return found


def _number_in(typed: str) -> str:
    """The eight digits of a card's number, where somebody typed that instead of words."""
    digits = "".join(filter(str.isdigit, typed))
    return digits if len(digits) == 8 and not any(map(str.isalpha, typed)) else ""
