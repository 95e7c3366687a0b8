"""One question to a provider, and its answer; what goes wrong gets the code that tells an administrator what to do."""

from typing import Any

from config import settings
from lms.core import http
from lms.sso.faults import ProviderAway

SECONDS = 5


def get(url: str, bearer: str = "") -> http.Response:
    """What stands at this address. Raises ``ProviderAway``."""
    headers = {"Accept": "application/json, application/jwt"}
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


def away(error: Exception, url: str) -> ProviderAway:
    """Why a call led to nothing."""
    if isinstance(error, http.OutgoingRefused):
        return ProviderAway(error.code if error.code != "proxy" else "address", url)
    if "certificate" in str(error).lower():
        return ProviderAway("certificate", url)
    return ProviderAway("silent", url)
