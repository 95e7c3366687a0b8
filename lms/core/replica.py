"""A copy of the database that answers lists and reports, as long as it is there and near enough to the original."""

import logging
import threading
import time

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger("lms.replica")

LIMIT = 5.0  #: seconds that a copy may be behind and still answer lists
FRESH = 10.0  #: seconds after a write of one's own in which one reads the original: more than ``LIMIT`` and a look's age
_LOOK_EVERY = 1.0  #: seconds that what was seen of the copy holds good
_LEAVE_FOR = 15.0  #: seconds after which a copy that was away is looked at again
_WAIT = 5.0  #: seconds that a report waits for the copy to have everything

#: Seconds behind. A copy that is no standby of PostgreSQL does not know, and is trusted. One that has replayed all it got
#: is up to date only while it is still being sent something.
_BEHIND = text(
    "select case when not pg_is_in_recovery() then 0"
    " when exists (select from pg_stat_wal_receiver) and pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0"
    " else coalesce(extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()), 1e9) end"
)
_WHERE = text("select pg_current_wal_insert_lsn()")
_HAS = text("select not pg_is_in_recovery() or pg_last_wal_replay_lsn() >= cast(:lsn as pg_lsn)")


def seconds_behind(engine: Engine) -> float:
    """How old what the copy shows may be."""
    with engine.connect() as connection:
        return float(connection.scalar(_BEHIND) or 0)


class Replica:
    """The copy behind ``engine``. Whoever may not use it reads the original, ``main``."""

    def __init__(self, engine: Engine, main: Engine) -> None:
        self.engine, self.main = engine, main
        self._is_near, self._is_told = False, False
        self._until = 0.0
        self._looking = threading.Lock()

    def is_near(self) -> bool:
        """Whether it is there and at most ``LIMIT`` behind, as seen a moment ago; while one looks, nobody waits."""
        if time.monotonic() >= self._until and self._looking.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._looking.release()
        return self._is_near

    def has_everything(self) -> bool:
        """Whether it has all that is committed by now; waits a little for it."""
        try:
            with self.main.connect() as connection:
                lsn = connection.scalar(_WHERE)
            end = time.monotonic() + _WAIT
            with self.engine.connect() as connection:
                while not connection.scalar(_HAS, {"lsn": lsn}):
                    if time.monotonic() > end:
                        self._tell("is behind")
                        return False
                    time.sleep(0.05)
        except SQLAlchemyError as error:  # whatever is wrong with the copy, the original is there
            self.leave(error)
            return False
        return True

    def leave(self, error: Exception) -> None:
        """It did not answer: the original answers for it, for a while."""
        self._is_near, self._until = False, time.monotonic() + _LEAVE_FOR
        self._tell(str(getattr(error, "orig", error)).strip().partition("\n")[0])

    def _look(self) -> None:
        try:
            behind = seconds_behind(self.engine)
        except SQLAlchemyError as error:
            self.leave(error)
            return
        self._is_near, self._until = behind <= LIMIT, time.monotonic() + _LOOK_EVERY
        if not self._is_near:
            self._tell(f"{behind:.0f} s behind")
        elif self._is_told:
            log.warning("the replica answers again")
            self._is_told = False

    def _tell(self, why: str) -> None:
        if not self._is_told:
            log.warning("the replica is not used, the main database answers for it: %s", why)
        self._is_told = True
