"""What people ask about their data: asked, answered, and put right by themselves where they may."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, update

from config import settings
from lms.core import journal, post, retention
from lms.core.clock import now, today
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.organisations.actor import Actor
from lms.people.models import Person
from lms.records import queries
from lms.records.models import DataRequest, RequestKind, RequestState

MOST_OPEN = 5  #: requests that one person may have waiting
LONGEST = 2_000  #: letters of a wish, or of an answer


class TooManyAsked(Refused):
    """One person's requests wait for an answer first."""

    status = 429


class NothingAsked(Refused):
    """A correction says what is wrong, and an answer says something."""


def month_after(day: date) -> date:
    """The same day of the next month, or its last day."""
    first = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


def ask(actor: Actor, kind: RequestKind, wish: str) -> DataRequest:
    """Use a right: it is to be answered within a month. Raises ``NothingAsked`` or ``TooManyAsked``."""
    wish = wish.strip()[:LONGEST]
    if kind is not RequestKind.ERASE and not wish:
        raise NothingAsked(_("Your request is empty."), _("Write what is wrong, and what is right."))
    if queries.open_requests_of(actor.tenant_id, actor.person_id) >= MOST_OPEN:
        raise TooManyAsked(
            _("Your earlier requests wait for an answer."), _("You are told as soon as there is one.")
        )
    made = DataRequest(
        tenant_id=actor.tenant_id, person_id=actor.person_id, kind=kind, wish=wish, due_on=month_after(today(actor.zone))
    )  # fmt: skip
    session.add(made)
    session.flush()  # its number, for the journal and for the mails
    journal.note("request-made", actor, person=actor.person_id, kind=kind.value, request=made.id)
    details = {
        "url": f"{settings.current().base_url}/records/requests/{made.id}",
    }
    for admin in queries.administrators(actor.tenant_id, actor.organisation_id):
        post.send(
            "records.request", admin.email or "", details, key=f"data-request/{made.id}/{admin.id}",
            language=admin.language, tenant_id=actor.tenant_id, person_id=admin.id,
        )  # fmt: skip
    return made


def answer(row: queries.RequestRow, actor: Actor, state: RequestState, words: str) -> None:
    """Answer a request, once or again; the person is told where a mail reaches them. Raises ``NothingAsked``."""
    words, request = words.strip()[:LONGEST], row.request
    if not words:
        raise NothingAsked(_("The answer is empty."), _("Write what was done, or why it was not."))
    request.state, request.answer = state, words
    request.answered_at, request.by_id = now(), actor.person_id
    journal.note("request-answered", actor, person=row.person.id, kind=request.kind.value, request=request.id)
    if row.person.email:
        post.send(
            "records.answered", row.person.email, {"url": f"{settings.current().base_url}/my-data/requests"},
            key=f"data-request/{request.id}/answer/{request.answered_at:%Y-%m-%dT%H:%M}",
            language=row.person.language, tenant_id=row.person.tenant_id, person_id=row.person.id,
        )  # fmt: skip


def forget_old(tenant_id: int) -> int:
    """Delete what was answered long ago; how many there were. The journal says so."""
    old = DataRequest.tenant_id == tenant_id, DataRequest.answered_at < retention.before("request", tenant_id)
    gone = delete(DataRequest).where(*old).returning(DataRequest.id)
    count = len(session.execute(gone.execution_options(synchronize_session=False)).all())
    retention.prove("request", count, tenant_id)
    return count


def correct_own(actor: Actor, **values: Any) -> list[str]:
    """Put one's own telephone and postcode right; what was changed. Names and identifiers are asked for."""
    person = queries.person_of(actor)
    changed = [name for name in ("phone", "postcode") if (getattr(person, name) or "") != values[name]]
    if changed:
        here = Person.tenant_id == person.tenant_id, Person.id == person.id
        session.execute(update(Person).where(*here).values({name: values[name] or None for name in changed}))
        journal.note("person-changed", actor, person=person.id, fields=changed)
    return changed
