"""The last step of every way in: a session begins, with a place in hand, in a cookie that is all new.

For the views of this room and of those above (a partner's sign-on). It stands at their height: it speaks to the browser.
"""

import time
from typing import Any

from flask import g, request
from flask import session as cookie
from flask_login import login_user

from lms.core import journal, walls
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.people import belonging, queries
from lms.people.belonging import Place
from lms.people.devices import device_of
from lms.people.services import sign_ins
from lms.people.services.tries import network_of

#: What a browser keeps when somebody comes or leaves: how pages look and whose door it is, not who looks.
KEPT = ("language", "theme", "fonts", "at")


class LeadsNowhere(Refused):
    """The account stands, but nobody has a place for it."""

    status = 403


def enter(
    account_id: int,
    method: str,
    *,
    is_shared: bool = False,
    tenant_id: int = 0,
    is_strong: bool = False,
    challenge_hash: str | None = None,
) -> Any:
    """Sign this account in; returns the actor. In a write transaction. Raises ``LeadsNowhere``.

    Of the places where the account leads, the most useful is taken in hand: one of ``tenant_id`` if it is given.
    ``is_strong``: two factors were shown (a code of an app, a passkey, or a provider that says so).
    """
    places = belonging.places(account_id)
    wanted = [place for place in places if place.tenant_id == tenant_id] or places
    if not wanted:
        is_suspended = queries.is_shut_out(account_id)
        raise LeadsNowhere(
            _("Your access is suspended")
            if is_suspended
            else _("Your account is not tied to any organisation"),
            _("Call the person who accompanies you: they can put it right."),
        )
    walls.enter(wanted[0].tenant_id)
    token = sign_ins.start(
        account_id,
        method,
        person_id=wanted[0].person_id,
        is_strong=is_strong,
        challenge_hash=challenge_hash,
        is_shared=is_shared,
        device=device_of(request.user_agent.string),
        network=network_of(request.remote_addr or ""),
    )
    return hold(wanted[0], token, is_shared=is_shared)


def hold(place: Place, token: str, *, is_shared: bool) -> Any:
    """Put this place in the hand of whoever holds this session; returns the actor."""
    walls.enter(place.tenant_id)
    actor = belonging.actor_at(place, token)
    if actor is None:
        raise LeadsNowhere(
            _("This place is no longer yours"), _("Choose another one on your account's page.")
        )
    _empty_cookie()
    login_user(actor)
    cookie["seen"] = cookie["told"] = int(time.time())
    if is_shared:
        cookie["shared"] = True
    else:
        cookie["at"] = place.slug  # the next time, the door shows whom to call
    g.actor = actor
    return actor


def leave(actor: Any) -> bool:
    """End the session in hand and empty the cookie; says whether the computer is shared."""
    was_shared = bool(cookie.get("shared"))
    if actor is not None:
        sign_ins.end(actor.sign_in_id)
        journal.note("signed-out", actor)
    # The token of forms stays until the next sign-in: another tab may still say goodbye with it.
    _empty_cookie(keep=("csrf_token",) if was_shared else (*KEPT, "csrf_token"))
    g.actor = None
    return was_shared


def _empty_cookie(keep: tuple[str, ...] = KEPT) -> None:
    kept = {name: cookie[name] for name in keep if name in cookie}
    cookie.clear()
    cookie.update(kept)
    g.pop("csrf_token", None)  # the next form of this request gets a token of the new cookie
