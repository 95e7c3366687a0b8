"""Attempts at a test."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import BigId, Model, Owned, link, owned


class Attempt(Owned, Model):
    """One try at a quiz: what was answered, and the mark. Never changed once it is finished."""

    __tablename__ = "attempt"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "enrolment_id", "activity_id", "number"),
        link("enrolment_id", "enrolment", ondelete="CASCADE"),
        link("activity_id", "activity"),
        Index("ix_attempt_tenant_id_activity_id", "tenant_id", "activity_id"),
    )

    enrolment_id: Mapped[int] = mapped_column(BigId)
    activity_id: Mapped[int] = mapped_column(BigId)
    #: From 1.
    number: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(Instant, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    #: Question key -> what was answered (a list of choices, or a text).
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: The questions as they were asked, so that a later edit changes no result.
    questions: Mapped[list[Any]] = mapped_column(JSON, default=list)
    #: 0 to 100; None while it goes on.
    score: Mapped[int | None]
    is_passed: Mapped[bool] = mapped_column(default=False)
