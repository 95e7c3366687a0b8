"""Before a change that matters: a password, a code of the app or of the card, once more."""

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from lms.core import db
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.web import actor, safe_next, signed_in
from lms.people import gate, queries, services
from lms.people.forms.factors import ProofForm
from lms.people.gate import Verdict
from lms.people.proof import question
from lms.people.queries import Factors
from lms.people.views import room
from lms.people.views.sign_in import later, say_no


@room.get("/me/proof", may=signed_in, even_owing=True)
def proof() -> ResponseReturnValue:
    return _show(ProofForm(formdata=None))


@room.post("/me/proof", may=signed_in, mode=Mode.READ, even_owing=True)
def give_proof() -> ResponseReturnValue:
    who, form = actor(), ProofForm()
    if not form.validate():
        return _show(form), 422
    factors = queries.factors_of(who.account_id)
    verdict = _judge(factors, who.account_id, form.said("secret"))
    if not verdict.is_open:
        say_no(verdict, form.secret, _("This is not right. Try again."))
        return later(verdict, _show(form))
    db.begin(Mode.WRITE, who.tenant_id, who.person_id)
    gate.let_in(verdict)
    services.prove(who.sign_in_id, is_strong=factors.has_app)
    return redirect(_onward())


def _judge(factors: Factors, account_id: int, typed: str) -> Verdict:
    """By the strongest that the account has: whoever tied an app to it shows a code of the app."""
    address = request.remote_addr or ""
    if factors.has_app:
        return gate.judge_second(account_id, typed, address)
    of = queries.password_hash_of if factors.has_password else queries.code_hash_of
    return gate.judge_own(account_id, of(account_id), typed, address)


def _show(form: ProofForm) -> str:
    factors = queries.factors_of(actor().account_id)
    form.ask(factors)
    asked = question(actor().account_id) if factors.passkeys else ""
    return render_template("people/proof.html", form=form, factors=factors, question=asked, next=_onward())


def _onward() -> str:
    return safe_next(request.form.get("next") or request.args.get("next"))
