"""Celery, on RabbitMQ or Redis: carries the numbers of jobs to workers on any number of machines.

Imported only where ``LMS_QUEUE_URL`` is set: by the relay (``flask jobs relay``) and by the workers
(``celery -A config.workers worker``). A message is no more than "look at this job": whoever gets it claims the job, or
finds it taken and does nothing.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import billiard
from celery import Celery
from celery.exceptions import Reject
from celery.signals import worker_process_init, worker_shutting_down
from kombu.connection import Connection
from kombu.exceptions import OperationalError
from kombu.messaging import Producer

from config import processes
from lms.core import beats, db, jobs, worker
from lms.core.relay import BrokerAway

log = logging.getLogger("lms.carrier")

QUEUE = "kokoroe.jobs"
_LEAVE = signal.SIGUSR2  #: tells a child to hand its job back at the next step
_SECONDS = 5.0  #: the broker gets to answer; it answers in milliseconds or is away
_RETRY = 2.0  #: seconds before a message goes back to the broker because the database is away

celery = Celery("kokoroe")
celery.conf.update(
    task_default_queue=QUEUE,
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,  # a message is over when its job is: what dies before comes back at once
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,  # nobody hoards: the next free worker gets the next job
    worker_cancel_long_running_tasks_on_connection_loss=False,  # the job goes on, its lease is ours
    worker_enable_remote_control=False,  # nobody else gives our workers orders
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    broker_connection_timeout=_SECONDS,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # a broker that was away for a day is found again without a restart
)
_OPTIONS = {
    "amqp": {"confirm_publish": True},  # RabbitMQ says that it has the message
    "redis": {
        "visibility_timeout": 3600,  # beyond, an unfinished job is announced again, which does no harm
        "socket_timeout": _SECONDS,
        "socket_connect_timeout": _SECONDS,
        "socket_keepalive": True,
    },
}
_lease = jobs.LEASE
_at_work = threading.Lock()  #: held while this child does a job


def configure(url: str, lease: float = jobs.LEASE) -> None:
    """Use the broker at ``url``. ``lease``: seconds after which a silent worker is taken for dead."""
    global _lease  # one broker and one lease per process, like the database
    _lease = lease
    celery.conf.broker_url = url
    celery.conf.broker_transport_options = _OPTIONS["amqp" if url.startswith("amqp") else "redis"]


@celery.task(name="kokoroe.work")  # type: ignore[untyped-decorator]
def work(job_id: int) -> None:
    """Do the job if it still waits for somebody; a second message finds nothing to do."""
    try:
        run = jobs.claim(worker.me(), _lease, job_id)
    except db.AWAY as error:
        db.session.remove()
        log.warning("job %s goes back to the broker, the database is away: %s", job_id, error)
        jobs.leaving.wait(_RETRY)
        raise Reject(error, requeue=True) from error
    if run is not None:
        with _at_work:
            worker.with_heartbeat(run)


class CeleryBroker:
    """What the relay hands its numbers to. One connection, opened when first needed and anew after each failure."""

    def __init__(self) -> None:
        self._connection: Connection | None = None

    def send(self, job_ids: Sequence[int]) -> None:
        """Publish one message a job. Raises ``BrokerAway``."""
        with self._connected() as connection:
            producer = Producer(connection)
            for job_id in job_ids:
                work.apply_async((job_id,), producer=producer, retry=False, confirm_timeout=_SECONDS)

    def waiting(self) -> int:
        """How many messages lie in the queue. Raises ``BrokerAway``."""
        with self._connected() as connection:
            queue = celery.amqp.queues[QUEUE](connection.default_channel)
            return int(queue.queue_declare().message_count)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        if self._connection is None:
            # No heartbeat, as a relay with nothing to say sends none; no patience, as the relay has its own.
            quick = {"max_retries": 1, "interval_start": 0}
            self._connection = celery.connection_for_write(heartbeat=0, transport_options=quick)
        faults = (*self._connection.connection_errors, *self._connection.channel_errors)
        try:
            yield self._connection
        except (OSError, OperationalError, *faults) as error:
            with suppress(Exception):  # it is broken: that is why it is closed
                self._connection.release()
            self._connection = None
            raise BrokerAway(f"{type(error).__name__}: {error}") from error


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _born(**_: object) -> None:
    """A new child: connections of its own, the dead of this host buried, and ears for those who ask it to leave."""
    db.disconnect_inherited()
    jobs.leaving.clear()
    signal.signal(_LEAVE, lambda *_: jobs.leaving.set())
    if with_parent := processes.dies_with_us(_LEAVE):
        with_parent()
    threading.Thread(target=_show_life, args=(os.getppid(),), daemon=True).start()
    worker.round_of((worker.burial,))


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def _leaving(**_: object) -> None:
    """Celery waits for its children; ours need not finish: they hand their jobs back."""
    for child in billiard.active_children():
        with suppress(ProcessLookupError):
            os.kill(child.pid, _LEAVE)


def _show_life(parent: int) -> None:
    """Say that this child lives. One whose parent was killed gets no more work: it hands its job back, and ends."""
    sign = worker.sign_of_life(beats.EVERY)
    while os.getppid() == parent and not jobs.leaving.wait(1.0):
        worker.round_of((sign,))
        db.session.remove()
    while os.getppid() == parent:
        time.sleep(1.0)
    _at_work.acquire(timeout=_lease)  # beyond, its job is somebody else's
    os._exit(0)
