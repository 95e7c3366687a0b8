"""What decides who is in a cohort: its rule, the conditions of it, and whom people took elsewhere."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import BigId, Model, Owned, link, owned, words


class Joins(enum.StrEnum):
    """How many of the conditions somebody must meet."""

    ALL = "all"
    ANY = "any"


class Rule(Owned, Model):
    """Who enters a cohort by itself, and leaves it again. At most one a cohort."""

    __tablename__ = "cohort_rule"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "cohort_id"),
        link("cohort_id", "cohort", ondelete="CASCADE"),
        link("owner_id", "person"),
        link("organisation_id", "organisation"),
        Index("ix_cohort_rule_tenant_id_owner_id", "tenant_id", "owner_id"),
        Index("ix_cohort_rule_tenant_id_organisation_id", "tenant_id", "organisation_id"),
    )

    cohort_id: Mapped[int] = mapped_column(BigId)
    joins: Mapped[Joins] = mapped_column(words(Joins), default=Joins.ALL)
    #: Whether those whom it brought leave once they match no more; and those of them who have begun, too.
    removes: Mapped[bool] = mapped_column(default=False)
    removes_begun: Mapped[bool] = mapped_column(default=False)
    #: Whoever switched it on: it sees whom they see, as long as they may enrol; None: nobody yet.
    owner_id: Mapped[int | None] = mapped_column(BigId)
    #: The organisation that they had in hand: it looks there and below.
    organisation_id: Mapped[int | None] = mapped_column(BigId)
    #: Since when it works; None: it is off.
    on_since: Mapped[datetime | None] = mapped_column(Instant)
    #: When it last worked, and how many entered and left then.
    ran_at: Mapped[datetime | None] = mapped_column(Instant)
    entered: Mapped[int] = mapped_column(default=0)
    left: Mapped[int] = mapped_column(default=0)
    #: Why it last changed nothing, in its owner's language; empty: it did its work.
    refusal: Mapped[str] = mapped_column(default="")
    #: When a run of it was taken back: it is off since; None: it was not, or somebody switched it on again.
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)


class RuleCondition(Owned, Model):
    """One condition of a rule: a kind, and what it was told. What it names is a link, so that mergers find it."""

    __tablename__ = "cohort_rule_condition"
    __table_args__ = owned(
        link("rule_id", "cohort_rule", ondelete="CASCADE"),
        link("organisation_id", "organisation"),
        link("person_id", "person"),
        link("course_id", "course"),
        link("cohort_id", "cohort"),
        Index("ix_cohort_rule_condition_tenant_id_rule_id", "tenant_id", "rule_id", "id"),
        Index("ix_cohort_rule_condition_tenant_id_organisation_id", "tenant_id", "organisation_id"),
        Index("ix_cohort_rule_condition_tenant_id_person_id", "tenant_id", "person_id"),
        Index("ix_cohort_rule_condition_tenant_id_course_id", "tenant_id", "course_id"),
        Index("ix_cohort_rule_condition_tenant_id_cohort_id", "tenant_id", "cohort_id"),
    )

    rule_id: Mapped[int] = mapped_column(BigId)
    #: Name of a ``Condition``.
    kind: Mapped[str]
    #: Whether it is met by those whom it does not describe.
    is_not: Mapped[bool] = mapped_column(default=False)
    #: What its form said, as plain values.
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    organisation_id: Mapped[int | None] = mapped_column(BigId)
    person_id: Mapped[int | None] = mapped_column(BigId)
    course_id: Mapped[int | None] = mapped_column(BigId)
    cohort_id: Mapped[int | None] = mapped_column(BigId)


class MovedOut(Owned, Model):
    """Somebody whom people moved from this cohort to another one: its rule does not bring them back."""

    __tablename__ = "cohort_moved_out"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "cohort_id", "person_id"),
        link("cohort_id", "cohort", ondelete="CASCADE"),
        link("person_id", "person"),
        Index("ix_cohort_moved_out_tenant_id_person_id", "tenant_id", "person_id"),
        Index("ix_cohort_moved_out_tenant_id_batch_id", "tenant_id", "batch_id"),
    )

    cohort_id: Mapped[int] = mapped_column(BigId)
    person_id: Mapped[int] = mapped_column(BigId)
    #: The receipt of the move, with which this is taken back. No foreign key: it is only compared.
    batch_id: Mapped[int] = mapped_column(BigId)
    at: Mapped[datetime] = mapped_column(Instant, default=now)
