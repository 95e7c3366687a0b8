"""What people ask about what is held on them."""

import enum
from datetime import date, datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import BigId, Model, Owned, link, owned, words


class RequestKind(enum.StrEnum):
    """Which right somebody uses."""

    CORRECT = "correct"
    ERASE = "erase"
    LIMIT = "limit"


class RequestState(enum.StrEnum):
    """Whether it was answered, and how."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"


class DataRequest(Owned, Model):
    """Something that a person asks: to be answered within a month."""

    __tablename__ = "data_request"
    __table_args__ = owned(
        link("person_id", "person"),
        link("by_id", "person"),
        Index("ix_data_request_tenant_id_person_id", "tenant_id", "person_id"),
        Index("ix_data_request_tenant_id_by_id", "tenant_id", "by_id"),
        Index("ix_data_request_tenant_id_state", "tenant_id", "state", "due_on", "id"),
    )

    person_id: Mapped[int] = mapped_column(BigId)
    kind: Mapped[RequestKind] = mapped_column(words(RequestKind))
    #: What they wrote; at most 2,000 letters.
    wish: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: The last day for an answer: a month after it was asked (GDPR, article 12).
    due_on: Mapped[date]
    state: Mapped[RequestState] = mapped_column(words(RequestState), default=RequestState.OPEN)
    #: What was answered, and by whom.
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(BigId)
