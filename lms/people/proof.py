"""Before a change that matters, its owner proves once more who they are.

A session that nobody watches, or a cookie that was taken, must not be enough to take an account over. Passkeys are asked for
here, too. For the views of this room; it speaks to the browser.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import TypeVar
from urllib.parse import quote

from flask import redirect, request
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from lms.core.clock import now
from lms.core.look import way_back
from lms.core.web import actor
from lms.people import passkeys, queries

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
#: How long a proof is good for before a page is opened, and before its form is sent: whoever was let in to type
#: has the time to finish.
TO_OPEN, TO_SEND = timedelta(minutes=10), timedelta(minutes=40)


def needs_proof(view: View) -> View:
    """The page or deed asks for a proof first, unless there was one a moment ago; it stands below the route."""

    @wraps(view)
    def asked(*subject: object) -> ResponseReturnValue:
        return view(*subject) if is_proved() else redirect(f"/me/proof?next={quote(way_back())}")

    return asked  # type: ignore[return-value]


def question(account_id: int = 0) -> str:
    """What this browser asks its passkeys, as JSON; of this account's alone, if it is given. Empty: none works here."""
    if passkeys.site() is None:
        return ""
    known = [one.credential for one in queries.passkeys_of(account_id)] if account_id else []
    return passkeys.to_use(passkeys.new_challenge(browser()), known)


def browser() -> str:
    """What only this browser has: passkeys are asked by it alone."""
    generate_csrf()
    return str(cookie.get("csrf_token", ""))


def is_proved() -> bool:
    """Whether the actor proved a moment ago who they are."""
    proved_at, is_sending = actor().proved_at, request.method == "POST"
    return proved_at is not None and now() - proved_at < (TO_SEND if is_sending else TO_OPEN)
