"""An identity system as the tests play it: a token, and requests that carry it."""

import json
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from lms.api import queries, services
from lms.api.client import Client
from lms.core import db
from lms.core.db import Mode, session
from lms.organisations.models import Organisation
from tests.support.worlds import Corner

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def token_of(corner: Corner, organisation_id: int | None = None, name: str = "Entra") -> str:
    """A new token of an organisation of this tenant; of its company unless another one is named."""
    with db.transaction(tenant_id=corner.tenant_id):
        organisation = session.get_one(Organisation, organisation_id or corner.company_id)
        return services.make_token(organisation, name)


def client_of(token: str) -> Client:
    """Who acts by this token."""
    with db.transaction(Mode.READ):
        found = queries.client_by_token(token)
    assert found is not None
    return found


class System:
    """An identity system that speaks to us over HTTP."""

    def __init__(self, app: Flask, token: str) -> None:
        self.http, self.token = app.test_client(), token

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Any request. Whatever the answer, it is SCIM's JSON and never a page."""
        sent = None if body is None else json.dumps(body)
        answer = self.http.open(
            f"/scim/v2{path}",
            method=method,
            data=sent,
            headers={"Authorization": f"Bearer {self.token}"} | headers,
            content_type="application/scim+json" if sent else None,
        )
        is_told = answer.mimetype == "application/scim+json" or answer.status_code == 304
        assert is_told, answer.get_data(as_text=True)
        assert "Set-Cookie" not in answer.headers
        return answer

    def told(self, method: str, path: str, body: Any = None, status: int = 200) -> dict[str, Any]:
        """The body of the answer, which must have this status."""
        answer = self.ask(method, path, body)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json(force=True, silent=True) or {}

    def add_user(self, called: str, /, **more: Any) -> dict[str, Any]:
        """A user, as it stands afterwards."""
        return self.told("POST", "/Users", {"schemas": [USER], "userName": called} | more, 201)

    def add_group(self, called: str, /, *members: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A group of these users."""
        ids = [{"value": one["id"]} for one in members]
        sent = {"schemas": [GROUP], "displayName": called, "members": ids} | more
        return self.told("POST", "/Groups", sent, 201)

    def patch(self, path: str, *operations: dict[str, Any]) -> dict[str, Any]:
        """What stands after these operations; nothing where none of them is to be seen (a password)."""
        answer = self.ask("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})
        assert answer.status_code in (200, 204), answer.get_data(as_text=True)
        return answer.get_json(force=True, silent=True) or {}

    def set_active(self, user: dict[str, Any], active: bool) -> dict[str, Any]:
        """Suspend or restore, as Microsoft Entra and Okta do."""
        return self.patch(f"/Users/{user['id']}", {"op": "replace", "path": "active", "value": active})
