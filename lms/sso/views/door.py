"""Finding one's provider, and leaving for it."""

from urllib.parse import urlencode

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from lms.core.db import Mode
from lms.core.web import anyone, safe_next
from lms.people.queries import link_by_token
from lms.sso import queries
from lms.sso.forms import WhoForm
from lms.sso.models import IdentityProvider
from lms.sso.views import room
from lms.sso.views.journeys import SIGN_IN, ready, set_off


@room.get("/sso", may=anyone)
def choose() -> ResponseReturnValue:
    """Whoever does not find their provider on the sign-in page says whose people they are."""
    return _show_choice(WhoForm(formdata=None))


@room.post("/sso", may=anyone, mode=Mode.READ)
def find() -> ResponseReturnValue:
    form = WhoForm()
    if not form.validate():
        return _show_choice(form), 422
    return _show_choice(form, queries.offers_at(str(form.who.data)), asked=True)


@room.get("/sso/<string:slug>/start", may=anyone, on=queries.live_provider)
def start(provider: IdentityProvider) -> ResponseReturnValue:
    onward = safe_next(request.args.get("next"))
    door = to_the_door(queries.door_of(provider), onward)
    invitation = link_by_token(request.args.get("invitation", ""))
    invited = [invitation.id, invitation.account_id] if invitation else None
    discovered = ready(provider)
    if discovered is None:
        return redirect(door)
    return set_off(provider, discovered, SIGN_IN, next=onward, invitation=invited)


def to_the_door(slug: str, onward: str) -> str:
    """The sign-in page of this organisation: it says which provider does not answer, and which ways are left."""
    return f"/sign-in?{urlencode({'at': slug} | ({'next': onward} if onward != '/' else {}))}"


def _show_choice(form: WhoForm, offers: list[queries.Offer] | None = None, *, asked: bool = False) -> str:
    onward = safe_next(request.form.get("next") or request.args.get("next"))
    return render_template("sso/choose.html", form=form, offers=offers or [], asked=asked, next=onward)
