"""Who asks for a report, of what, as of when: plain values, so that a worker answers as the page would."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from config import settings
from lms.enrolment.models import Level
from lms.organisations.actor import Actor
from lms.organisations.models import Role

#: From the most open to the most closed.
LEVELS = (Level.NOMINATIVE, Level.PSEUDONYMOUS, Level.AGGREGATE)


def stricter(one: Level, other: Level) -> Level:
    """The one of two levels that shows less of people."""
    return max(one, other, key=LEVELS.index)


@lru_cache(maxsize=16)
def _level(shared: str, asked: Level) -> Level:
    return stricter(Level(shared), asked)


@dataclass(frozen=True, slots=True)
class Asker:
    """Whoever asks, with one organisation in hand. ``person_id`` is 0 for a command of the house itself."""

    tenant_id: int
    person_id: int
    name: str
    organisation_id: int
    organisation: str
    #: Watches the organisation in hand and all below it.
    is_watcher: bool
    #: Sees what was shared with this very person.
    is_partner: bool
    zone: str = "Europe/Paris"
    language: str = "fr"

    @property
    def by_shares(self) -> bool:
        """Whether only shared cohorts are in sight, each at its own level."""
        return not self.is_watcher


def asker_of(actor: Actor) -> Asker:
    """The one who is signed in."""
    return Asker(
        tenant_id=actor.tenant_id,
        person_id=actor.person_id,
        name=actor.name,
        organisation_id=actor.organisation_id,
        organisation=actor.organisation_name,
        is_watcher=actor.sees_branch,
        is_partner=actor.is_any(Role.PARTNER),
        zone=actor.zone,
        language=actor.language,
    )


@dataclass(frozen=True)
class Scope:
    """What a report is about. ``as_of``: None for this moment, else the end of that day by the asker's clock."""

    asker: Asker
    asked_at: datetime
    level: Level = Level.NOMINATIVE
    as_of: date | None = None
    cohort_id: int | None = None
    cohort: str = ""

    @cached_property
    def zone(self) -> ZoneInfo:
        """The asker's zone, in which days are counted."""
        return ZoneInfo(self.asker.zone)

    @cached_property
    def is_past(self) -> bool:
        """Whether the figures have to be counted again as they were."""
        return self.as_of is not None and self.as_of < self.asked_at.astimezone(self.zone).date()

    @cached_property
    def until(self) -> datetime:
        """The instant after which nothing has happened yet, for this report."""
        if self.as_of is None or not self.is_past:
            return self.asked_at
        return datetime.combine(self.as_of + timedelta(days=1), time(), self.zone)

    @cached_property
    def today(self) -> date:
        """The day of the report."""
        if self.as_of is not None and self.is_past:
            return self.as_of
        return self.asked_at.astimezone(self.zone).date()

    def level_of(self, shared: str) -> Level:
        """At what level a cohort is shown: as shared, or less if less was asked for."""
        return _level(shared, self.level)

    def pseudonym(self, of: str, number: int) -> str:
        """A name that stays the same for this asker, and means nothing to another: ``P-7K3M9QX2``.

        Two partners cannot join their files by it, and nobody finds the person without the installation's key.
        """
        key = f"kokoroe/pseudonym/{settings.current().secret_key}".encode()
        said = f"{self.asker.tenant_id}/{self.asker.person_id}/{of}/{number}".encode()
        digest = hmac.new(key, said, hashlib.sha256).digest()
        return f"{of}-{base64.b32encode(digest)[:10].decode()}"
