"""The outbox: a mail is a row of the transaction that caused it, and leaves later (see ``courier``).

A message is a kind (one file in a room's ``messages/``): it is worded when it leaves, in the reader's
language, as text and as HTML, from the plain values that the row holds.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from sqlalchemy import JSON, Index, insert
from sqlalchemy.orm import Mapped, mapped_column

from config import settings
from lms.core import db, walls
from lms.core.clock import Instant, now
from lms.core.db import ACCOUNT, PERSON, BigId, Model, session
from lms.core.kinds import Kind


@dataclass(frozen=True, slots=True)
class Action:
    """A button in a mail: where it leads, and the verb on it."""

    label: str
    url: str


class Message(Kind):
    """A family of mails. A member has a ``name`` (``people.new_password``), a subject and paragraphs."""

    name: ClassVar[str] = ""
    #: Values for the preview and the contract test: what ``details`` will hold.
    example: ClassVar[dict[str, Any]] = {}

    def subject(self, details: dict[str, Any]) -> str:
        """One line, in the language spoken now."""
        raise NotImplementedError

    def paragraphs(self, details: dict[str, Any]) -> Sequence[str | Action]:
        """What the mail says, in the language spoken now: sentences, and at most one button."""
        raise NotImplementedError


class Mail(Model):
    """One mail to one address: what to say, not yet how it is worded. Ids without foreign keys."""

    __tablename__ = "mail"
    __table_args__ = (Index("ix_mail_due", "state", "due_at", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int | None] = mapped_column(BigId, index=True)
    #: The same cause never writes a second mail; the Message-ID is made of it.
    key: Mapped[str] = mapped_column(unique=True)
    #: Whom it is about, for their file; None where no person is known.
    person_id: Mapped[int | None] = mapped_column(BigId, info=PERSON)
    #: The account that it lets somebody into, where it is about one.
    account_id: Mapped[int | None] = mapped_column(BigId, info=ACCOUNT)
    #: Name of the message.
    kind: Mapped[str]
    language: Mapped[str] = mapped_column(default="fr")
    zone: Mapped[str] = mapped_column(default="Europe/Paris")
    address: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: waiting, leaving, sent, failed.
    state: Mapped[str] = mapped_column(default="waiting")
    due_at: Mapped[datetime] = mapped_column(Instant, default=now)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    token: Mapped[str | None]
    attempt: Mapped[int] = mapped_column(default=0)
    #: What the server said last.
    answer: Mapped[str | None]
    sent_at: Mapped[datetime | None] = mapped_column(Instant)


def send(
    kind: str,
    address: str,
    details: dict[str, Any],
    *,
    key: str,
    language: str = "fr",
    tenant_id: int | None = None,
    person_id: int | None = None,
    account_id: int | None = None,
) -> None:
    """Write a mail in the current transaction. ``key`` names its cause, such as ``reset/17/<token hash>``.

    The same key again writes nothing: a cause that is told twice is one mail.
    """
    if kind not in Message.registered:
        raise KeyError(f"no message is called {kind!r}")
    mail = {
        "kind": kind, "address": address, "details": details, "key": key, "language": language,
        "tenant_id": walls.owner_of(tenant_id), "person_id": person_id, "account_id": account_id,
    }  # fmt: skip
    session.execute(db.as_first_written(Mail, mail, ["key"]))


def drop_copies(keys: Iterable[str]) -> None:
    """Where mails are files (no mail server is set), take those of these keys away once the transaction is kept."""
    folder = settings.current().var / "mail"
    for key in keys:
        copy = folder / f"{message_id(key, '').strip('<@>')}.eml"
        db.then(partial(copy.unlink, missing_ok=True))


def send_many(kind: str, letters: Sequence[dict[str, Any]], **common: Any) -> None:
    """Write a mail for each of these, in one statement: address, details and key of each, and what they have in common."""
    if kind not in Message.registered:
        raise KeyError(f"no message is called {kind!r}")
    if letters:
        rows = [{"kind": kind, "tenant_id": walls.owner_of(None), **common, **one} for one in letters]
        session.execute(insert(Mail), rows)


def message_id(key: str, host: str) -> str:
    """The Message-ID of a mail: the same at every try, so that a copy is recognised."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{host}>"
