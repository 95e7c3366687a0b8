"""What is done with certificates: issued (rows first, at once), drawn (later, in worker processes), revoked, replaced."""

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, insert, literal, select, true, update

from lms.certificates import codes, facts
from lms.certificates.document import Sheet, to_pdfs
from lms.certificates.models import Certificate, CertificateState, Counter, RegisterEntry
from lms.core import db, files, jobs, journal
from lms.core.clock import now, today
from lms.core.db import AnyRow, AnySelect, session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.enrolment.models import Enrolment
from lms.organisations.actor import Actor
from lms.people.models import Person

ROWS = 2_000  #: certificates written in one go
JOB = 200  #: certificates that one job draws
STEP = 20  #: drawn between two commits: what a killed worker does again


class AlreadyEnded(Refused):
    """The certificate was revoked or replaced before."""


class ReasonMissing(Refused):
    """A revocation says why."""

    status = 422


@dataclass(frozen=True, slots=True)
class Drawn:
    """A PDF that the storage keeps, before its row knows."""

    certificate_id: int
    code: str
    key: str
    sha256: str


def issue(tenant_id: int, enrolment_ids: Iterable[int]) -> list[int]:
    """Write a certificate for each of these enrolments that is completed and has none; PDFs follow. Their ids."""
    made: list[int] = []
    for chunk in batches(enrolment_ids, ROWS):
        made += write(tenant_id, Enrolment.id.in_(chunk))
    draw_later(tenant_id, made)
    return made


def issue_for(tenant_id: int, completed: AnySelect) -> list[int]:
    """The same for the enrolments that a SELECT of ids names, without asking for PDFs: the caller draws them."""
    made: list[int] = []
    while more := write(tenant_id, Enrolment.id.in_(completed)):
        made += more
    return made


def draw_later(tenant_id: int, certificate_ids: Iterable[int]) -> None:
    """Have these drawn by the workers."""
    for chunk in batches(certificate_ids, JOB):
        jobs.later("certificates.draw", tenant_id=tenant_id, certificate_ids=chunk)


def write(tenant_id: int, among: ColumnElement[bool]) -> list[int]:
    """Certificates and register entries for at most ``ROWS`` completed enrolments among those meant. Their ids.

    The counter is locked first and read after, so that of two at the same time the second finds nothing left to do.
    """
    year = today().year
    last = locked(tenant_id, year)
    rows = facts.earned(tenant_id, among, ROWS)
    if not rows:
        return []
    made = _written(tenant_id, rows, year, last)
    counter = update(Counter).where(Counter.tenant_id == tenant_id, Counter.year == year)
    session.execute(counter.values(last=last + len(rows)))
    return made


def draw(sheets: Sequence[Sheet]) -> list[Drawn]:
    """Draw these and store the files. Slow: outside of any transaction."""
    found = []
    for sheet, pdf in zip(sheets, to_pdfs(sheets), strict=True):
        key = files.storage().put(f"{sheet.number}.pdf", io.BytesIO(pdf))
        found.append(Drawn(sheet.certificate_id, sheet.code, key, hashlib.sha256(pdf).hexdigest()))
    return found


def keep(tenant_id: int, drawn: Sequence[Drawn]) -> int:
    """Tie the files to their certificates and to the register; the file of one that has its original already is dropped."""
    open_ones = select(Certificate.id).where(
        Certificate.tenant_id == tenant_id,
        Certificate.id.in_([one.certificate_id for one in drawn]),
        Certificate.pdf_key.is_(None),
    )
    wanted = set(session.scalars(open_ones.with_for_update()))
    kept = [one for one in drawn if one.certificate_id in wanted]
    if kept:
        session.execute(
            update(Certificate),
            [{"id": one.certificate_id, "pdf_key": one.key, "pdf_sha256": one.sha256} for one in kept],
        )
        session.execute(update(RegisterEntry), [{"code": one.code, "pdf_sha256": one.sha256} for one in kept])
    for one in drawn:
        if one.certificate_id not in wanted:
            files.storage().delete(one.key)
    return len(kept)


def revoke(actor: Actor, certificate: Certificate, reason: str) -> None:
    """Say publicly that this certificate no longer holds; the reason stays in the house. Raises ``Refused``."""
    if not reason.strip():
        raise ReasonMissing(_("Say why this certificate is revoked."))
    _end(certificate, CertificateState.REVOKED, reason.strip())
    journal.note(
        "certificate-revoked", actor, certificate=certificate.id
    )  # no free text: it outlives erasures


