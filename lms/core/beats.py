"""Signs of life of the workers, so that ``/readyz`` and the doctor know whether work is done."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, mapped_column

from lms.core import db
from lms.core.clock import Instant, now
from lms.core.db import Mode, Model, session

RELAY = "relay@"  #: how the relay's name begins: it lives, but does no job
EVERY = 10.0  #: seconds between two signs
SILENCE = timedelta(seconds=45)  #: after which a worker is taken for dead


class Beat(Model):
    """One worker and its last sign of life."""

    __tablename__ = "worker_beat"

    #: Host and process.
    worker: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)


def beat(worker: str) -> None:
    """Write that ``worker`` lives, and forget those who have long been silent."""
    with db.transaction(Mode.WRITE):
        session.execute(db.as_written(Beat, {"worker": worker, "at": now()}, ["worker"]))
        session.execute(delete(Beat).where(Beat.at < now() - 10 * SILENCE))


def is_relay_there() -> bool:
    """Whether a relay gave a sign of life lately."""
    recent = Beat.worker.startswith(RELAY, autoescape=True), Beat.at > now() - SILENCE
    return session.scalar(select(Beat.worker).where(*recent).limit(1)) is not None


def is_anyone_working(with_relay: bool = False) -> bool:
    """Whether some worker gave a sign of life lately; and a relay too, where jobs come by a broker."""
    is_relay = Beat.worker.startswith(RELAY, autoescape=True)
    lately = select(is_relay).where(Beat.at > now() - SILENCE).distinct()
    living = set(session.scalars(lately))
    return living >= ({False, True} if with_relay else {False})
