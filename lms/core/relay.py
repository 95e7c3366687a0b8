"""Hands the numbers of due jobs to a broker, for workers on several machines; the table stays the truth.

A lost message, a message twice, a broker that is away: none of them matters, as a job is done by whoever
*claims* it. What nobody claimed is handed over again, and so is what lost its worker. Only the relay speaks to the
broker: a page that had to would wait for it.
"""

import logging
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import or_, select, union_all, update

from lms.core import db
from lms.core.clock import Later
from lms.core.db import Mode, session
from lms.core.jobs import Job

log = logging.getLogger("lms.relay")

WINDOW = 500  #: the oldest due jobs that are with the broker at a time: it keeps no long queue of its own
PATIENCE = 60.0  #: seconds after which a message that nobody acted on, in an empty queue, is taken for lost
LONG_PATIENCE = 900.0  #: the same while the queue still holds messages: it may be among them
PAUSE = 1.0  #: seconds before a broker that was away is tried again; doubles each time
LONGEST_PAUSE = 8.0


class BrokerAway(Exception):
    """The broker does not take messages now; the text says what it answered."""


class Broker(Protocol):
    """Whatever carries numbers to workers."""

    def send(self, job_ids: Sequence[int]) -> None:
        """Hand over these numbers. Raises ``BrokerAway``; then some of them may have left all the same."""

    def waiting(self) -> int:
        """How many messages no worker has fetched yet. Raises ``BrokerAway``."""


class Relay:
    """One of them is enough; two only send a few messages twice."""

    def __init__(self, broker: Broker, patience: float = PATIENCE) -> None:
        self.broker, self.patience = broker, patience
        self._pause, self._not_before = 0.0, 0.0
        self._knows_broker = (
            False  #: a broker that fell may have lost all that it held: it is handed over anew
        )

    def turn(self) -> bool:
        """Hand over what is due; says whether anything was. While the broker is away it is asked now and then."""
        if time.monotonic() < self._not_before:
            return False
        try:
            sent = self._sweep()
        except BrokerAway as error:
            self._knows_broker = False
            self._put_off(error)
            return False
        if self._pause:
            log.warning("the broker is back")
            self._pause = 0.0
        return sent > 0

    def _sweep(self) -> int:
        with db.transaction(Mode.READ, of_all=True):
            found = session.execute(_to_hand_over(self.patience if self._knows_broker else 0.0)).all()
        if not found:
            return 0
        at: datetime = found[0].at  # before any worker can have claimed one: what it does comes after
        wanted = [row.id for row in found if row.is_news]
        late = [row for row in found if not row.is_news]
        if late and self._knows_broker and self.broker.waiting():
            late = [row for row in late if (at - row.carried_at).total_seconds() > LONG_PATIENCE]
        wanted += [row.id for row in late]
        if wanted:
            self.broker.send(wanted)
            with db.transaction(Mode.WRITE, of_all=True):
                session.execute(update(Job).where(Job.id.in_(wanted)).values(carried_at=at))
            self._knows_broker = True
        return len(wanted)

    def _put_off(self, error: BrokerAway) -> None:
        if not self._pause:
            log.warning("the broker is away, jobs wait for it: %s", error)
        self._pause = min(self._pause * 2 or PAUSE, LONGEST_PAUSE)
        self._not_before = time.monotonic() + self._pause


def _to_hand_over(patience: float) -> Any:
    """The oldest due jobs that were not carried since they fell due, or so long ago that the message got lost.

    A job falls due by its time (``run_at``), or again when its worker's lease ran out.
    """
    due = union_all(
        _oldest(Job.run_at, Job.state == "waiting", Job.run_at <= Later()),
        _oldest(Job.lease_until, Job.state == "running", Job.lease_until < Later()),
    ).subquery()
    is_news = or_(due.c.carried_at.is_(None), due.c.carried_at <= due.c.since)
    is_late = due.c.carried_at < Later(-patience)
    columns = due.c.id, due.c.carried_at, is_news.label("is_news"), Later().label("at")
    return select(*columns).where(or_(is_news, is_late)).order_by(due.c.since, due.c.id)


def _oldest(since: Any, *conditions: Any) -> Any:
    found = select(Job.id, Job.carried_at, since.label("since")).where(*conditions)
    oldest = found.order_by(since, Job.id).limit(WINDOW).subquery()
    return select(oldest)
