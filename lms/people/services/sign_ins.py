"""Sessions: begun at a sign-in, ended by their owner, by the clock, or by whoever answers for the account."""

import secrets
from datetime import datetime

from sqlalchemy import delete, update

from lms.core import journal
from lms.core.clock import now
from lms.core.db import AnySelect, session
from lms.core.sealing import fingerprint
from lms.people.models import SignIn


def start(
    account_id: int, method: str, *, is_shared: bool = False, device: str = "", person_id: int | None = None
) -> str:
    """Begin a session; returns the random token for the cookie, which nobody else keeps."""
    token = secrets.token_urlsafe(24)
    session.add(
        SignIn(
            account_id=account_id,
            token_hash=fingerprint(token),
            method=method,
            is_shared=is_shared,
            device=device,
        )
    )
    session.flush()  # the actor is looked up by it in the same transaction
    journal.note("signed-in", journal.Oneself(account_id, person_id), account=account_id, method=method)
    return token


def renew(sign_in_id: int) -> str:
    """A new token for a session whose rights change: the old cookie opens nothing any more."""
    token = secrets.token_urlsafe(24)
    session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(token_hash=fingerprint(token)))
    return token


def end(sign_in_id: int) -> None:
    """End a session."""
    ending = update(SignIn).where(SignIn.id == sign_in_id, SignIn.ended_at.is_(None))
    session.execute(ending.values(ended_at=now()))


def end_those(which: AnySelect) -> None:
    """End the sessions whose numbers a statement names."""
    ending = update(SignIn).where(SignIn.id.in_(which), SignIn.ended_at.is_(None))
    session.execute(ending.values(ended_at=now()).execution_options(synchronize_session=False))


def end_begun_before(moment: datetime) -> None:
    """End the sessions that the clock has ended anyway: their cookie is too old."""
    session.execute(
        update(SignIn).where(SignIn.ended_at.is_(None), SignIn.started_at < moment).values(ended_at=now())
    )


def forget_ended(before: datetime) -> int:
    """Delete the rows of sessions that ended long ago; the journal keeps what happened. How many there were."""
    return len(session.execute(delete(SignIn).where(SignIn.ended_at < before).returning(SignIn.id)).all())
