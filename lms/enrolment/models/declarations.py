"""What was typed in on a portal, and by whom."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import PERSON, BigId, Model, Owned, link, owned, words
from lms.enrolment.portals import Fact, Portal, Slot


class Declaration(Owned, Model):
    """A fact of a member that somebody declared elsewhere, as it stood then. What is still to be declared has no row."""

    __tablename__ = "declaration"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "member_id", "slot"),
        link("member_id", "cohort_member"),
        Index("ix_declaration_tenant_id_at", "tenant_id", "at", "id"),
    )

    member_id: Mapped[int] = mapped_column(BigId)
    slot: Mapped[Slot] = mapped_column(words(Slot))
    fact: Mapped[Fact] = mapped_column(words(Fact))
    portal: Mapped[Portal] = mapped_column(words(Portal))
    #: The day of the fact, by the organisation's clock.
    day: Mapped[date]
    #: The moment of the fact; None where only its day is known.
    moment: Mapped[datetime | None] = mapped_column(Instant)
    #: Why somebody left: a word of ``states.CAUSES``.
    cause: Mapped[str] = mapped_column(default="")
    #: Per cent of the steps that were done.
    rate: Mapped[int | None]
    #: When it was ticked off, and by whom. Without a foreign key: it outlives whoever ticked.
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    by_id: Mapped[int | None] = mapped_column(BigId, info=PERSON)
    #: The number that the portal gave, where it gave one.
    reference: Mapped[str] = mapped_column(default="")
