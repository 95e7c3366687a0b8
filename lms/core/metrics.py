"""``/metrics`` for Prometheus: what the requests of this machine came to, and how much work waits.

Requests are counted by each process in a file of its own under ``PROMETHEUS_MULTIPROC_DIR`` (``config.server`` names it)
and added up when somebody asks. What waits is asked of the database then: no process keeps it, any machine can say it.
"""

import hmac
import logging
import os
import shutil
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from config import settings
from lms.core import db, proxies, queries
from lms.core.backup import marks
from lms.core.db import Mode

log = logging.getLogger("lms.metrics")

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15)
_own = CollectorRegistry()
_answered = Counter("kokoroe_requests", "Requests answered.", ("method", "route", "status"), registry=_own)
_took = Histogram(
    "kokoroe_request_seconds", "Time to an answer, by room.", ("room",), buckets=_SECONDS, registry=_own
)


def count(method: str, room: str | None, rule: str | None, status: int, seconds: float) -> None:
    """Count a request. Labels are routes and rooms, never what somebody typed: their number has an end."""
    method = method if method in _METHODS else "other"
    _answered.labels(method, rule or "-", str(status)).inc()
    _took.labels(room or "-").observe(seconds)


def may_read(environ: proxies.Environ) -> bool:
    """Whether this request may see the figures: from this machine itself, or with the token."""
    if proxies.is_from_this_machine(environ):
        return True
    kind, _, said = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    token = settings.current().metrics_token
    is_right = hmac.compare_digest(said.strip().encode(), token.encode())
    return bool(token) and kind.lower() == "bearer" and is_right


def page() -> bytes:
    """Everything, in Prometheus's own text. A database that is away is a figure too, not an error."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_Own())
    registry.register(_Waiting())
    return generate_latest(registry)


class _Own(Collector):
    """The counters of this process alone, where it is the only one."""

    def collect(self) -> Iterator[Metric]:
        yield from _own.collect()


class _Waiting(Collector):
    """What the database and the disk say now."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        disk = shutil.disk_usage(settings.current().var)
        yield _gauge(
            "kokoroe_disk_free_bytes", "Bytes free where uploads and the embedded database lie.", disk.free
        )
        yield _gauge("kokoroe_disk_bytes", "Bytes of that disk.", disk.total)
        if (made := marks.last_backup(settings.current())) is not None:
            yield _gauge("kokoroe_last_backup_seconds", "Since the last whole backup.", made)
        try:
            figures = list(_figures())
        except db.AWAY as error:
            log.warning("the database is away: %s", error)
            figures = []
        yield _gauge("kokoroe_database_up", "Whether the database answers.", 1 if figures else 0)
        yield from figures


def _figures() -> Iterator[GaugeMetricFamily]:
    with db.transaction(Mode.READ):
        workers, last_beat = queries.signs_of_life()
    with db.transaction(Mode.READ, of_all=True):
        work = queries.waiting_work()
    yield _by_state("kokoroe_jobs", "Jobs, by state; waiting ones that are due.", work.jobs)
    yield _gauge("kokoroe_oldest_job_seconds", "Since when the longest waiting job is due.", work.oldest_job)
    yield _by_state("kokoroe_mails", "Mails, by state.", work.mails)
    yield _gauge(
        "kokoroe_oldest_mail_seconds", "Since when the longest waiting mail is due.", work.oldest_mail
    )
    yield _gauge("kokoroe_workers", "Workers that gave a sign of life lately.", workers)
    if last_beat is not None:
        yield _gauge("kokoroe_last_beat_seconds", "Since the last sign of life of any worker.", last_beat)


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value)


def _by_state(name: str, what: str, counts: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what, labels=["state"])
    for state, number in sorted(counts.items()):
        family.add_metric([state], number)
    return family
