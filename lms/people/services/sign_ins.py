"""Sessions: begun at a sign-in, ended by their owner, by the clock, or by whoever answers for the account."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update

from lms.core import journal
from lms.core.clock import now
from lms.core.db import AnySelect, session
from lms.core.sealing import fingerprint
from lms.people.models import SignIn


def start(
    account_id: int, method: str, *, person_id: int | None = None, is_strong: bool = False, **more: Any
) -> str:
    """Begin a session; returns the random token for the cookie, which nobody else keeps.

    ``person_id`` is whom it opens, for the journal. ``is_strong``: a second factor was shown. ``more`` are columns of ``SignIn``.
    """
    token = secrets.token_urlsafe(24)
    second_at = now() if is_strong else None
    session.add(
        SignIn(
            account_id=account_id, token_hash=fingerprint(token), method=method, second_at=second_at, **more
        )
    )
    session.flush()  # the actor is looked up by it in the same transaction
    who = journal.Oneself(account_id, person_id)
    journal.note("signed-in", who, account=account_id, method=method, strong=is_strong)
    return token


def prove(sign_in_id: int, *, is_strong: bool = False, challenge_hash: str = "") -> None:
    """Its owner has just proved once more who they are; ``is_strong``: by a second factor."""
    more: dict[str, Any] = {"second_at": now()} if is_strong else {}
    if challenge_hash:
        more["challenge_hash"] = challenge_hash
    session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(proved_at=now(), **more))


def see(token: str) -> None:
    """Note a sign of life of the session whose cookie has this token."""
    alive = SignIn.token_hash == fingerprint(token), SignIn.ended_at.is_(None)
    session.execute(update(SignIn).where(*alive).values(seen_at=now()))


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
