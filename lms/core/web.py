"""Routes that cannot forget who may pass, and that end their transaction.

Order of a request: the mode of its transaction is chosen from the route, ``on`` looks for the
subject (404), ``may`` decides (403), the view answers; below 400 the work is kept, otherwise not.
Whoever acts in somebody's name (``behalf``) comes only to routes that let them, and each step is a line of the journal.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any, NoReturn, TypeVar
from urllib.parse import quote

from flask import Blueprint, Flask, Response, abort, current_app, g, redirect, request
from flask import session as cookie
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.routing import IntegerConverter

from lms.core import acting, db, i18n
from lms.core.behalf import OnBehalf
from lms.core.db import Mode
from lms.core.errors import NoSpace, NotAllowed, Refused, TooSlow, Unavailable
from lms.core.i18n import gettext as _
from lms.core.replica import FRESH

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
Policy = Callable[..., bool]
Finder = Callable[..., Any]
Identify = Callable[[], Any]
Tell = Callable[[Exception], Response]

IDLE_SECONDS = 8 * 3600  #: without a sign of life, somebody on a device of their own is signed out
IDLE_SECONDS_SHARED = 15 * 60  #: the same on a computer that others use
LARGEST = 2**63 - 1  #: no row has a higher number: both databases keep eight bytes
_SEEN_EVERY = 20  #: seconds between two writes of the cookie's own clock


class Room:
    """The routes of a room. Each names its policy (``may``) and, if it has one, its subject (``on``).

    ``on_behalf``: whether somebody may use it in a learner's name, under a mandate; never, unless it says otherwise.
    """

    def __init__(self, name: str) -> None:
        self.blueprint = Blueprint(name, f"lms.{name}")

    def get(
        self,
        rule: str,
        *,
        may: Policy,
        on: Finder | None = None,
        mode: Mode | None = Mode.READ,
        on_behalf: OnBehalf = OnBehalf.NEVER,
        even_owing: bool = False,
    ) -> Callable[[View], View]:
        """A page. It writes nothing, and the database sees to that; sign-on callbacks pass ``Mode.WRITE``.

        ``Mode.LIST``: the replica may answer, where there is one; who is there and what they just wrote, never.
        None: it answers without the database, and asks not even who is there.
        ``even_owing``: also for somebody who must do something else first, such as showing a second factor.
        """
        return self._page(rule, "GET", may, on, mode, on_behalf, even_owing)

    def post(
        self,
        rule: str,
        *,
        may: Policy,
        on: Finder | None = None,
        mode: Mode = Mode.WRITE,
        on_behalf: OnBehalf = OnBehalf.NEVER,
        even_owing: bool = False,
        has_own_proof: bool = False,
    ) -> Callable[[View], View]:
        """A deed: its transaction writes. ``Mode.READ`` for a form that is only a question.

        ``has_own_proof``: the form is another site's and cannot carry our token; what it carries instead proves that this
        browser set off for it (the state of a sign-on), and the view checks that.
        """
        return self._page(rule, "POST", may, on, mode, on_behalf, even_owing, has_own_proof)

    def machine(
        self, rule: str, *, may: Policy, by: Identify, told: Tell, mode: Mode, methods: Sequence[str]
    ) -> Callable[[View], View]:
        """An address for programs. ``by`` says who calls from what the request carries, never from a cookie: so a page
        of somebody else's cannot call it with the rights of whoever reads that page, and no form token is needed.

        ``told`` makes the answer to whatever was raised, in the program's own terms.
        """

        def decorate(view: View) -> View:
            @wraps(view)
            def guarded(**values: Any) -> Response:
                g.actor = None
                try:
                    g.actor = by()
                    db.begin(mode, g.actor.tenant_id)
                    return _answer(view, may, None, values, mode)
                except Exception as error:  # noqa: BLE001  (whatever it is, a program is told in its own terms)
                    _undo()
                    return told(error)

            # What a route declares stands on its function: the house tests read it there, whose type knows none of it.
            guarded.policy, guarded.subject, guarded.mode = may, None, mode  # type: ignore[attr-defined]
            guarded.is_for_machines = True  # type: ignore[attr-defined]
            self.blueprint.record(lambda state: state.app.extensions["csrf"].exempt(guarded))
            self.blueprint.add_url_rule(
                rule,
                endpoint=view.__name__,
                view_func=guarded,
                methods=list(methods),
                strict_slashes=False,
            )
            return view

        return decorate

    def _page(
        self,
        rule: str,
        method: str,
        may: Policy,
        on: Finder | None,
        mode: Mode | None,
        on_behalf: OnBehalf,
        even_owing: bool,
        has_own_proof: bool = False,
    ) -> Callable[[View], View]:
        if mode is None and may is not anyone:
            raise TypeError(f"{rule}: whether somebody may cannot be known without the database")

        def decorate(view: View) -> View:
            @wraps(view)
            def guarded(**values: Any) -> Response:
                if mode is None:
                    return current_app.make_response(view(**values))
                return _answer(view, may, on, values, mode)

            # as in ``machine``: what a route declares stands on its function
            guarded.policy, guarded.subject, guarded.mode = may, on, mode  # type: ignore[attr-defined]
            guarded.on_behalf = on_behalf  # type: ignore[attr-defined]
            guarded.even_owing = even_owing  # type: ignore[attr-defined]
            guarded.has_own_proof = has_own_proof  # type: ignore[attr-defined]
            if has_own_proof:
                self.blueprint.record(lambda state: state.app.extensions["csrf"].exempt(guarded))
            self.blueprint.add_url_rule(rule, endpoint=view.__name__, view_func=guarded, methods=[method])
            return view

        return decorate


def anyone(_actor: object, _subject: object = None) -> bool:
    """Public: everybody, signed in or not."""
    return True


def signed_in(_actor: object, _subject: object = None) -> bool:
    """Whoever is signed in."""
    return True


def actor() -> Any:
    """Whoever acts, with the organisation in hand; None where nobody is signed in."""
    if "actor" not in g:
        g.actor = current_user._get_current_object() if current_user.is_authenticated else None
        if g.actor is not None:
            g.actor = acting.actor_for(g.actor)
            i18n.speak_to(cookie.get("language") or g.actor.language, g.actor.zone)
    return g.actor


def is_shared_device() -> bool:
    """Whether the person said that others use this computer."""
    return bool(cookie.get("shared"))


def idle_seconds() -> int:
    """After how long without a sign of life this person is signed out."""
    return IDLE_SECONDS_SHARED if is_shared_device() else IDLE_SECONDS


def safe_next(target: str | None) -> str:
    """``target`` if it is an address of this site, else ``/``. The only way to redirect where a link says."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/"
    return "/" if any(ord(letter) < 33 or letter == "\\" for letter in target) else target


