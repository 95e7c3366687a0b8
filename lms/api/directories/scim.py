"""What came by SCIM: users with the ``externalId`` that their identity system gave them."""

from typing import Any

from sqlalchemy import func, select

from lms.api.models import ResourceKind, ScimResource, ScimToken
from lms.api.services.documents import exactly
from lms.core.db import session
from lms.sso.directory import Called, Described, Directory


class Scim(Directory):
    """Only while a token of the organisation stands: what a system said that was shut out since joins nobody."""

    name = "scim"

    def called(self, tenant_id: int, organisation_id: int, number: str) -> Called:
        found = select(ScimResource.person_id, ScimResource.gone_at).where(
            *_users(tenant_id, organisation_id),
            ScimResource.external_id == exactly(number),
            _token(tenant_id, organisation_id).exists(),
        )
        rows = session.execute(
            found.order_by(ScimResource.gone_at.is_not(None), ScimResource.id).limit(3)
        ).all()
        here = tuple(row.person_id for row in rows if row.gone_at is None and row.person_id is not None)
        return Called(here[:2], is_gone=bool(rows) and not here)

    def described(self, tenant_id: int, organisation_id: int) -> Described | None:
        if session.execute(_token(tenant_id, organisation_id).limit(1)).first() is None:
            return None
        mine = (
            *_users(tenant_id, organisation_id),
            ScimResource.gone_at.is_(None),
            ScimResource.external_id.is_not(None),
        )
        people = session.scalar(select(func.count(ScimResource.id)).where(*mine)) or 0
        latest = select(ScimResource.external_id).where(*mine).order_by(ScimResource.id.desc()).limit(1)
        return Described(people, session.scalar(latest) or "")


def _users(tenant_id: int, organisation_id: int) -> tuple[Any, ...]:
    return (
        ScimResource.tenant_id == tenant_id,
        ScimResource.organisation_id == organisation_id,
        ScimResource.kind == ResourceKind.USER,
    )


def _token(tenant_id: int, organisation_id: int) -> Any:
    return select(ScimToken.id).where(
        ScimToken.tenant_id == tenant_id,
        ScimToken.organisation_id == organisation_id,
        ScimToken.revoked_at.is_(None),
    )
