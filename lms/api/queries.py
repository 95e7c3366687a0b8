"""Questions about tokens: whose, and which stand."""

from collections.abc import Sequence

from sqlalchemy import select

from lms.api.client import Client
from lms.api.models import ScimToken
from lms.core import walls
from lms.core.db import session
from lms.core.sealing import fingerprint
from lms.organisations.actor import Actor
from lms.organisations.models import Organisation


def client_by_token(token: str) -> Client | None:
    """The program that holds this token, if it still stands. What follows in this transaction is about its tenant."""
    hashed = fingerprint(token)
    plain = select(ScimToken.tenant_id).where(ScimToken.token_hash == hashed)
    tenant_id = walls.tenant_by("tenants_of_scim_token", hashed, plain)
    walls.enter(tenant_id)
    held = select(ScimToken).where(
        ScimToken.tenant_id == tenant_id, ScimToken.token_hash == hashed, ScimToken.revoked_at.is_(None)
    )
    found = session.scalars(held).one_or_none()
    if found is None:
        walls.enter(None)
        return None
    return Client(found.tenant_id, found.organisation_id, found.id, found.last_used_at)


def organisation_in_hand(actor: Actor) -> Organisation:
    """The organisation for which the actor works."""
    own = Organisation.tenant_id == actor.tenant_id, Organisation.id == actor.organisation_id
    return session.scalars(select(Organisation).where(*own)).one()


def tokens_in_hand(actor: Actor) -> Sequence[ScimToken]:
    """The tokens of the organisation in hand, the latest first; those that were revoked after the others."""
    found = select(ScimToken).where(
        ScimToken.tenant_id == actor.tenant_id, ScimToken.organisation_id == actor.organisation_id
    )
    return session.scalars(
        found.order_by(ScimToken.revoked_at.is_not(None), ScimToken.id.desc()).limit(100)
    ).all()


def token_in_hand(actor: Actor, token_id: int) -> ScimToken | None:
    """A token of the organisation in hand."""
    held = select(ScimToken).where(
        ScimToken.tenant_id == actor.tenant_id,
        ScimToken.organisation_id == actor.organisation_id,
        ScimToken.id == token_id,
    )
    return session.scalars(held).one_or_none()
