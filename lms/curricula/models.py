"""Curricula and their steps."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import BigId, Model, Owned, link, owned


class Curriculum(Owned, Model):
    """An ordered list of courses."""

    __tablename__ = "curriculum"
    __table_args__ = owned(
        link("organisation_id", "organisation"),
        Index("ix_curriculum_tenant_id_organisation_id", "tenant_id", "organisation_id"),
    )

    organisation_id: Mapped[int] = mapped_column(BigId)
    #: Unique in the installation.
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)


class CurriculumStep(Owned, Model):
    """One course of a curriculum."""

    __tablename__ = "curriculum_step"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "curriculum_id", "course_id"),
        link("curriculum_id", "curriculum", ondelete="CASCADE"),
        link("course_id", "course"),
        Index("ix_curriculum_step_tenant_id_course_id", "tenant_id", "course_id"),
    )

    curriculum_id: Mapped[int] = mapped_column(BigId)
    course_id: Mapped[int] = mapped_column(BigId)
    #: From 1.
    position: Mapped[int]
