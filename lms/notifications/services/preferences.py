"""What somebody does not want to be written any more, or wants again."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete

from lms.core import db, journal
from lms.core.db import session
from lms.notifications.models import OptOut
from lms.notifications.queries import Preferences


def choose(wanted: Collection[str], of: Preferences, by: Any) -> None:
    """Of the topics that this person was shown, those that they want: the others are switched off."""
    mine = OptOut.tenant_id == by.tenant_id, OptOut.person_id == by.person_id
    session.execute(delete(OptOut).where(*mine, OptOut.topic.in_(list(wanted))))
    for topic in of.topics:
        if topic.name not in wanted:
            _stop(by.tenant_id, by.person_id, topic.name)
    journal.note("messages-chosen", by, wanted=sorted(wanted))


def stop(tenant_id: int, person_id: int, topic: str) -> None:
    """Switch a topic off, from the link in a mail. The same again changes nothing."""
    _stop(tenant_id, person_id, topic)
    journal.note("messages-stopped", tenant_id=tenant_id, about=person_id, topic=topic)


def _stop(tenant_id: int, person_id: int, topic: str) -> None:
    row = {"tenant_id": tenant_id, "person_id": person_id, "topic": topic}
    session.execute(db.as_first_written(OptOut, row, ["tenant_id", "person_id", "topic"]))
