"""``/scim/v2``: every request of an identity system, handed to the library that speaks SCIM; every answer in its terms."""

import json
import logging
import re

from flask import Response, request
from flask.typing import ResponseReturnValue
from scim2_models import (
    ForbiddenException,
    NotFoundException,
    PayloadTooLargeException,
    SCIMException,
    UnauthorizedException,
)
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from werkzeug.exceptions import HTTPException

from config import settings
from lms.api import policies, queries, services
from lms.api.client import Client
from lms.api.scim import LARGEST_BODY, ROOT, service
from lms.api.views import room
from lms.core import journal
from lms.core.db import Mode
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.web import actor
from lms.people.services import tries

log = logging.getLogger("lms.api")
_BEARER = re.compile(r"Bearer +([\w.~+/=-]{1,200})", re.I | re.A)
_WRITING = ("POST", "PUT", "PATCH", "DELETE")


class TooManyWrong(Refused):
    """Somebody tries tokens one after the other."""

    status = 429


def _caller() -> Client:
    """Whose token this is. Raises ``UnauthorizedException``, or ``TooManyWrong`` for an address that has shown many wrong ones."""
    shown = _BEARER.fullmatch(request.headers.get("Authorization", "").strip())
    client = queries.client_by_token(shown[1]) if shown else None
    if client is None:
        _count_the_wrong(is_shown=shown is not None)
        raise UnauthorizedException(detail=_("The token is missing, wrong or revoked."))
    services.note_use(client)
    return client


def _count_the_wrong(*, is_shown: bool) -> None:
    if not is_shown:
        return
    address = request.remote_addr or ""
    if wait := tries.failed(tries.TOKEN, address):
        refusal = TooManyWrong(_("Too many wrong tokens came from this address."))
        refusal.retry_after = wait
        raise refusal
    journal.note_refusal("token-refused", network=tries.network_of(address))


def _told(error: Exception) -> Response:
    """Any error as SCIM says it, with what HTTP adds; a fault of ours without its words."""
    if not isinstance(error, SCIMException):
        error = _translated(error)
    answer = _answered(service().error_response(error))
    if retry_after := getattr(error.__cause__, "retry_after", 0):
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def _translated(error: Exception) -> SCIMException:
    found = SCIMException(detail=_("Something broke on our side. Nothing was changed."))
    found.status = 500
    if isinstance(error, Refused):
        found = SCIMException(detail=f"{error.reason} {error.remedy}".strip() or _("Try again in a minute."))
        found.status = error.status
    elif isinstance(error, HTTPException):
        found = _of_http(error)
    else:
        log.error("a request of a program broke", exc_info=error)
    found.__cause__ = error
    return found


def _of_http(error: HTTPException) -> SCIMException:
    known = {403: ForbiddenException, 404: NotFoundException, 413: PayloadTooLargeException}
    kind = known.get(error.code or 500, SCIMException)
    found = kind(detail=error.description)
    found.status = error.code or 500
    return found


@room.machine(
    f"{ROOT}/<path:place>",
    may=policies.may_provision,
    by=_caller,
    told=_told,
    mode=Mode.READ,
    methods=["GET"],
)
def scim_read(place: str) -> ResponseReturnValue:
    return _handled(place)


@room.machine(
    f"{ROOT}/<path:place>",
    may=policies.may_provision,
    by=_caller,
    told=_told,
    mode=Mode.WRITE,
    methods=_WRITING,
)
def scim_write(place: str) -> ResponseReturnValue:
    return _handled(place)


@room.machine(
    ROOT, may=policies.may_provision, by=_caller, told=_told, mode=Mode.READ, methods=["GET", *_WRITING]
)
def scim_root() -> ResponseReturnValue:
    return _handled("")


def _handled(place: str) -> Response:
    request.max_content_length = LARGEST_BODY
    asked = ScimRequest(
        method=request.method,
        base_url=settings.current().base_url + ROOT,
        path=f"/{place.removesuffix('.scim')}",
        query=request.args.to_dict(),
        headers=list(request.headers.items()),
        body=request.get_data(cache=False),
        subject=actor(),
    )
    if "\x00" in place or any("\x00" in value for value in asked.query.values()):
        raise NotFoundException(detail=_("Nothing is called so."))
    storage = services.DirectoryStorage(actor(), service().provider)
    return _answered(ScimHandler(service(), storage).handle(asked))


def _answered(said: ScimResponse) -> Response:
    body = "" if said.body is None else json.dumps(said.body, ensure_ascii=False)
    answer = Response(body, status=int(said.status), headers=said.headers)
    answer.headers["Cache-Control"] = "no-store"
    return answer
