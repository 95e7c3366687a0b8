"""Receipts: each act of enrolling leaves one, however many it concerned."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lms.core.db import session
from lms.enrolment.models import Batch, BatchKind, Cohort, Pool
from lms.organisations.models import Organisation


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a batch says of the file it came from, and of its lines."""

    file_name: str = ""
    file_sha256: str = ""
    total: int = 0
    imported: int = 0
    updated: int = 0
    ignored: int = 0
    invalid: int = 0


UNDONE_WITHIN = timedelta(days=31)  #: for which it is known how rows stood before


def open_batch(
    of: Cohort | Organisation, kind: BatchKind, by: Any, receipt: Receipt | None = None, deed: str = ""
) -> Batch:
    """A receipt with its number, which goes into the rows that follow; of an organisation where the cohort is not made yet."""
    said = receipt or Receipt()
    batch = Batch(
        tenant_id=of.tenant_id, organisation_id=of.id if isinstance(of, Organisation) else of.organisation_id,
        kind=kind, by_id=getattr(by, "person_id", None), deed=deed,
        file_name=said.file_name, file_sha256=said.file_sha256, total=said.total, imported=said.imported,
        updated=said.updated, ignored=said.ignored, invalid=said.invalid,
    )  # fmt: skip
    if isinstance(of, Cohort):
        name_cohort(batch, of)
    session.add(batch)
    session.flush()  # its number goes into the rows that follow
    return batch


def of_places(
    pool: Pool, deed: str, by: Any, *, organisation_id: int | None = None, cohort: Cohort | None = None,
    former_pool_id: int | None = None, transaction_id: int | None = None, people: int = 0,
) -> Batch:  # fmt: skip
    """The receipt of a deed on places, written last: what follows it came later.

    ``organisation_id``: who sees it; without one, the holder of the pool, or whose cohort it is.
    """
    whose = organisation_id or (cohort.organisation_id if cohort else pool.organisation_id)
    batch = Batch(
        tenant_id=pool.tenant_id, organisation_id=whose, kind=BatchKind.PLACES, by_id=getattr(by, "person_id", None),
        deed=deed, pool_id=pool.id, former_pool_id=former_pool_id, transaction_id=transaction_id, total=people, updated=people,
    )  # fmt: skip
    if cohort is not None:
        name_cohort(batch, cohort)
    session.add(batch)
    return batch


def name_cohort(batch: Batch, cohort: Cohort) -> None:
    """Say which cohort the batch was about."""
    batch.cohort_id, batch.cohort_name = cohort.id, cohort.name
