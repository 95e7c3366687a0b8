"""What every page has at hand, and the pages that say that something went wrong."""

import logging
import secrets
from typing import Any, cast

from flask import Flask, Response, g, make_response, render_template, request
from flask import session as cookie
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from jinja2 import StrictUndefined
from markupsafe import Markup, escape
from werkzeug.exceptions import HTTPException

from config import settings
from lms.core import counting, db, formwords, i18n
from lms.core.clock import now
from lms.core.doorway import NUMBER
from lms.core.errors import NoSpace, Refused, TooSlow, Unavailable
from lms.core.files import StorageAway
from lms.core.i18n import gettext, lazy
from lms.core.templating import HouseEnvironment

log = logging.getLogger("lms")

_WORDS = {
    400: (lazy("This form has expired"), lazy("Go back, load the page again and send it once more.")),
    401: (lazy("You are no longer signed in"), lazy("Sign in again: what was saved is still there.")),
    403: (lazy("This is not open to you"), lazy("If you need it, ask the person who accompanies you.")),
    404: (lazy("This page does not exist"), lazy("The address may be mistyped, or the page was removed.")),
    405: (lazy("This page cannot be opened that way"), lazy("Go back and use the button of the page.")),
    413: (lazy("This file is too large"), lazy("Send a smaller file, or cut it in two.")),
    429: (lazy("Too many tries"), lazy("Wait a few minutes, then try again.")),
    500: (lazy("Something broke on our side"), lazy("Nothing was changed. Try again; if it happens again, call us and give the number below.")),
    503: (lazy("The service is resting for a moment"), lazy("Nothing is lost. Try again in a minute.")),
    507: (lazy("There is no room left on our side"), lazy("Nothing was changed. Whoever runs this platform has to make room: call us, then try again.")),
}  # fmt: skip
_OTHERWISE = lazy("This was not done"), lazy("Nothing was changed.")
#: Headers without which an answer says less than HTTP wants it to say.
_KEPT = ("Allow", "Content-Range", "Retry-After")


def init_app(app: Flask) -> None:
    """Give templates their words, and errors their pages."""
    app.jinja_environment = HouseEnvironment
    env = app.jinja_env
    env.undefined = StrictUndefined
    env.trim_blocks = env.lstrip_blocks = True
    env.add_extension("jinja2.ext.i18n")
    env.add_extension("jinja2.ext.do")
    env.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.filters.update(
        day=i18n.day,
        moment=i18n.moment,
        hour=i18n.hour,
        number=i18n.number_,
        counted=_counted,
        duration=i18n.duration,
        ago=lambda value: i18n.ago(value, now()),
    )
    env.globals.update(
        language=i18n.language, csrf=csrf, theme=lambda: cookie.get("theme", ""), base_url=_base_url,
        fonts=lambda: cookie.get("fonts", ""), is_demo=lambda: settings.current().env != "production",
    )  # fmt: skip
    CSRFProtect(app)
    formwords.install()
    app.after_request(_tell_number)
    app.register_error_handler(Refused, refused)
    app.register_error_handler(StorageAway, _away)
    app.register_error_handler(CSRFError, _http)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _broken)


def csrf() -> Markup:
    """The hidden field that every POST form carries."""
    if "csrf_field" not in g:  # a page has several forms
        g.csrf_field = Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())
    return cast(Markup, g.csrf_field)


def refused(refusal: Refused) -> Response:
    """The page of a rule that said no."""
    title, remedy = _WORDS.get(refusal.status, _OTHERWISE)
    if isinstance(refusal, TooSlow | Unavailable | NoSpace):
        log.error("the database is away or slow, or a disk is full", exc_info=refusal)
    page = _page(refusal.status, refusal.reason or str(title), refusal.remedy or str(remedy))
    if refusal.retry_after:
        page.headers["Retry-After"] = str(refusal.retry_after)
    return page


def _away(error: Exception) -> Response:
    log.error("request %s: the store of files is away", g.get("request_id", "-"), exc_info=error)
    title, remedy = _WORDS[503]
    return _page(503, str(title), str(remedy))


def _http(error: Exception) -> Response:
    response = error.get_response() if isinstance(error, HTTPException) else None
    if response is not None and response.status_code < 400:
        return make_response(response)
    code = getattr(error, "code", None) or 500
    title, remedy = _WORDS.get(code, _OTHERWISE if code < 500 else _WORDS[500])
    page = _page(code, str(title), str(remedy))
    for name in _KEPT:
        if response is not None and name in response.headers:
            page.headers[name] = response.headers[name]
    return page


def _broken(error: Exception) -> Response:
    log.error("a request broke", exc_info=error)
    db.session.remove()
    if db.no_space(error):
        return refused(NoSpace())
    title, remedy = _WORDS[500]
    return _page(500, str(title), str(remedy))


def _page(status: int, title: str, remedy: str) -> Response:
    """An error page. It asks the database nothing: the actor is a plain object, or unknown."""
    if "actor" not in g:
        g.actor = None
    values: dict[str, Any] = {"status": status, "heading": title, "remedy": remedy}
    try:
        text = render_template("layouts/error.html", **values, request_id=_number())
    except Exception:  # the last resort asks nothing of anybody
        log.exception("the error page broke too")
        text = _LAST_RESORT.format(i18n.language(), escape(title), escape(remedy), _number())
    response = make_response(text)
    response.status_code = status
    if status == 503:
        response.headers["Retry-After"] = "30"
    return response


_LAST_RESORT = (
    '<!doctype html><html lang="{0}"><meta charset="utf-8"><title>{1} · Kokoroe</title>'
    "<h1>{1}</h1><p>{2}</p><p>{3}</p></html>"
)


def _number() -> str:
    """The number of this request, which the doorway gave; an application without a doorway gives its own."""
    return str(request.environ.setdefault(NUMBER, secrets.token_hex(6)))


def _tell_number(response: Response) -> Response:
    response.headers["X-Request-Id"] = _number()
    return response


def _counted(value: int) -> str:
    """A count as the reader writes it, or that it is more than anybody counts."""
    if value <= counting.MOST:
        return i18n.number_(value)
    return gettext("more than %(number)s", number=i18n.number_(counting.MOST))


def _base_url() -> str:
    return settings.current().base_url


def _gettext(text: str) -> str:
    return i18n.gettext(text)


def _ngettext(one: str, many: str, number: int) -> str:
    return i18n.reader_catalogue().ngettext(one, many, number)
