"""Pools of places or of credits for enrolments, and who takes what of them. What each unit has stands in the ledger."""

import enum
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, validates

from lms.core.clock import Instant, now
from lms.core.db import BigId, Model, Owned, link, owned, words
from lms.core.i18n import sort_key
from lms.ledger.models import Unit


class Part(enum.StrEnum):
    """Accounts of a pool's book: the source of all, and what each organisation has."""

    SOURCE = "source"
    FREE = "free"
    ASSIGNED = "assigned"  # taken by somebody who has not begun
    USED = "used"


#: What every organisation has in a pool that holds a part of it.
PARTS = (Part.FREE, Part.ASSIGNED, Part.USED)


class Deed(enum.StrEnum):
    """What moves places."""

    OPENED = "opened"
    ADDED = "added"
    REMOVED = "removed"
    GIVEN = "given"
    TAKEN_BACK = "taken-back"
    TRANSFERRED = "transferred"
    ASSIGNED = "assigned"
    RELEASED = "released"
    USED = "used"
    CARRIED = "carried"  # unused at the end of a period, there again in the next
    MERGED = "merged"  # two organisations became one: the ledger's own word


class PoolDeed(enum.StrEnum):
    """What somebody did to a pool, as its receipt says it; moves between units have the words of ``Deed``."""

    FROZEN = "frozen"
    THAWED = "thawed"
    CHANGED = "changed"
    RENEWED = "renewed"
    BOUND = "bound"
    UNBOUND = "unbound"


class Pool(Owned, Model):
    """Places, or a budget, given to an organisation for the enrolments of a time; parts of it flow down the tree."""

    __tablename__ = "place_pool"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "renews_id"),
        UniqueConstraint("tenant_id", "book_id"),
        link("organisation_id", "organisation"),
        link("book_id", "ledger_book"),
        link("course_id", "course"),
        link("curriculum_id", "curriculum"),
        link("renews_id", "place_pool"),
        CheckConstraint("price > 0", name="price"),
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="days"),
        Index("ix_place_pool_tenant_id_organisation_id", "tenant_id", "organisation_id"),
        Index("ix_place_pool_tenant_id_course_id", "tenant_id", "course_id"),
        Index("ix_place_pool_tenant_id_curriculum_id", "tenant_id", "curriculum_id"),
        Index("ix_place_pool_tenant_id_sort_name", "tenant_id", "sort_name", "id"),
    )

    #: To which it was given first; it gives parts to those below.
    organisation_id: Mapped[int] = mapped_column(BigId)
    #: The book of the ledger that says who has how much of it.
    book_id: Mapped[int] = mapped_column(BigId)
    #: The book's unit: places, or cents of credit.
    unit: Mapped[Unit] = mapped_column(words(Unit), default=Unit.PLACE)
    name: Mapped[str]
    #: The name without accents or case: lists are sorted by it.
    sort_name: Mapped[str]
    #: Who pays, in the words of the organisation.
    funder: Mapped[str] = mapped_column(default="")
    #: What it may be used for; neither: anything.
    course_id: Mapped[int | None] = mapped_column(BigId)
    curriculum_id: Mapped[int | None] = mapped_column(BigId)
    #: From and to which day people may be enrolled with it; without the second, there is no end.
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    #: What one person takes: 1 place, or so many cents.
    price: Mapped[int] = mapped_column(BigInteger, default=1)
    #: Since when nothing of it may be given, moved or taken.
    frozen_at: Mapped[datetime | None] = mapped_column(Instant)
    #: The pool of the period before.
    renews_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)

    @property
    def is_budget(self) -> bool:
        """Whether it counts cents of credit, and not places."""
        return self.unit is Unit.CREDIT_CENTS

    @validates("name")
    def _sort_by(self, _column: str, name: str) -> str:
        """Whatever it is called, it is sorted so."""
        self.sort_name = sort_key(name)
        return name


class Place(Owned, Model):
    """What a member of a cohort takes of a pool: kept free for them at first, used once they have begun."""

    __tablename__ = "cohort_place"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "member_id"),
        link("member_id", "cohort_member"),
        link("pool_id", "place_pool"),
        link("organisation_id", "organisation"),
        Index("ix_cohort_place_part", "tenant_id", "pool_id", "organisation_id"),
        Index("ix_cohort_place_tenant_id_organisation_id", "tenant_id", "organisation_id"),
    )

    member_id: Mapped[int] = mapped_column(BigId)
    pool_id: Mapped[int] = mapped_column(BigId)
    #: Out of whose part it is taken.
    organisation_id: Mapped[int] = mapped_column(BigId)
    #: In the pool's unit.
    amount: Mapped[int] = mapped_column(BigInteger)
    taken_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: When they began: from then on it is spent.
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class PoolShare(Owned, Model):
    """A pool shown to whoever funds it: a person of this tenant with the role partner, who reads it and changes nothing."""

    __tablename__ = "place_pool_share"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "pool_id", "person_id"),
        link("pool_id", "place_pool"),
        link("person_id", "person"),
        Index("ix_place_pool_share_tenant_id_person_id", "tenant_id", "person_id"),
    )

    pool_id: Mapped[int] = mapped_column(BigId)
    person_id: Mapped[int] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
