"""Rules of organisations, from themselves and from above; and what people switched off."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, select

from lms.core import walls
from lms.core.db import session
from lms.core.post import stop_meant
from lms.notifications.models import MessageRules, OptOut
from lms.notifications.rules import Rules, merged
from lms.notifications.topics import BY_NAME, Topic
from lms.organisations.models import Branch, Membership, Organisation


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation as messages know it: what it is called, its clock, whom people call, and the rules that hold there."""

    id: int
    name: str
    zone: str
    help_phone: str
    help_hours: str
    address: str
    rules: Rules
    #: Itself, then those above it, the nearest first.
    line: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Preferences:
    """What somebody may switch off, and what they did."""

    topics: tuple[Topic, ...]
    stopped: frozenset[str]


def places(tenant_id: int) -> dict[int, Place]:
    """Every organisation of a tenant that is at work, by number. Two statements."""
    columns = (
        *(Organisation.id, Organisation.parent_id, Organisation.name, Organisation.zone, Organisation.archived_at),
        *(Organisation.help_phone, Organisation.help_hours, Organisation.address),
    )  # fmt: skip
    found = session.execute(select(*columns).where(Organisation.tenant_id == tenant_id)).all()
    chosen = select(MessageRules).where(MessageRules.tenant_id == tenant_id)
    own = {row.organisation_id: row for row in session.scalars(chosen)}
    above = {row.id: row.parent_id for row in found}
    made = {}
    for row in found:
        if row.archived_at is None:
            line = _line(row.id, above)
            rules = merged([own[one] for one in line if one in own])
            said = row.name, row.zone, row.help_phone, row.help_hours, row.address
            made[row.id] = Place(row.id, *said, rules, line)
    return made


def rules_of(organisation: Organisation) -> Rules:
    """The rules that hold in this organisation."""
    return _merged(organisation.tenant_id, line_of(organisation))


def rules_above(organisation: Organisation) -> Rules:
    """Those that would hold there if it chose nothing itself."""
    return _merged(organisation.tenant_id, line_of(organisation)[1:])


def line_of(organisation: Organisation) -> list[int]:
    """The organisation and those above it, the nearest first."""
    higher = select(Branch.above_id).where(
        Branch.tenant_id == organisation.tenant_id, Branch.below_id == organisation.id
    )
    found = select(Organisation.id, Organisation.parent_id).where(
        Organisation.tenant_id == organisation.tenant_id, Organisation.id.in_(higher)
    )
    return list(_line(organisation.id, {row.id: row.parent_id for row in session.execute(found)}))


def own_rules(organisation: Organisation) -> MessageRules | None:
    """What this very organisation chose."""
    own = MessageRules.tenant_id == organisation.tenant_id, MessageRules.organisation_id == organisation.id
    return session.scalars(select(MessageRules).where(*own)).one_or_none()


def has_stopped(topic: str, tenant_id: Any, person_id: Any) -> ColumnElement[bool]:
    """Whether the person of another statement's row switched this off."""
    return exists().where(OptOut.tenant_id == tenant_id, OptOut.topic == topic, OptOut.person_id == person_id)


def preferences(tenant_id: int, person_id: int) -> Preferences:
    """What this person may switch off: topics of those who follow others only for them."""
    mine = OptOut.tenant_id == tenant_id, OptOut.person_id == person_id
    stopped = frozenset(session.scalars(select(OptOut.topic).where(*mine)))
    follows = Membership.tenant_id == tenant_id, Membership.follower_id == person_id
    is_follower = session.scalar(select(Membership.id).where(*follows).limit(1)) is not None
    shown = tuple(
        topic for topic in BY_NAME.values() if not topic.is_for_staff or is_follower or topic.name in stopped
    )
    return Preferences(shown, stopped)


def stop_asked(_actor: object, token: str) -> tuple[int, int, Topic] | None:
    """Tenant, person and topic of a link in a mail; None: it is not one of ours. From here on, we are among that tenant's rows."""
    meant = stop_meant(token)
    if meant is None or meant[2] not in BY_NAME:
        return None
    tenant_id, person_id, topic = meant
    walls.enter(tenant_id)
    return tenant_id, person_id, BY_NAME[topic]


def _merged(tenant_id: int, line: list[int]) -> Rules:
    chosen = select(MessageRules).where(
        MessageRules.tenant_id == tenant_id, MessageRules.organisation_id.in_(line)
    )
    own = {row.organisation_id: row for row in session.scalars(chosen)}
    return merged([own[one] for one in line if one in own])


def _line(organisation_id: int, above: dict[int, int | None]) -> tuple[int, ...]:
    """Itself, then those above it. The tree has no circles; should it get one, this ends."""
    line: list[int] = []
    at: int | None = organisation_id
    while at is not None and at not in line:
        line.append(at)
        at = above.get(at)
    return tuple(line)
