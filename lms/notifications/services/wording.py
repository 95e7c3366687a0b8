"""What an organisation chose about its messages, and its own words for them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete

from lms.core import db, journal
from lms.core.clock import now
from lms.core.db import session
from lms.notifications.models import MessageRules, Wording
from lms.notifications.queries import Draft
from lms.notifications.rules import NAMES
from lms.organisations.models import Organisation


@dataclass(frozen=True, slots=True)
class Text:
    """Own words: one line of subject, paragraphs, and a text for telephones where the message goes there."""

    subject: str
    body: str
    short: str = ""


def keep_rules(organisation: Organisation, said: dict[str, Any], by: Any) -> None:
    """What this organisation chooses; None: as above it."""
    own = {"tenant_id": organisation.tenant_id, "organisation_id": organisation.id}
    row = {**own, **{name: said.get(name) for name in NAMES}}
    session.execute(db.as_written(MessageRules, row, list(own)))
    journal.note("message-rules-changed", by, organisation=organisation.id)


def keep_words(draft: Draft, text: Text, by: Any) -> None:
    """These words from now on, here and below. What waits to leave keeps those of its time."""
    key = {
        "tenant_id": draft.organisation.tenant_id, "organisation_id": draft.organisation.id,
        "kind": draft.kind.name, "language": draft.language,
    }  # fmt: skip
    said = {"subject": text.subject, "body": text.body, "short": text.short}
    row = {**key, **said, "by_id": by.person_id, "changed_at": now()}
    session.execute(db.as_written(Wording, row, list(key)))
    _note("message-worded", draft, by)


def reset_words(draft: Draft, by: Any) -> None:
    """Own words no more: those from above hold again, or the house's."""
    own = (
        *(Wording.tenant_id == draft.organisation.tenant_id, Wording.organisation_id == draft.organisation.id),
        *(Wording.kind == draft.kind.name, Wording.language == draft.language),
    )  # fmt: skip
    session.execute(delete(Wording).where(*own).execution_options(synchronize_session=False))
    _note("message-reset", draft, by)


def _note(verb: str, draft: Draft, by: Any) -> None:
    where = draft.organisation.id
    journal.note(verb, by, organisation=where, message=draft.kind.name, language=draft.language)
