"""The outbox: a mail is a row of the transaction that caused it, and leaves later (see ``courier``).

A message is a kind (one file in a room's ``messages/``): it is worded when it leaves, in the reader's
language, as text and as HTML, from the plain values that the row holds.
"""

import enum
import hashlib
import hmac
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


@dataclass(frozen=True, slots=True)
class Facts:
    """Lines of a label and what it is: a date, a telephone number, a programme."""

    pairs: tuple[tuple[str, str], ...]


Part = str | Action | Facts  #: what a mail is made of


class Message(Kind):
    """A family of mails. A member has a ``name`` (``people.new_password``), a subject and paragraphs."""

    name: ClassVar[str] = ""
    #: What a reader may switch off, by one press in the mail; empty: it comes in any case.
    topic: ClassVar[str] = ""
    #: Values for the preview and the contract test: what ``details`` will hold.
    example: ClassVar[dict[str, Any]] = {}

    def subject(self, details: dict[str, Any]) -> str:
        """One line, in the language spoken now."""
        raise NotImplementedError

    def paragraphs(self, details: dict[str, Any]) -> Sequence[Part]:
        """What the mail says, in the language spoken now: sentences, facts, and at most one button."""
        raise NotImplementedError

    def short(self, details: dict[str, Any]) -> str:
        """The same for a telephone: two or three sentences; empty where the message never goes there."""
        return ""


class Way(enum.StrEnum):
    """How a message goes to somebody."""

    MAIL = "mail"
    SMS = "sms"
    #: On paper: somebody prints and posts it, and says so.
    LETTER = "letter"


class Mail(Model):
    """One message to one address: what to say, not yet how it is worded. Ids without foreign keys."""

    __tablename__ = "mail"
    __table_args__ = (
        Index("ix_mail_due", "state", "due_at", "id"),
        Index("ix_mail_about", "tenant_id", "about", "id"),
        Index("ix_mail_tenant_id_person_id", "tenant_id", "person_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int | None] = mapped_column(BigId)
    #: The same cause never writes a second mail; the Message-ID is made of it.
    key: Mapped[str] = mapped_column(unique=True)
    #: Whom it is about, for their file; None where no person is known.
    person_id: Mapped[int | None] = mapped_column(BigId, info=PERSON)
    #: The account that it lets somebody into, where it is about one.
    account_id: Mapped[int | None] = mapped_column(BigId, info=ACCOUNT)
    #: Name of the message.
    kind: Mapped[str]
    #: One of ``Way``.
    way: Mapped[str] = mapped_column(default=Way.MAIL.value)
    #: What it is kept as the proof of, for the room that wrote it (``cohort/12``); empty: it goes like any log.
    about: Mapped[str] = mapped_column(default="")
    #: The deed that wrote it together with others; empty: none did.
    run: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="fr")
    zone: Mapped[str] = mapped_column(default="Europe/Paris")
    #: An e-mail address, a telephone number; empty for a letter.
    address: Mapped[str]
    #: Gone once it was handed over: what is kept is that it was sent, not what it said.
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: waiting, leaving, sent, failed; a letter: to-print, posted.
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


def stop_token(tenant_id: int, person_id: int, topic: str) -> str:
    """What a link in a mail carries, so that whoever reads the mail can switch its topic off without signing in."""
    said = f"{tenant_id}.{person_id}.{topic}"
    return f"{said}.{_stop_seal(said)}"


def stop_meant(token: str) -> tuple[int, int, str] | None:
    """Tenant, person and topic of such a link; None: we did not make it."""
    said, _dot, seal = token.rpartition(".")
    if not hmac.compare_digest(_stop_seal(said).encode(), seal.encode()):
        return None
    tenant_id, person_id, topic = said.split(".", 2)
    return int(tenant_id), int(person_id), topic


def _stop_seal(said: str) -> str:
    key = hashlib.sha256(b"kokoroe/stop/" + settings.current().secret_key.encode()).digest()
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()[:32]
