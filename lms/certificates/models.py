"""Certificates (a tenant's) and the public register (nobody's)."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import BigId, Model, Owned, link, owned, words


class CertificateState(enum.StrEnum):
    """Whether a certificate holds."""

    VALID = "valid"
    REVOKED = "revoked"
    REPLACED = "replaced"


class Counter(Model):
    """The last number given in a tenant and year. Its row is the lock: no gap, no double, and nobody else waits."""

    __tablename__ = "certificate_counter"

    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(default=0)


class Certificate(Owned, Model):
    """What a person earned by completing a course, frozen as it was that day."""

    __tablename__ = "certificate"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "enrolment_id", "version"),
        UniqueConstraint("tenant_id", "number"),
        link("enrolment_id", "enrolment"),
        link("person_id", "person"),
        Index("ix_certificate_tenant_id_person_id", "tenant_id", "person_id"),
        Index("ix_certificate_pdf", "tenant_id", "pdf_key"),
    )

    enrolment_id: Mapped[int] = mapped_column(BigId)
    person_id: Mapped[int] = mapped_column(BigId)
    #: 1, then 2 where a corrected one replaces it.
    version: Mapped[int] = mapped_column(default=1)
    #: In sequence within the tenant and year: ``2026-000041``; never used again.
    number: Mapped[str]
    #: What the QR code leads to; unguessable.
    code: Mapped[str] = mapped_column(unique=True)
    issued_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: Names, course, dates, duration, organisation, signatory: all that the document prints.
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[CertificateState] = mapped_column(words(CertificateState), default=CertificateState.VALID)
    #: Since when it is revoked or replaced, and why it was revoked.
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(default="")
    #: Its person was erased: it waits out of sight, as evidence, and goes after this day.
    set_aside_until: Mapped[date | None]
    #: Where the storage keeps the PDF; None: not drawn yet.
    pdf_key: Mapped[str | None]
    pdf_sha256: Mapped[str | None]


class RegisterEntry(Model):
    """What anyone may know of a certificate: initials, title, dates. No tenant: the register is public by nature."""

    __tablename__ = "certificate_register"

    code: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str]
    initials: Mapped[str]
    title: Mapped[str]
    organisation: Mapped[str]
    #: Estimated mean duration, in minutes.
    minutes: Mapped[int]
    started_on: Mapped[date | None]
    completed_on: Mapped[date]
    issued_on: Mapped[date]
    state: Mapped[CertificateState] = mapped_column(words(CertificateState), default=CertificateState.VALID)
    #: Since when it is revoked or replaced.
    ended_on: Mapped[date | None]
    #: Of the one original PDF, hexadecimal; None: not drawn yet.
    pdf_sha256: Mapped[str | None] = mapped_column(index=True)
