"""Courses, their modules and activities, and the files beside them."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import BigId, Model, Owned, link, owned, words


class CourseState(enum.StrEnum):
    """Whether people may be put on a course."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Course(Owned, Model):
    """Something to learn, in steps."""

    __tablename__ = "course"
    __table_args__ = owned(
        link("organisation_id", "organisation"),
        Index("ix_course_tenant_id_organisation_id", "tenant_id", "organisation_id"),
    )

    organisation_id: Mapped[int] = mapped_column(BigId)
    #: Unique in the installation; addresses and commands know courses by it.
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(default="")
    #: Presentation, Markdown.
    presentation: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="fr")
    #: Estimated mean duration, the figure that certificates print.
    minutes: Mapped[int] = mapped_column(default=0)
    #: ``{"objectives": [...], "audience": str, "prerequisites": str, "family": str, "themes": [...]}``.
    sheet: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[CourseState] = mapped_column(words(CourseState), default=CourseState.DRAFT)
    #: How many mandatory activities it has now: the total of every progress bar.
    steps: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    updated_at: Mapped[datetime] = mapped_column(Instant, default=now)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    #: When somebody should look whether it still holds.
    best_before: Mapped[date | None]


class Module(Owned, Model):
    """A part of a course; a folder of texts has one, or one a sub-folder."""

    __tablename__ = "course_module"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "course_id", "key"), link("course_id", "course", ondelete="CASCADE")
    )

    course_id: Mapped[int] = mapped_column(BigId)
    #: Its folder: what an import recognises it by.
    key: Mapped[str]
    title: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)


class Activity(Owned, Model):
    """One step: a page to read, a quiz. ``content`` belongs to its kind."""

    __tablename__ = "activity"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "course_id", "key"),
        link("course_id", "course", ondelete="CASCADE"),
        link("module_id", "course_module", ondelete="CASCADE"),
        Index("ix_activity_tenant_id_module_id", "tenant_id", "module_id"),
    )

    course_id: Mapped[int] = mapped_column(BigId)
    module_id: Mapped[int] = mapped_column(BigId)
    #: Its file's path without the ending: what an import recognises it by, so that progress is kept.
    key: Mapped[str]
    #: Name of the activity kind: ``page``, ``quiz``.
    kind: Mapped[str]
    title: Mapped[str]
    minutes: Mapped[int] = mapped_column(default=0)
    #: Order in the whole course, from 1.
    position: Mapped[int]
    is_mandatory: Mapped[bool] = mapped_column(default=True)
    #: What the kind needs to show it: ``{"markdown": ..., "simple": ...}``, ``{"questions": [...]}``.
    content: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: Gone from the last import; kept because somebody has a standing in it.
    removed_at: Mapped[datetime | None] = mapped_column(Instant)


class Media(Owned, Model):
    """A file beside the texts of a course: a picture, a document."""

    __tablename__ = "course_media"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "course_id", "name"), link("course_id", "course", ondelete="CASCADE")
    )

    course_id: Mapped[int] = mapped_column(BigId)
    #: Path beside the texts, as they write it: ``images/boite.svg``.
    name: Mapped[str]
    #: Where the storage keeps it.
    file_key: Mapped[str]
    media_type: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
