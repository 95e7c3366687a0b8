"""Ways into a cohort for those who enrol themselves, and what became of each wish."""

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import BigId, Model, Owned, link, owned, words


class WayMode(enum.StrEnum):
    """What happens to whoever comes by a way."""

    AT_ONCE = "at-once"
    ON_APPROVAL = "on-approval"


class WayState(enum.StrEnum):
    """Whether a way lets anybody ask."""

    OPEN = "open"
    ENDED = "ended"
    SPENT = "spent"
    CLOSED = "closed"


class WishState(enum.StrEnum):
    """How far somebody has come who wants to enter."""

    #: The team has not answered yet.
    ASKED = "asked"
    #: May enter, as soon as there is a place.
    WAITING = "waiting"
    ENTERED = "entered"
    REFUSED = "refused"
    #: Taken back by whoever asked.
    WITHDRAWN = "withdrawn"


#: States in which something is still to come.
OPEN_WISHES = (WishState.ASKED, WishState.WAITING)


class Way(Owned, Model):
    """A code and a link that lead into a cohort, until somebody closes them."""

    __tablename__ = "cohort_way"
    __table_args__ = owned(
        link("cohort_id", "cohort", ondelete="CASCADE"),
        Index("ix_cohort_way_tenant_id_cohort_id", "tenant_id", "cohort_id"),
        CheckConstraint("most is null or used <= most", name="most"),
    )

    cohort_id: Mapped[int] = mapped_column(BigId)
    mode: Mapped[WayMode] = mapped_column(words(WayMode))
    #: Keyed fingerprint of its code, which is the end of its link too.
    code_hash: Mapped[str] = mapped_column(unique=True)
    #: Whether those to whom it is open find it on their page, without the code.
    is_public: Mapped[bool] = mapped_column(default=False)
    #: The code, sealed, so that the team finds the link again.
    sealed_code: Mapped[str]
    #: How many people may come by it (None: as many as want to), and how many have.
    most: Mapped[int | None]
    used: Mapped[int] = mapped_column(default=0)
    #: The last day on which it is open, where the organisation is; None: until it is closed.
    ends_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    def state(self, today: date) -> WayState:
        """Whether somebody may ask by it on this day."""
        if self.closed_at is not None:
            return WayState.CLOSED
        if self.ends_on is not None and self.ends_on < today:
            return WayState.ENDED
        return WayState.SPENT if self.most is not None and self.used >= self.most else WayState.OPEN


class Wish(Owned, Model):
    """Somebody wants to enter a cohort: one wish a person and cohort, however often they change their mind."""

    __tablename__ = "cohort_wish"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "cohort_id", "person_id"),
        link("cohort_id", "cohort", ondelete="CASCADE"),
        link("person_id", "person"),
        link("way_id", "cohort_way"),
        Index("ix_cohort_wish_queue", "tenant_id", "cohort_id", "state", "queued_at", "id"),
        Index("ix_cohort_wish_tenant_id_person_id", "tenant_id", "person_id"),
        Index("ix_cohort_wish_tenant_id_way_id", "tenant_id", "way_id"),
    )

    cohort_id: Mapped[int] = mapped_column(BigId)
    person_id: Mapped[int] = mapped_column(BigId)
    #: By which way they came.
    way_id: Mapped[int] = mapped_column(BigId)
    state: Mapped[WishState] = mapped_column(words(WishState))
    #: Why they want to, in their own words.
    why: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: When they came onto the waiting list: who came first enters first.
    queued_at: Mapped[datetime | None] = mapped_column(Instant)
    #: What the team told them, and when it decided.
    answer: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
