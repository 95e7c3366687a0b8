"""The ledger of learning events, and the standing that follows from it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import BigId, Model, Owned, link, owned


class Standing(Owned, Model):
    """How far somebody is in one activity. It appears with the first event."""

    __tablename__ = "standing"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "enrolment_id", "activity_id"),
        link("enrolment_id", "enrolment", ondelete="CASCADE"),
        link("activity_id", "activity"),
        Index("ix_standing_tenant_id_activity_id", "tenant_id", "activity_id"),
    )

    enrolment_id: Mapped[int] = mapped_column(BigId)
    activity_id: Mapped[int] = mapped_column(BigId)
    #: What the activity's kind left to be found again: a draft, the place reached.
    state: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: Best mark so far, 0 to 100.
    score: Mapped[int | None]
    #: Active time measured, in seconds.
    seconds: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = mapped_column(Instant, default=now)
    last_at: Mapped[datetime] = mapped_column(Instant, default=now)
    done_at: Mapped[datetime | None] = mapped_column(Instant)


class LearningEvent(Owned, Model):
    """One fact of learning, never changed: each carries the hash of the one before it in the same enrolment."""

    __tablename__ = "learning_event"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "enrolment_id", "number"),
        link("enrolment_id", "enrolment", ondelete="CASCADE"),
    )

    enrolment_id: Mapped[int] = mapped_column(BigId)
    #: From 1, without a gap, in each enrolment.
    number: Mapped[int]
    activity_id: Mapped[int | None] = mapped_column(BigId)
    #: opened, answered, passed, failed, done, completed.
    verb: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: Active seconds since the event before, idle time cut.
    seconds: Mapped[int] = mapped_column(default=0)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: SHA-256 of the fields above and of the hash before.
    hash: Mapped[str]
