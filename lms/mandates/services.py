"""A mandate is drawn up, signed, used, and ended."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import delete, func, select, update

from config import settings
from lms.core import journal, post, retention
from lms.core.behalf import Scope
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.mandates.models import Mandate
from lms.mandates.queries import MandateRow
from lms.mandates.words import DURATIONS, FORM
from lms.organisations.actor import Actor
from lms.people.models import Person

MOST_OPEN = 5  #: mandates of one holder that wait for a signature of the same learner


class TooManyDrawnUp(Refused):
    """Forms of the same person wait for a signature first."""


def draw_up(actor: Actor, person: Person, scopes: Collection[Scope], days: int) -> Mandate:
    """A mandate to be signed: it holds nothing yet. Raises ``TooManyDrawnUp``."""
    if days not in DURATIONS or not scopes:
        raise ValueError("the form offers these durations, and asks for a purpose")
    waiting = (
        Mandate.tenant_id == actor.tenant_id, Mandate.person_id == person.id, Mandate.holder_id == actor.person_id,
        Mandate.signed_at.is_(None), Mandate.ended_at.is_(None),
    )  # fmt: skip
    if (session.scalar(select(func.count()).select_from(Mandate).where(*waiting)) or 0) >= MOST_OPEN:
        raise TooManyDrawnUp(
            _("Five forms for this person wait for a signature already."),
            _("Have one of them signed, or give it back."),
        )
    made = Mandate(
        tenant_id=actor.tenant_id, person_id=person.id, holder_id=actor.person_id,
        scopes=sorted(one.value for one in scopes), days=days, form=FORM,
    )  # fmt: skip
    session.add(made)
    session.flush()  # its number, for the journal
    journal.note(
        "mandate-made", actor, person=person.id, mandate=made.id, scopes=made.scopes, days=days, form=FORM
    )
    return made


def sign(row: MandateRow, actor: Actor, *, is_agreed_online: bool = False) -> None:
    """The learner signed, on paper or on their page: from now on it holds. They are told, where a mail reaches them."""
    mandate, at = row.mandate, now()
    mandate.signed_at, mandate.ends_at = at, at + timedelta(days=mandate.days)
    mandate.is_agreed_online = is_agreed_online
    journal.note("mandate-signed", actor, person=row.person.id, mandate=mandate.id, online=is_agreed_online)
    if row.person.email:
        post.send(
            "mandates.signed", row.person.email,
            {"url": f"{settings.current().base_url}/my-data/mandates", "days": mandate.days},
            key=f"mandate/{mandate.id}/signed", language=row.person.language, tenant_id=mandate.tenant_id,
            person_id=row.person.id,
        )  # fmt: skip


def end(row: MandateRow, actor: Actor) -> None:
    """It is withdrawn by the learner, or given back: whoever acts under it is stopped at the next request."""
    row.mandate.ended_at, row.mandate.ended_by_id = now(), actor.person_id
    verb = "mandate-withdrawn" if actor.person_id == row.mandate.person_id else "mandate-ended"
    journal.note(verb, actor, person=row.person.id, mandate=row.mandate.id)


def end_all_of(tenant_id: int, person_ids: Collection[int]) -> int:
    """End what these people gave or hold: they are erased. How many there were."""
    theirs = (
        Mandate.tenant_id == tenant_id,
        Mandate.person_id.in_(person_ids) | Mandate.holder_id.in_(person_ids),
        Mandate.ended_at.is_(None),
    )
    ended = update(Mandate).where(*theirs).values(ended_at=now()).returning(Mandate.id)
    return len(session.execute(ended.execution_options(synchronize_session=False)).all())


def forget_old(tenant_id: int) -> int:
    """Delete mandates that were over, or never signed, too long ago; how many there were. The journal says so."""
    before = retention.before("mandate", tenant_id)
    is_over = func.coalesce(Mandate.ended_at, Mandate.ends_at, Mandate.made_at) < before
    old = Mandate.tenant_id == tenant_id, Mandate.made_at < before, is_over
    gone = delete(Mandate).where(*old).returning(Mandate.id)
    count = len(session.execute(gone.execution_options(synchronize_session=False)).all())
    retention.prove("mandate", count, tenant_id)
    return count
