"""One question to a provider, and its answer; what goes wrong gets the code that tells an administrator what to do."""

import re
from typing import Any
from urllib.parse import urlsplit

from config import settings
from lms.core import http
from lms.sso.faults import ProviderAway

SECONDS = 5


def get(url: str, bearer: str = "", accept: str = "application/json, application/jwt") -> http.Response:
    """What stands at this address. Raises ``ProviderAway``."""
    headers = {"Accept": accept}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    try:
        with http.session(settings.current().outgoing_allow) as session:
            answer = session.get(url, headers=headers, timeout=SECONDS)
    except (http.RequestException, http.OutgoingRefused) as error:
        raise away(error, url) from error
    if answer.status_code != 200:
        raise ProviderAway("status", f"{answer.status_code} {url}")
    return answer


def get_json(url: str) -> dict[str, Any]:
    """The JSON object at this address. Raises ``ProviderAway``."""
    return json_of(get(url))


def json_of(answer: http.Response) -> dict[str, Any]:
    """The JSON object of an answer. Raises ``ProviderAway``."""
    try:
        found = answer.json()
    except ValueError as error:
        raise ProviderAway("not_json", str(answer.url)) from error
    if not isinstance(found, dict):
        raise ProviderAway("not_json", str(answer.url))
    return found


def is_encrypted(address: str) -> bool:
    """Whether what goes there is encrypted on its way; a machine that the operator allowed by name may do without.

    An address with a space or a line in it is none.
    """
    if not re.fullmatch(r"[!-~]+", address):
        return False
    place = urlsplit(address)
    return place.scheme == "https" or (place.hostname or "") in settings.current().outgoing_allow


def away(error: Exception, url: str) -> ProviderAway:
    """Why a call led to nothing."""
    if isinstance(error, http.OutgoingRefused):
        return ProviderAway(error.code if error.code != "proxy" else "address", url)
    if "certificate" in str(error).lower():
        return ProviderAway("certificate", url)
    return ProviderAway("silent", url)
