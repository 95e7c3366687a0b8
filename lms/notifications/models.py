"""Own words of an organisation, its rules for messages, and what people switched off."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import PERSON, BigId, Model, Owned, link, owned


class Wording(Owned, Model):
    """A message in an organisation's own words, in one language; it holds below, wherever there is no nearer one."""

    __tablename__ = "message_wording"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "organisation_id", "kind", "language"),
        link("organisation_id", "organisation"),
    )

    organisation_id: Mapped[int] = mapped_column(BigId)
    #: Name of the message.
    kind: Mapped[str]
    language: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    #: For a telephone; empty: the house's.
    short: Mapped[str] = mapped_column(default="")
    #: Who wrote it last.
    by_id: Mapped[int | None] = mapped_column(BigId, info=PERSON)
    changed_at: Mapped[datetime] = mapped_column(Instant, default=now)


class MessageRules(Owned, Model):
    """What an organisation chose; what it did not choose (None) is as above it, in the end as the house does it."""

    __tablename__ = "message_rules"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "organisation_id"),
        link("organisation_id", "organisation"),
    )

    organisation_id: Mapped[int] = mapped_column(BigId)
    #: Whether learners are reminded at all.
    reminds: Mapped[bool | None]
    #: How many days before the last day they are reminded first.
    days_before: Mapped[int | None]
    #: Days on which messages leave, 1 for Monday to 7: ``12345``; from and to which full hour.
    weekdays: Mapped[str | None]
    opens_at: Mapped[int | None]
    closes_at: Mapped[int | None]
    #: How often whoever follows learners is told who is late: week, day, never.
    copy: Mapped[str | None]
    #: Said in convocations: whom people with a disability call, what is needed to take part, where rules and booklet are.
    disability_contact: Mapped[str | None]
    equipment: Mapped[str | None]
    rules_url: Mapped[str | None]
    booklet_url: Mapped[str | None]


class OptOut(Owned, Model):
    """What a person does not want to be written any more."""

    __tablename__ = "message_opt_out"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "person_id", "topic"),
        link("person_id", "person"),
        Index("ix_message_opt_out_topic", "tenant_id", "topic", "person_id"),
    )

    person_id: Mapped[int] = mapped_column(BigId)
    #: A word of ``topics``.
    topic: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant, default=now)