def replace(actor: Actor, certificate: Certificate) -> int:
    """Issue a corrected certificate (a name was wrong) in place of this one. The new one's id. Raises ``Refused``."""
    _end(certificate, CertificateState.REPLACED)
    session.flush()  # the new row is written by a statement, which must come second
    year = today().year
    last = locked(certificate.tenant_id, year)
    row = facts.of_enrolment(certificate.tenant_id, certificate.enrolment_id)
    (made,) = _written(certificate.tenant_id, [row], year, last, certificate.version + 1)
    counter = update(Counter).where(Counter.tenant_id == certificate.tenant_id, Counter.year == year)
    session.execute(counter.values(last=last + 1))
    draw_later(certificate.tenant_id, [made])
    journal.note("certificate-replaced", actor, certificate=certificate.id, by=made)
    return made


def sheet_of(certificate: Certificate) -> Sheet:
    """What is printed of a certificate."""
    return Sheet(certificate.id, certificate.number, certificate.code, certificate.facts)


def batches(ids: Iterable[int], size: int) -> Iterator[list[int]]:
    """The ids, so many at a time."""
    rest = iter(ids)
    while chunk := list(islice(rest, size)):
        yield chunk


def locked(tenant_id: int, year: int) -> int:
    """The last number given this year, locked until the end of the transaction."""
    first = select(literal(tenant_id), literal(year), literal(0)).where(true())
    db.insert_new(Counter, ["tenant_id", "year", "last"], first)
    mine = select(Counter.last).where(Counter.tenant_id == tenant_id, Counter.year == year)
    return int(session.execute(mine.with_for_update()).scalar_one())


def _written(tenant_id: int, rows: Sequence[AnyRow], year: int, last: int, version: int = 1) -> list[int]:
    issuers = facts.issuers(tenant_id, {row.organisation_id for row in rows})
    employers = facts.employers(tenant_id, {row.person_id for row in rows})
    at, issued_on = now(), today()
    made = [
        {
            "tenant_id": tenant_id,
            "enrolment_id": row.id,
            "person_id": row.person_id,
            "version": version,
            "number": f"{year}-{last + n:06d}",
            "code": codes.make(),
            "issued_at": at,
            "facts": facts.frozen(
                row, issuers[row.organisation_id], employers.get(row.person_id), issued_on.isoformat()
            ),
        }
        for n, row in enumerate(rows, 1)
    ]
    session.execute(insert(Certificate), made)
    register = [{"issued_on": issued_on, **public(row, one)} for row, one in zip(rows, made, strict=True)]
    session.execute(insert(RegisterEntry), register)
    ids = select(Certificate.id).where(Certificate.code.in_([one["code"] for one in made]))
    return list(session.scalars(ids.order_by(Certificate.number)))


def public(row: AnyRow, certificate: dict[str, Any]) -> dict[str, Any]:
    """What anybody may know of it."""
    who = Person(first_name=row.first_name, last_name=row.last_name)
    zone = ZoneInfo(certificate["facts"]["issuer"]["zone"] or "Europe/Paris")
    return {
        "code": certificate["code"],
        "number": certificate["number"],
        "initials": who.initials,
        "title": row.title,
        "organisation": certificate["facts"]["issuer"]["name"],
        "minutes": row.minutes,
        "started_on": (row.started_at or row.completed_at).astimezone(zone).date(),
        "completed_on": row.completed_at.astimezone(zone).date(),
    }


def _end(certificate: Certificate, state: CertificateState, reason: str = "") -> None:
    """Both rows say so, or neither. Of two at the same time, one is refused."""
    at = now()
    change = (
        update(Certificate)
        .where(Certificate.id == certificate.id, Certificate.state == CertificateState.VALID)
        .values(state=state, ended_at=at, reason=reason)
        .returning(Certificate.id)
    )
    if session.execute(change).first() is None:
        raise AlreadyEnded(_("This certificate was revoked or replaced before."))
    entry = update(RegisterEntry).where(RegisterEntry.code == certificate.code)
    session.execute(entry.values(state=state, ended_on=at.date()))
