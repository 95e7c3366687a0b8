"""Tokens of identity systems: made, used, revoked. The token is told once, and kept as a fingerprint."""

import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from lms.api.client import Client
from lms.api.models import ScimToken
from lms.core import db, journal
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.sealing import fingerprint
from lms.organisations.models import Organisation

PREFIX = "kscim_"  #: how a token begins, so that whoever finds one knows what it is
LONGEST_NAME = 80
_SEEN_EVERY = timedelta(minutes=1)


class NoName(Refused):
    """A token without a name is one that nobody dares to revoke."""

    status = 422


def make_token(organisation: Organisation, name: str, actor: Any = None) -> str:
    """A new token for the organisation's identity system; earlier ones stand until they are revoked. Raises ``NoName``."""
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise NoName(_("The token has no name."), _("Name the system that will use it, for example “Entra”."))
    token = PREFIX + secrets.token_urlsafe(32)
    made = ScimToken(
        tenant_id=organisation.tenant_id,
        organisation_id=organisation.id,
        name=name,
        token_hash=fingerprint(token),
    )
    session.add(made)
    session.flush()  # the journal names it by its number
    journal.note(
        "scim-token-made", actor, tenant_id=made.tenant_id, token=made.id, organisation=organisation.id
    )
    return token


def revoke_token(token: ScimToken, actor: Any) -> bool:
    """From the next request on it opens nothing. Says whether it did until now."""
    standing = (
        ScimToken.tenant_id == token.tenant_id,
        ScimToken.id == token.id,
        ScimToken.revoked_at.is_(None),
    )
    ending = update(ScimToken).where(*standing).values(revoked_at=now())
    ended = session.execute(ending.returning(ScimToken.id)).first() is not None
    if ended:
        journal.note("scim-token-revoked", actor, token=token.id, organisation=token.organisation_id)
    return ended


def note_use(client: Client) -> None:
    """Write down, once this request is over, that the token was used; to the minute, as a system asks thousands of times."""
    at = now()
    if client.last_used_at is not None and at - client.last_used_at < _SEEN_EVERY:
        return
    own = ScimToken.tenant_id == client.tenant_id, ScimToken.id == client.token_id
    using = update(ScimToken).where(*own).values(last_used_at=at)
    db.apart(lambda: session.execute(using), client.tenant_id)
