"""The audit journal: who did what to what, written in the same transaction and never changed.

It holds ids without foreign keys, so that a line outlives what it speaks of.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column

from lms.core import db, walls
from lms.core.clock import Instant, now
from lms.core.db import ACCOUNT, PERSON, BigId, Model, session


class Entry(Model):
    """One line of the journal."""

    __tablename__ = "journal_entry"
    __table_args__ = (Index("ix_journal_entry_tenant_id_at", "tenant_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: None for what happens before a tenant is known, such as a refused sign-in.
    tenant_id: Mapped[int | None] = mapped_column(BigId)
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: Who acted: an account, and the person it was then. None: the house itself.
    account_id: Mapped[int | None] = mapped_column(BigId, info=ACCOUNT)
    person_id: Mapped[int | None] = mapped_column(BigId, info=PERSON)
    #: What was done: ``signed-in``, ``enrolled``, ``report-downloaded``.
    verb: Mapped[str]
    #: Whom or what it concerns: ``{"cohort": 7, "rows": 40}``. Never a secret.
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


def note(verb: str, actor: Any = None, *, tenant_id: int | None = None, **details: Any) -> None:
    """Write a line in the current transaction: it stands exactly when the deed does.

    ``actor`` is whoever acts (an object with account_id, person_id and tenant_id), or None. Without a tenant of its own
    the line belongs to the one whose rows the transaction is about.
    """
    session.add(
        Entry(
            verb=verb,
            tenant_id=walls.owner_of(tenant_id, actor),
            account_id=getattr(actor, "account_id", None),
            person_id=getattr(actor, "person_id", None),
            details=details,
        )
    )


def note_refusal(verb: str, actor: Any = None, *, tenant_id: int | None = None, **details: Any) -> None:
    """Write a line that survives the rollback of the refused deed."""
    of = tenant_id if tenant_id is not None else getattr(actor, "tenant_id", None)
    db.apart(lambda: note(verb, actor, tenant_id=of, **details), of)