def row_number(typed: str) -> int:
    """A number that may be that of a row, from a form or an address: ``args.get("page", 1, type=row_number)``.

    Raises ``ValueError`` for what no column holds: it must not come as far as the database.
    """
    found = int(typed)
    if abs(found) > LARGEST:
        raise ValueError("no column holds this number")
    return found


class RowNumber(IntegerConverter):
    """``<int:...>`` in an address, as large as a column: beyond it, there is no such page."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max": LARGEST, **options})


def init_app(app: Flask) -> None:
    """Give every request its transaction."""
    app.url_map.converters["int"] = RowNumber
    app.before_request(_begin)
    app.before_request(_refuse_nul)
    app.context_processor(lambda: {"actor": actor()})  # a plain object: a proxy costs at each look
    app.teardown_appcontext(lambda _error: db.session.remove())


def _refuse_nul() -> None:
    """Nobody types a NUL, and PostgreSQL keeps none: whoever sends one gets no further."""
    if _is_for_machines():
        return  # its room says so in the program's own terms
    said = (
        request.path,
        *request.args.values(),
        *(request.form.values() if request.method == "POST" else ()),
    )
    if any("\x00" in text for text in said):
        abort(400)


def _is_for_machines() -> bool:
    return hasattr(current_app.view_functions.get(request.endpoint or ""), "is_for_machines")


def _begin() -> None:
    i18n.speak_to(_language())
    if _is_for_machines():
        db.begin(Mode.READ)  # until it is known who calls
        return
    _forget_the_idle()
    view = current_app.view_functions.get(request.endpoint or "")
    tenant = str(cookie.get("_user_id", "")).partition(".")[0]
    mode = getattr(view, "mode", None) or Mode.READ
    # Who is there is always asked of the main database: a session that was ended a moment ago is over.
    db.begin(Mode.READ if mode is Mode.LIST else mode, int(tenant) if tenant.isdigit() else None)


def _language() -> str:
    said = cookie.get("language")
    return str(said or request.accept_languages.best_match(i18n.LANGUAGES, "fr"))


def _forget_the_idle() -> None:
    """Sign out whoever has been away too long; the cookie carries the time, so no page has to write."""
    if "_user_id" not in cookie:
        return
    now, seen = int(time.time()), int(cookie.get("seen", 0))
    if now - seen > idle_seconds():
        for name in ("_user_id", "_fresh", "seen", "shared"):
            cookie.pop(name, None)
        g.was_idle = True
    elif (
        abs(now - seen) > _SEEN_EVERY
    ):  # a clock that was wrong for a while must not keep anybody in for years
        cookie["seen"] = now


def has_written() -> None:
    """What was written just now is this browser's own doing: its next lists come from where it was written."""
    if db.has_replica():
        cookie["wrote"] = int(time.time())


