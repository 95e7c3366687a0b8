"""A mail server on the loopback, a fixed clock, and people of several kinds to write to."""

import email
import email.policy
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, update

from lms.core import db
from lms.core.courier import Courier
from lms.core.db import Mode, session
from lms.core.post import Mail
from lms.courses.models import Course
from lms.enrolment.models import Cohort, Enrolment, Member
from lms.organisations.models import Membership, Role
from lms.people.models import Person, sorted_as
from tests.support import worlds
from tests.support.worlds import Corner

TUESDAY = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)  #: 11 o'clock in Paris
SUNDAY = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
_CLOCKS = ("reminders", "late_people", "convocations")


def at(moment: datetime, patch: pytest.MonkeyPatch) -> None:
    """It is this moment for whatever writes to people."""
    for room in _CLOCKS:
        patch.setattr(f"lms.enrolment.services.{room}.now", lambda: moment)


class Box:
    """Keeps what it receives, as mails."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        found = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        self.mails.append(found)
        return f"250 taken as {len(self.mails)}"

    def to(self, address: str) -> list[EmailMessage]:
        """The mails that came for this address."""
        return [mail for mail in self.mails if mail["To"] == address]


def text_of(mail: EmailMessage) -> str:
    """The mail as its reader without HTML sees it, spaces folded."""
    part = mail.get_body(("plain",))
    assert part is not None
    return " ".join(str(part.get_content()).split())


@contextmanager
def mailbox(tmp_path: Path, **more: Any) -> Iterator[tuple[Box, Courier]]:
    """A real server, and the courier that brings mails there."""
    kept = Box()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(kept, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield kept, Courier(f"smtp://127.0.0.1:{port}", tmp_path, "http://ecole.example", **more)
    finally:
        server.stop()


def deliver(courier: Courier) -> None:
    """All that waits is due, and leaves."""
    with db.transaction(of_all=True):
        session.execute(
            update(Mail).where(Mail.state == "waiting").values(due_at=datetime(2020, 1, 1, tzinfo=UTC))
        )
    while courier.turn():
        pass


def mails(corner: Corner, kind: str = "") -> list[Mail]:
    """The rows of the outbox of a tenant, oldest first."""
    found = select(Mail).where(Mail.tenant_id == corner.tenant_id).order_by(Mail.id)
    with db.transaction(Mode.READ, corner.tenant_id):
        return list(session.scalars(found.where(Mail.kind == kind) if kind else found))


def member_ids(corner: Corner, cohort_id: int = 0) -> list[int]:
    """The members of a cohort of this tenant."""
    which = Member.tenant_id == corner.tenant_id, Member.cohort_id == (cohort_id or corner.cohort_id)
    with db.transaction(Mode.READ, corner.tenant_id):
        return list(session.scalars(select(Member.id).where(*which).order_by(Member.id)))


def due(corner: Corner, day: date | None) -> None:
    """The last day of every course of this tenant."""
    with db.transaction(tenant_id=corner.tenant_id):
        session.execute(update(Enrolment).where(Enrolment.tenant_id == corner.tenant_id).values(due_on=day))


def people(corner: Corner, number: int, name: str, due_on: date | None = None, **of_person: Any) -> int:
    """A cohort of so many people of the agency, all with an address and followed by its adviser: its number."""
    with db.transaction(tenant_id=corner.tenant_id):
        made = [
            Person(
                tenant_id=corner.tenant_id, first_name=f"P{n}", last_name=name, sort_name=sorted_as(f"P{n}", name),
                **{"email": f"p{n}.{name.lower()}@exemple.fr", **of_person},
            )
            for n in range(number)
        ]  # fmt: skip
        session.add_all(made)
        session.flush()
        session.add_all(
            Membership(
                tenant_id=corner.tenant_id, person_id=one.id, organisation_id=corner.agency_id, role=Role.LEARNER,
                follower_id=corner.adviser.person_id,
            )
            for one in made
        )  # fmt: skip
        course = session.get_one(Course, corner.course_id)
        who = [worlds.Someone(corner.tenant_id, corner.agency_id, one.id, 0, "", one.name) for one in made]
        cohort = worlds.cohort(corner.tenant_id, corner.agency_id, name, [course], who)
        session.execute(update(Enrolment).where(Enrolment.cohort_id == cohort.id).values(due_on=due_on))
        session.execute(update(Cohort).where(Cohort.id == cohort.id).values(due_on=due_on))
        return cohort.id
