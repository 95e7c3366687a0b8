"""Mandates: who may act for whom, for what, until when."""

from datetime import datetime

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import BigId, Model, Owned, link, owned


class Mandate(Owned, Model):
    """A learner lets somebody act in their name. It holds once it is signed, until it ends or is withdrawn."""

    __tablename__ = "mandate"
    __table_args__ = owned(
        link("person_id", "person"),
        link("holder_id", "person"),
        link("ended_by_id", "person"),
        Index("ix_mandate_tenant_id_person_id", "tenant_id", "person_id", "id"),
        Index("ix_mandate_tenant_id_holder_id", "tenant_id", "holder_id", "id"),
        Index("ix_mandate_tenant_id_ended_by_id", "tenant_id", "ended_by_id"),
        Index("ix_mandate_tenant_id_made_at", "tenant_id", "made_at"),
    )

    #: For whom.
    person_id: Mapped[int] = mapped_column(BigId)
    #: Who acts.
    holder_id: Mapped[int] = mapped_column(BigId)
    #: What it is for: ``core.behalf.Scope`` values.
    scopes: Mapped[list[str]] = mapped_column(JSON)
    #: How long it holds from its signature.
    days: Mapped[int]
    #: The words of the form that was signed.
    form: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: When it was signed; None: it holds nothing yet.
    signed_at: Mapped[datetime | None] = mapped_column(Instant)
    #: Whether the learner agreed on their own page, and not on paper.
    is_agreed_online: Mapped[bool] = mapped_column(default=False)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    #: Withdrawn by the learner, or given back.
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by_id: Mapped[int | None] = mapped_column(BigId)

    def holds(self, at: datetime) -> bool:
        """Whether somebody may act under it."""
        return self.ended_at is None and self.ends_at is not None and at < self.ends_at

    def is_over(self, at: datetime) -> bool:
        """Whether it will never hold again."""
        return self.ended_at is not None or (self.ends_at is not None and at >= self.ends_at)
