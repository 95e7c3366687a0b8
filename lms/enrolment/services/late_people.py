"""The copy of whoever follows learners: all of them who are late, in one mail a week or a day."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import String, and_, cast, exists, func, literal, select
from sqlalchemy.orm import aliased

from config import settings
from lms.core import post
from lms.core.clock import now
from lms.core.db import AnyRow, AnySelect, session
from lms.core.post import Mail
from lms.enrolment.models import Enrolment
from lms.enrolment.queries.attempts import is_latest
from lms.enrolment.services.reminders import hold_back_others, is_reached
from lms.notifications.queries import Place, has_stopped, places, texts
from lms.notifications.topics import DIGESTS
from lms.organisations.models import Membership, Role
from lms.people.models import Person

NAME = "enrolment.late_people"
FOLLOWERS = 200  #: written to in one transaction
SHOWN = 50  #: people that one mail names
_follower = aliased(Person)


def waits_for(tenant_id: int) -> bool:
    """Whether anybody of this tenant is to be told now. Reads only."""
    asked = _groups(places(tenant_id), now())
    return any(
        session.execute(_late(tenant_id, today, ids).limit(1)).first() is not None
        for today, ids in asked.items()
    )


def tell(tenant_id: int) -> int:
    """Write to at most ``FOLLOWERS`` of this tenant who follow somebody late; how many. A constant number of statements."""
    hold_back_others(tenant_id)
    known = places(tenant_id)
    written = 0
    for today, ids in _groups(known, now()).items():
        rows = _rows(tenant_id, today, ids, FOLLOWERS - written)
        if rows:
            written += _write(tenant_id, today, rows, known)
        if written >= FOLLOWERS:
            break
    return written


def _groups(known: dict[int, Place], at: datetime) -> dict[date, list[int]]:
    """Organisations in whose hours we are and whose day it is, by their date."""
    found: dict[date, list[int]] = defaultdict(list)
    for place in known.values():
        if place.rules.is_open(at, place.zone) and place.rules.copies_on(at, place.zone):
            found[at.astimezone(ZoneInfo(place.zone)).date()].append(place.id)
    return found


def _late(tenant_id: int, today: date, organisation_ids: Sequence[int]) -> AnySelect:
    """Each who is followed in these organisations and has something past its last day, by follower."""
    told = exists().where(Mail.key == _key_of(_follower.id, today))
    return (
        select(
            Membership.follower_id, Membership.person_id, func.count(Enrolment.id.distinct()).label("courses"),
            func.min(Enrolment.due_on).label("since"), func.min(Membership.organisation_id).label("place"),
        )
        .join(_follower, and_(_follower.tenant_id == Membership.tenant_id, _follower.id == Membership.follower_id))
        .join(
            Enrolment,
            and_(Enrolment.tenant_id == Membership.tenant_id, Enrolment.person_id == Membership.person_id),
        )
        .where(
            Membership.tenant_id == tenant_id, Membership.role == Role.LEARNER,
            Membership.organisation_id.in_(organisation_ids), *is_reached(_follower), ~told,
            ~has_stopped(DIGESTS, Membership.tenant_id, _follower.id),
            Enrolment.due_on < today, Enrolment.completed_at.is_(None), Enrolment.withdrawn_at.is_(None),
            Enrolment.suspended_at.is_(None),
            is_latest(),
        )
        .group_by(Membership.follower_id, Membership.person_id)
    )  # fmt: skip


def _rows(tenant_id: int, today: date, organisation_ids: Sequence[int], most: int) -> Sequence[AnyRow]:
    """Those who are late of the next followers, the longest first: what their mails say. One pass over all of them."""
    late = _late(tenant_id, today, organisation_ids).subquery()
    follower, longest = late.c.follower_id, (late.c.since, late.c.person_id)
    ranked = select(
        *late.c,
        func.dense_rank().over(order_by=follower).label("turn"),
        func.row_number().over(partition_by=follower, order_by=longest).label("nth"),
        func.count().over(partition_by=follower).label("number"),
    ).subquery()
    found = (
        select(
            *ranked.c, Person.first_name, Person.last_name, _follower.first_name.label("to"), _follower.email,
            _follower.language,
        )
        .join(Person, and_(Person.tenant_id == tenant_id, Person.id == ranked.c.person_id))
        .join(_follower, and_(_follower.tenant_id == tenant_id, _follower.id == ranked.c.follower_id))
        .where(ranked.c.turn <= most, ranked.c.nth <= SHOWN)
        .order_by(ranked.c.follower_id, ranked.c.nth)
    )  # fmt: skip
    return session.execute(found).all()


def _write(tenant_id: int, today: date, rows: Sequence[AnyRow], known: dict[int, Place]) -> int:
    theirs: dict[int, list[AnyRow]] = defaultdict(list)
    for row in rows:
        theirs[row.follower_id].append(row)
    own = texts(tenant_id, [NAME])
    mails = []
    for follower_id, people in theirs.items():
        first, place = people[0], known[people[0].place]
        details: dict[str, Any] = {
            "first_name": first.to, "organisation": place.name, "number": first.number,
            "address": settings.current().base_url,
            "people": [[f"{row.first_name} {row.last_name}", row.courses, str(row.since)] for row in people],
        }  # fmt: skip
        if words := own.words(place.line, NAME, first.language):
            details["wording"] = words
        mails.append({
            "address": first.email, "details": details, "key": f"late/{follower_id}/{today.isoformat()}",
            "person_id": follower_id, "language": first.language, "zone": place.zone,
        })  # fmt: skip
    post.send_many(NAME, mails, tenant_id=tenant_id, about=DIGESTS)
    return len(theirs)


def _key_of(follower_id: Any, today: date) -> Any:
    return literal("late/").concat(cast(follower_id, String)).concat(literal(f"/{today.isoformat()}"))
