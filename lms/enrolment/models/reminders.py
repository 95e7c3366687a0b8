"""Reminders that were written: each once for a course of somebody and its last day."""

from datetime import date

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.db import BigId, Model, Owned, link, owned

SOON = 0  #: number of the reminder before the last day; those after it count from 1


class Reminder(Owned, Model):
    """One course of somebody in one of their mails. The key holds it back from a second one, whoever asks at once."""

    __tablename__ = "enrolment_reminder"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "enrolment_id", "due_on", "number"),
        link("enrolment_id", "enrolment", ondelete="CASCADE"),
        link("person_id", "person"),
        Index("ix_enrolment_reminder_tenant_id_person_id", "tenant_id", "person_id", "sent_on"),
    )

    enrolment_id: Mapped[int] = mapped_column(BigId)
    person_id: Mapped[int] = mapped_column(BigId)
    #: The last day that it was about: another one is another reminder.
    due_on: Mapped[date]
    #: 0: before the last day; 1 to 3: after it.
    number: Mapped[int]
    #: By the clock of the organisation.
    sent_on: Mapped[date]
    #: The mail that holds it: its key in the outbox.
    mail_key: Mapped[str]
