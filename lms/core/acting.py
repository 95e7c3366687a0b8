"""An accompanied session: the signed cookie names a mandate, and the actor of each request is the learner.

Who that is, and whether the mandate still holds, is asked anew at each request; nobody else in the house needs to know.
"""

from collections.abc import Callable
from typing import Any

from flask import Response, current_app, g, redirect, request
from flask import session as cookie
from werkzeug.exceptions import Forbidden

from lms.core import journal
from lms.core.behalf import Behalf, NotOnBehalf, OnBehalf, is_open
from lms.core.i18n import gettext as _

#: ``finder(actor, mandate)``: the learner's actor, or None where the mandate is over.
StandIn = Callable[[Any, int], Any]

_KEY = "for"  #: in the signed cookie: the mandate under which somebody acts
_find: StandIn | None = None  # the room of mandates says who


def found_by(finder: StandIn) -> None:
    """Who knows for whom somebody acts."""
    global _find
    _find = finder


def begin(mandate_id: int) -> None:
    """From the next request on, whoever is signed in acts under this mandate."""
    cookie[_KEY] = mandate_id


def stop() -> None:
    """The accompanied session is over."""
    cookie.pop(_KEY, None)


def actor_for(at_the_keys: Any) -> Any:
    """The learner's actor; where the mandate is over (withdrawn, ended, somebody suspended), the one at the keys again."""
    if _KEY not in cookie:
        return at_the_keys
    found = _find(at_the_keys, cookie[_KEY]) if _find else None
    if found is None:
        stop()
        g.stopped_acting = True
    return found or at_the_keys


def was_stopped() -> bool:
    """Whether this very request found that its mandate is over: nothing is done, in anybody's name."""
    return bool(g.get("stopped_acting"))


def to_mandates() -> Response:
    """Where whoever was stopped is told."""
    return current_app.make_response(redirect("/mandates?over=1"))


def passing(passed: Callable[[], Response], who: Any, behalf: Behalf) -> Response:
    """Let somebody pass in a learner's name, where the route allows it, and write down what was opened or done.

    Raises ``NotOnBehalf``.
    """
    rule = request.url_rule.rule if request.url_rule else request.path
    said: OnBehalf = vars(current_app.view_functions[request.endpoint or ""])["on_behalf"]
    if not is_open(said, behalf):
        _note("acted-refused", who, behalf, rule)
        raise NotOnBehalf(
            _("Only %(name)s may do this.", name=who.name),
            _("Stop the accompanied session, and let the person do it by themselves, with you beside them."),
        )
    try:
        response = passed()
    except Forbidden:
        _note("acted-refused", who, behalf, rule)
        raise NotOnBehalf(
            _("Only %(name)s may do this.", name=who.name),
            _("A test that counts is taken by the person alone. You may go on with the other steps."),
        ) from None
    is_noise = said is OnBehalf.ALWAYS or (response.mimetype or "").startswith("image/")
    if response.status_code < 400 and not is_noise:
        _note("acted-for" if request.method == "POST" else "looked-for", who, behalf, rule)
    return response


def _note(verb: str, who: Any, behalf: Behalf, rule: str) -> None:
    journal.note_refusal(verb, who, about=who.person_id, page=rule, mandate=behalf.mandate_id)
