"""Questions about certificates, and the verdict on one that somebody shows."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, or_, select

from lms.certificates import codes
from lms.certificates.models import Certificate, CertificateState, RegisterEntry
from lms.core import pdf
from lms.core.db import AnyRow, AnySelect, session
from lms.courses.models import Course
from lms.enrolment.models import Cohort, Enrolment
from lms.organisations.actor import Actor
from lms.organisations.queries import followed_by, in_hand

#: How many certificates the list of one person shows: nobody has earned more.
MOST = 200
_NUMBER = re.compile(r"\d{4}-\d{6,}")

Status = Literal["valid", "altered", "revoked", "replaced", "unknown"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be thought of a code or a file.

    ``entry``: what the register says, whatever the file claims. ``is_file``: a file was judged, not a code alone.
    ``is_mistyped``: the code has the length of one, but its last character does not fit. ``is_number``: somebody typed
    the certificate's number. ``code``: the one looked for.
    """

    status: Status
    entry: RegisterEntry | None = None
    is_file: bool = False
    is_mistyped: bool = False
    is_number: bool = False
    code: str = ""


def verdict_on_code(typed: str) -> Verdict:
    """What the register says about a code that somebody typed, or scanned."""
    code = codes.normalised(typed)
    entry = session.get(RegisterEntry, code) if code else None
    if entry is None:
        is_number = bool(_NUMBER.fullmatch(typed.strip()))
        return Verdict(
            "unknown", is_mistyped=bool(code) and not codes.holds(code), is_number=is_number, code=code
        )
    return Verdict(entry.state.value, entry, code=code)


def verdict_on_file(content: bytes) -> Verdict:
    """Whether these bytes are an original. If not, the code that they still carry tells the true data."""
    digest = hashlib.sha256(content).hexdigest()
    original = session.scalars(select(RegisterEntry).where(RegisterEntry.pdf_sha256 == digest)).first()
    if original is not None:
        return Verdict(original.state.value, original, is_file=True, code=original.code)
    found = [code for code in pdf.codes_in(content, codes.PATTERN) if codes.holds(code)][:20]
    known = {e.code: e for e in session.scalars(select(RegisterEntry).where(RegisterEntry.code.in_(found)))}
    entry = next((known[code] for code in found if code in known), None)
    code = entry.code if entry else next(iter(found), "")
    return Verdict("altered" if entry else "unknown", entry, is_file=True, code=code)


def certificate_in_sight(actor: Actor, certificate_id: int) -> Certificate | None:
    """One's own certificate, one of a cohort of the organisations that the actor watches, or of whom they follow.

    One that is set aside, as its person was erased, is there for administrators alone.
    """
    found = _in_sight(actor, select(Certificate)).where(Certificate.id == certificate_id)
    return session.scalars(found).one_or_none()


def of_people(actor: Actor, person_ids: Sequence[int]) -> Sequence[AnyRow]:
    """Number, state and course of what somebody earned (under one number or several), as far as the actor may open it."""
    found = (
        _in_sight(actor, select(Certificate.id, Certificate.number, Certificate.issued_at, Certificate.state, Course.title))
        .join(Course, (Course.tenant_id == Enrolment.tenant_id) & (Course.id == Enrolment.course_id))
        .where(Certificate.person_id.in_(person_ids))
        .order_by(Certificate.issued_at.desc(), Certificate.id)
        .limit(MOST)
    )  # fmt: skip
    return session.execute(found).all()


def _in_sight(actor: Actor, found: AnySelect) -> AnySelect:
    mine_or_watched: list[ColumnElement[bool]] = [Certificate.person_id == actor.person_id]
    if actor.sees_branch:
        mine_or_watched.append(Cohort.organisation_id.in_(in_hand(actor)))
    elif actor.follows_only:
        mine_or_watched.append(Certificate.person_id.in_(followed_by(actor)))
    found = (
        found.select_from(Certificate)
        .join(
            Enrolment,
            (Enrolment.tenant_id == Certificate.tenant_id) & (Enrolment.id == Certificate.enrolment_id),
        )
        .join(Cohort, (Cohort.tenant_id == Enrolment.tenant_id) & (Cohort.id == Enrolment.cohort_id))
        .where(Certificate.tenant_id == actor.tenant_id, or_(*mine_or_watched))
    )
    return found if actor.is_admin else found.where(Certificate.set_aside_until.is_(None))


def mine(actor: Actor) -> Sequence[Certificate]:
    """The actor's own certificates, newest first; one that was replaced is left out."""
    found = select(Certificate).where(
        Certificate.tenant_id == actor.tenant_id,
        Certificate.person_id == actor.person_id,
        Certificate.state != CertificateState.REPLACED,
    )
    return session.scalars(found.order_by(Certificate.issued_at.desc(), Certificate.id).limit(MOST)).all()


def cohort_in_sight(actor: Actor, cohort_id: int) -> Cohort | None:
    """A cohort of the organisations in hand."""
    found = select(Cohort).where(
        Cohort.tenant_id == actor.tenant_id,
        Cohort.id == cohort_id,
        Cohort.organisation_id.in_(in_hand(actor)),
    )
    return session.scalars(found).one_or_none()


def completed_in(tenant_id: int, cohorts: AnySelect) -> AnySelect:
    """Enrolments of these cohorts that reached their last step: to be filtered by, not loaded."""
    return select(Enrolment.id).where(
        Enrolment.tenant_id == tenant_id,
        Enrolment.cohort_id.in_(cohorts),
        Enrolment.completed_at.is_not(None),
    )


def cohorts_of(tenant_id: int, organisations: AnySelect, name: str = "") -> AnySelect:
    """Ids of the cohorts of these organisations, or of the one of that name: to be filtered by."""
    found = select(Cohort.id).where(Cohort.tenant_id == tenant_id, Cohort.organisation_id.in_(organisations))
    return found.where(Cohort.name == name) if name else found


def undrawn(tenant_id: int, among: Iterable[int]) -> Sequence[Certificate]:
    """Which of these certificates have no PDF yet."""
    found = select(Certificate).where(
        Certificate.tenant_id == tenant_id, Certificate.id.in_(list(among)), Certificate.pdf_key.is_(None)
    )
    return session.scalars(found.order_by(Certificate.id)).all()


def undrawn_in(tenant_id: int, cohorts: AnySelect) -> Sequence[int]:
    """Ids of the certificates of these cohorts that have no PDF yet."""
    found = (
        select(Certificate.id)
        .join(
            Enrolment,
            (Enrolment.tenant_id == Certificate.tenant_id) & (Enrolment.id == Certificate.enrolment_id),
        )
        .where(
            Certificate.tenant_id == tenant_id,
            Certificate.pdf_key.is_(None),
            Enrolment.cohort_id.in_(cohorts),
        )
    )
    return session.scalars(found.order_by(Certificate.id)).all()


def one_cohort(tenant_id: int, cohort_id: int) -> AnySelect:
    """One cohort as a statement to filter by."""
    return select(Cohort.id).where(Cohort.tenant_id == tenant_id, Cohort.id == cohort_id)


def is_any(cohorts: AnySelect) -> bool:
    """Whether the statement finds something."""
    return session.execute(cohorts.limit(1)).first() is not None
