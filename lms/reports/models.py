"""Reports that were made."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import BigId, Model, Owned, link, owned


class ReportRun(Owned, Model):
    """A report that somebody asked for: with it the right to download is checked again each time."""

    __tablename__ = "report_run"
    __table_args__ = owned(
        link("person_id", "person"),
        link("organisation_id", "organisation"),
        Index("ix_report_run_tenant_id_person_id", "tenant_id", "person_id", "id"),
        Index("ix_report_run_tenant_id_organisation_id", "tenant_id", "organisation_id"),
    )

    person_id: Mapped[int] = mapped_column(BigId)
    organisation_id: Mapped[int] = mapped_column(BigId)
    #: Name of the report: ``progress``.
    report: Mapped[str]
    #: None: every cohort in sight.
    cohort_id: Mapped[int | None] = mapped_column(BigId)
    level: Mapped[str]
    as_of: Mapped[date | None]
    #: What a partner's file was made from: cohort -> level. Empty for staff, who see whole organisations.
    shares: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    job_id: Mapped[int | None] = mapped_column(BigId)
    #: None: not made yet; or made and gone, as somebody in it was erased.
    file_key: Mapped[str | None]
    file_name: Mapped[str] = mapped_column(default="")
    sha256: Mapped[str | None]
    rows: Mapped[int | None]
    asked_at: Mapped[datetime] = mapped_column(Instant, default=now)
    made_at: Mapped[datetime | None] = mapped_column(Instant)
