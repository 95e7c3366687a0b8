"""A sign-on's short-lived rows: states that were used, and what ends the session over there."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete

from lms.core import db, sealing
from lms.core.clock import now
from lms.core.db import session
from lms.core.i18n import gettext as _
from lms.core.sealing import fingerprint
from lms.sso import queries
from lms.sso.arrival import Arrival
from lms.sso.faults import NotBelieved
from lms.sso.models import IdentitySession, UsedState

PATIENCE = timedelta(minutes=10)  #: for which a sign-on may be under way
LEAVING = timedelta(minutes=5)  #: for which a browser that left here may end its session over there


def take_state(tenant_id: int, state: str) -> None:
    """Use this state up, before anybody is asked about its code. Raises ``NotBelieved`` where that was done before."""
    if not _is_first(tenant_id, state, now() + 2 * PATIENCE):
        raise NotBelieved(
            "nonce", "", _("This sign-in was used already."), _("Start again from the sign-in page.")
        )


def take_once(tenant_id: int, slug: str, arrival: Arrival) -> None:
    """Use up what a provider said of somebody, for as long as it would hold. Raises ``NotBelieved`` where that was done before."""
    if not arrival.once:
        return
    until = (arrival.until or now()) + 2 * PATIENCE
    if not _is_first(tenant_id, f"{slug} {arrival.once}", until):
        raise NotBelieved("used")


def _is_first(tenant_id: int, said: str, until: datetime) -> bool:
    values = {"tenant_id": tenant_id, "state_hash": fingerprint(said), "expires_at": until}
    first = db.as_first_written(UsedState, values, ["tenant_id", "state_hash"])
    return session.execute(first.returning(UsedState.id)).first() is not None


def keep_session(tenant_id: int, link_id: int, sign_in_id: int, id_token: str) -> None:
    """Keep the token by which the provider will know whose session ends; sealed, and used for nothing else."""
    session.add(
        IdentitySession(
            tenant_id=tenant_id, link_id=link_id, sign_in_id=sign_in_id, id_token=sealing.seal(id_token)
        )
    )


def way_out(actor: Any) -> str:
    """Where the browser of somebody who leaves goes on, so that their session over there ends too; empty: nowhere.

    The address holds a token that is good for five minutes, in the place of the ID token itself.
    """
    found = queries.session_of(actor.tenant_id, actor.sign_in_id)
    if found is None:
        return ""
    here, provider = found
    metadata = provider.discovered.get("metadata") or {}
    if not metadata.get("end_session_endpoint"):
        return ""
    token = secrets.token_urlsafe(24)
    here.leave_hash, here.leave_until = fingerprint(token), now() + LEAVING
    return f"/sso/{provider.slug}/leave/{token}"


def forget_old(tenant_id: int, at: datetime) -> None:
    """Delete what was used up and is too old to come back, and the tokens that no session needs any more."""
    session.execute(delete(UsedState).where(UsedState.tenant_id == tenant_id, UsedState.expires_at < at))
    session.execute(
        delete(IdentitySession).where(
            IdentitySession.tenant_id == tenant_id, IdentitySession.created_at < at - timedelta(days=1)
        )
    )
