"""Certificates of courses that were completed long ago, when their history is taken over: with the dates of then."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import update

from lms.certificates import codes, facts, services
from lms.certificates.models import Certificate, CertificateState, Counter, RegisterEntry
from lms.core import bulk
from lms.core.db import AnyRow, session
from lms.enrolment.models import Enrolment

_CERTIFICATE = (
    "tenant_id", "enrolment_id", "person_id", "version", "number", "code", "issued_at", "facts", "state", "reason",
)  # fmt: skip
_ENTRY = (
    "code", "number", "initials", "title", "organisation", "minutes", "started_on", "completed_on", "issued_on", "state",
)  # fmt: skip
_ZONE = ZoneInfo("Europe/Paris")


def take_over(tenant_id: int, enrolment_ids: Sequence[int]) -> int:
    """A certificate for each of these completed enrolments that has none, issued on the day of its completion. How many.

    Numbers follow on in each year. Nothing is drawn: a PDF is made when the cohort's certificates are issued.
    """
    made = 0
    for chunk in services.batches(enrolment_ids, services.ROWS):
        rows = facts.earned(tenant_id, Enrolment.id.in_(chunk), services.ROWS)
        for year, some in groupby(rows, key=_year):
            made += _written(tenant_id, year, list(some))
    return made


def _year(row: AnyRow) -> int:
    return int(row.completed_at.astimezone(_ZONE).year)


def _written(tenant_id: int, year: int, rows: Sequence[AnyRow]) -> int:
    last = services.locked(tenant_id, year)
    issuers = facts.issuers(tenant_id, {row.organisation_id for row in rows})
    employers = facts.employers(tenant_id, {row.person_id for row in rows})
    certificates, register = [], []
    for number, row in enumerate(rows, last + 1):
        issued_on = row.completed_at.astimezone(_ZONE).date()
        said = facts.frozen(
            row, issuers[row.organisation_id], employers.get(row.person_id), issued_on.isoformat()
        )
        own: dict[str, Any] = {"number": f"{year}-{number:06d}", "code": codes.make(), "facts": said}
        certificates.append(
            (tenant_id, row.id, row.person_id, 1, own["number"], own["code"], row.completed_at, said, CertificateState.VALID, "")
        )  # fmt: skip
        entry = services.public(row, own) | {"issued_on": issued_on, "state": CertificateState.VALID}
        register.append(tuple(entry[name] for name in _ENTRY))
    bulk.write(Certificate, _CERTIFICATE, certificates)
    bulk.write(RegisterEntry, _ENTRY, register)
    counter = update(Counter).where(Counter.tenant_id == tenant_id, Counter.year == year)
    session.execute(counter.values(last=last + len(rows)))
    return len(rows)
