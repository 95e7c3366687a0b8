"""The way out: by the button, or after a time without a sign of life."""

from flask import Response, make_response, redirect, render_template
from flask.typing import ResponseReturnValue

from lms.core.behalf import OnBehalf
from lms.core.web import actor, anyone
from lms.people import door
from lms.people.entrance import leave
from lms.people.views import room


@room.get("/sign-out", may=anyone, on_behalf=OnBehalf.ALWAYS)
def signed_out() -> ResponseReturnValue:
    return redirect("/") if actor() is not None else render_template("people/signed_out.html")


@room.post("/sign-out", may=anyone, on_behalf=OnBehalf.ALWAYS)
def sign_out() -> ResponseReturnValue:
    return _gone("/sign-out")


@room.get("/sign-out-idle", may=anyone, on_behalf=OnBehalf.ALWAYS)
def signed_out_idle() -> ResponseReturnValue:
    return redirect("/sign-in?idle=1")


@room.post("/sign-out-idle", may=anyone, on_behalf=OnBehalf.ALWAYS)
def sign_out_idle() -> ResponseReturnValue:
    return _gone("/sign-in?idle=1")


def _gone(onward: str) -> Response:
    who = actor()
    response = make_response(redirect(door.way_out(who) or onward))
    if leave(who):  # the next person at this computer finds neither pages nor drafts
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
