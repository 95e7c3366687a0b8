"""The audit journal: who did what to what, written in the same transaction and never changed.

It holds ids without foreign keys, so that a line outlives what it speaks of. The database refuses to change or delete
one; ``seals`` ties them into a chain a little later, so that no deed waits for another one's line.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import JSON, Index, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from config import settings
from lms.core import db, events, marking, walls
from lms.core.clock import Instant, now
from lms.core.db import ACCOUNT, PERSON, BigId, Model, session

READ = "personal-file-read"  #: the verb of ``read``
WARNED = "many-files-opened"
_HOUR = timedelta(hours=1)


def _index_where(rule: str, name: str, *columns: str, unique: bool = False) -> Index:
    """An index of some lines only: most lines are in few of them, and cost the deed little."""
    where: Any = {"postgresql_where": text(rule), "sqlite_where": text(rule)}
    return Index(f"ix_journal_entry_{name}", *columns, unique=unique, **where)


class Entry(Model):
    """One line of the journal."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        Index("ix_journal_entry_tenant_id_at", "tenant_id", "at"),
        _index_where("person_id is not null", "by", "tenant_id", "person_id", "verb", "at"),
        _index_where("subject_id is not null", "about", "tenant_id", "subject_id", "at"),
        _index_where("number is not null", "number", "tenant_id", "number", unique=True),
        _index_where("number is null", "waiting", "tenant_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: None for what happens before a tenant is known, such as a refused sign-in.
    tenant_id: Mapped[int | None] = mapped_column(BigId)
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: Who acted: an account, and the person it was then. None: the house itself.
    account_id: Mapped[int | None] = mapped_column(BigId, info=ACCOUNT)
    person_id: Mapped[int | None] = mapped_column(BigId, info=PERSON)
    #: In whose name, under a mandate: "X for Y".
    for_id: Mapped[int | None] = mapped_column(BigId, info=PERSON)
    #: Whom it concerns: whose file was read, whose rights changed.
    subject_id: Mapped[int | None] = mapped_column(BigId, info=PERSON)
    #: What was done: ``signed-in``, ``enrolled``, ``report-downloaded``.
    verb: Mapped[str]
    #: What else there is to say: ``{"cohort": 7, "rows": 40}``. Numbers and words of ours, never a secret nor a name.
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: What only this installation can make of the columns above, and whoever has its key verify (``marking``).
    mark: Mapped[str] = mapped_column(default="")
    #: Its place in the tenant's chain, from 1, and the hash that ties it to the line before. None: not sealed yet.
    number: Mapped[int | None] = mapped_column(BigId)
    hash: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Oneself:
    """Whoever acts where there is no actor yet: somebody who is just coming in."""

    account_id: int
    person_id: int | None = None
    tenant_id: int | None = None


def note(
    verb: str, actor: Any = None, *, tenant_id: int | None = None, about: int | None = None, **details: Any
) -> None:
    """Write a line in the current transaction: it stands exactly when the deed does.

    ``actor`` is whoever acts (an object with account_id, person_id and tenant_id), or None. Without a tenant of its own
    the line belongs to the one whose rows the transaction is about. ``about`` is the person whom it concerns, as is
    ``details["person"]``. Raises ``TypeError`` for details that are no JSON.
    """
    subject = about if about is not None else details.get("person")
    values = _who(actor) | {
        "tenant_id": walls.owner_of(tenant_id, actor),
        "at": now(),
        "subject_id": subject if isinstance(subject, int) else None,
        "verb": verb,
        "details": json.loads(json.dumps(details)),  # as both databases give it back
    }
    session.add(Entry(**values, mark=marking.mark(marking.said(values))))


def note_refusal(verb: str, actor: Any = None, *, tenant_id: int | None = None, **details: Any) -> None:
    """Write a line that survives the rollback of the refused deed, and one of a page that only reads."""
    of = tenant_id if tenant_id is not None else getattr(actor, "tenant_id", None)
    db.apart(lambda: note(verb, actor, tenant_id=of, **details), of)


def read(actor: Any, person_id: int, what: str = "file") -> None:
    """Somebody looked at a person's file: noted once the page is made, though the page itself only reads.

    ``what``: which file, a word of ours (``file``, ``progress``, ``certificate``). One's own is nobody's business. Too many
    within an hour are announced (``ManyFilesOpened``).
    """
    if person_id != actor.person_id:
        db.apart(partial(_read, actor, person_id, what), actor.tenant_id)


def _read(actor: Any, person_id: int, what: str) -> None:
    roles = sorted(str(role) for role in getattr(actor, "roles", ()))
    organisation_id = getattr(actor, "organisation_id", 0)
    note(READ, actor, person=person_id, what=what, roles=roles, organisation=organisation_id)
    most, since = settings.current().reads_per_hour, now() - _HOUR
    mine = Entry.tenant_id == actor.tenant_id, Entry.person_id == actor.person_id, Entry.at > since
    opened = select(func.count(Entry.subject_id.distinct())).where(*mine, Entry.verb == READ)
    if not most or (files := session.scalar(opened) or 0) <= most:
        return
    if session.scalar(select(Entry.id).where(*mine, Entry.verb == WARNED).limit(1)) is None:
        note(WARNED, actor, files=files, limit=most, organisation=organisation_id)
        events.announce(
            events.ManyFilesOpened(actor.tenant_id, actor.person_id, organisation_id, files, now())
        )


def _who(actor: Any) -> dict[str, Any]:
    """Who acts, and in whose name: under a mandate the actor is the learner, ``behalf`` whoever is at the keys."""
    behalf = getattr(actor, "behalf", None)
    at_the_keys = actor if behalf is None else behalf
    return {
        "account_id": getattr(at_the_keys, "account_id", None),
        "person_id": getattr(at_the_keys, "person_id", None),
        "for_id": None if behalf is None else actor.person_id,
    }