def _may_read_the_replica() -> bool:
    return db.has_replica() and time.time() - int(cookie.get("wrote", 0)) > FRESH


def _answer(
    view: Callable[..., ResponseReturnValue],
    may: Policy,
    on: Finder | None,
    values: dict[str, Any],
    mode: Mode,
) -> Response:
    try:
        response = _read_or_write(partial(_guard, view, may, on, values), mode)
        if response.status_code < 400:
            writes = db.is_writing()
            db.commit()
            if writes:
                has_written()
        else:
            db.rollback()
    except db.AWAY as error:
        _undo()
        raise _told(error) from error
    except BaseException:
        _undo()
        raise
    return response


def without_session() -> None:
    """What everybody caches carries nobody's cookie, and does not vary by it: the session ends before it is saved."""
    request_ctx._session = current_app.session_interface.make_null_session(current_app)


def _read_or_write(guarded: Callable[[], Response], mode: Mode) -> Response:
    """The answer; a list comes from the replica, or from the main database where that does not answer."""
    if mode is not Mode.LIST or not _may_read_the_replica():
        return guarded()
    who = actor()
    tenant_id = who.tenant_id if who else None
    db.begin(Mode.LIST, tenant_id)
    try:
        return guarded()
    except db.AWAY as error:
        if not db.leave_replica(error):
            raise
        db.begin(Mode.READ, tenant_id)
        return guarded()


def _told(error: Exception) -> Refused:
    """What people are told of a database that did not do what it was asked."""
    if db.no_space(error):
        return NoSpace()
    return TooSlow() if db.too_slow(error) else Unavailable()


def _undo() -> None:
    """Roll back before the error page is made, and hand out no cookie for what did not happen."""
    cookie.modified = False
    try:
        db.rollback()
    except db.AWAY:
        db.session.remove()  # the database is away: there is nothing left to roll back


def _guard(
    view: Callable[..., ResponseReturnValue], may: Policy, on: Finder | None, values: dict[str, Any]
) -> Response:
    who = actor()
    if who is None and may is not anyone:
        return _to_sign_in()
    if acting.was_stopped():
        return acting.to_mandates()
    if may is not anyone and (first := _owed(who)):
        return _sent_first(first)
    if (behalf := getattr(who, "behalf", None)) is not None:
        return acting.passing(partial(_pass, view, may, on, values, who), who, behalf)
    return _pass(view, may, on, values, who)


def _pass(
    view: Callable[..., ResponseReturnValue], may: Policy, on: Finder | None, values: dict[str, Any], who: Any
) -> Response:
    if on is None:
        if not may(who):
            _refuse(may, who)
        return current_app.make_response(view(**values))
    subject = on(who, **values)
    if subject is None:
        abort(404)
    if not may(who, subject):
        _refuse(may, who)
    return current_app.make_response(view(subject))


def _refuse(may: Policy, who: Any) -> NoReturn:
    """Whoever works here is told the rule itself, so that they know whom to ask; others need no rule of ours."""
    if not getattr(who, "is_staff", False):
        abort(403)
    rule, ask = " ".join((may.__doc__ or "").split()), _("If you need it, ask one of them.")
    raise NotAllowed(remedy=f"{_(rule)} {ask}")


def _owed(who: Any) -> str:
    """The page that this person must see through before this one; empty: none."""
    view = current_app.view_functions.get(request.endpoint or "")
    return "" if getattr(view, "even_owing", False) else getattr(who, "owes", "")


def _sent_first(first: str) -> Response:
    """To what comes before anything else, and afterwards here; a form has to be sent again."""
    if request.method not in ("GET", "HEAD"):
        return current_app.make_response(redirect(first))
    back = quote(request.full_path.rstrip("?"))
    return current_app.make_response(redirect(first if back == "/" else f"{first}?next={back}"))


def _to_sign_in() -> Response:
    if g.get("was_idle"):
        return current_app.make_response(redirect("/sign-in?idle=1"))
    if request.method not in ("GET", "HEAD"):
        return abort(401)
    back = quote(request.full_path.rstrip("?"))
    return current_app.make_response(redirect("/sign-in" if back == "/" else f"/sign-in?next={back}"))
