"""What a certificate states, read for many enrolments at once and then frozen."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from lms.certificates.models import Certificate
from lms.core.db import AnyRow, session
from lms.courses.models import Course
from lms.enrolment.models import Cohort, Enrolment
from lms.organisations.models import Branch, Membership, Organisation, OrganisationKind, Role
from lms.people.models import Person

_ISSUER = ("name", "siret", "nda", "address", "signatory", "signatory_role", "language", "zone")


def earned(tenant_id: int, among: ColumnElement[bool], limit: int) -> Sequence[AnyRow]:
    """Completed enrolments among those meant that have no certificate yet, oldest completion first."""
    certified = select(Certificate.id).where(
        Certificate.tenant_id == Enrolment.tenant_id, Certificate.enrolment_id == Enrolment.id
    )
    found = _with_everything(tenant_id).where(
        among, Enrolment.completed_at.is_not(None), Person.archived_at.is_(None), ~certified.exists()
    )
    return session.execute(found.order_by(Enrolment.completed_at, Enrolment.id).limit(limit)).all()


def of_enrolment(tenant_id: int, enrolment_id: int) -> AnyRow:
    """The facts of one enrolment as they are now, for a corrected certificate."""
    return session.execute(_with_everything(tenant_id).where(Enrolment.id == enrolment_id)).one()


def issuers(tenant_id: int, organisation_ids: set[int]) -> dict[int, dict[str, str]]:
    """In whose name each organisation certifies: its own if it has a signatory or a declaration number, else that of the
    nearest above it that has, else its own.
    """
    above = aliased(Branch)
    depth = (
        select(func.count())
        .select_from(above)
        .where(above.tenant_id == Branch.tenant_id, above.below_id == Branch.above_id)
        .scalar_subquery()
    )
    chain = (
        select(Branch.below_id, Organisation)
        .join(
            Organisation,
            (Organisation.tenant_id == Branch.tenant_id) & (Organisation.id == Branch.above_id),
        )
        .where(Branch.tenant_id == tenant_id, Branch.below_id.in_(organisation_ids))
        .order_by(Branch.below_id, depth.desc())
    )
    chosen: dict[int, Organisation] = {}
    for below_id, organisation in session.execute(chain):
        known = chosen.setdefault(below_id, organisation)
        if not _signs(known) and _signs(organisation):
            chosen[below_id] = organisation
    return {
        below_id: {name: getattr(one, name) or "" for name in _ISSUER} for below_id, one in chosen.items()
    }


def employers(tenant_id: int, person_ids: set[int]) -> dict[int, dict[str, str]]:
    """The company in which each of these people learns, for those who learn in one."""
    found = (
        select(Membership.person_id, Organisation.name, Organisation.siret)
        .join(
            Organisation,
            (Organisation.tenant_id == Membership.tenant_id)
            & (Organisation.id == Membership.organisation_id),
        )
        .where(
            Membership.tenant_id == tenant_id,
            Membership.person_id.in_(person_ids),
            Membership.role == Role.LEARNER,
            Organisation.kind == OrganisationKind.COMPANY,
        )
        .order_by(Membership.id.desc())
    )
    return {row.person_id: {"name": row.name, "siret": row.siret or ""} for row in session.execute(found)}


def frozen(
    row: AnyRow, issuer: dict[str, str], employer: dict[str, str] | None, issued_on: str
) -> dict[str, Any]:
    """The facts as plain values, which nothing later changes. Durations: minutes estimated, seconds measured."""
    return {
        "first_name": row.first_name,
        "last_name": row.last_name,
        "situation": row.situation.value,
        "employer": employer or {},
        "course": row.title,
        "objectives": list((row.sheet or {}).get("objectives") or []),
        "minutes": row.minutes,
        "seconds": row.seconds,
        "score": row.score,
        "started_at": (row.started_at or row.completed_at).isoformat(),
        "completed_at": row.completed_at.isoformat(),
        "agreement": row.agreement,
        "issuer": issuer,
        "issued_on": issued_on,
    }


def _signs(organisation: Organisation) -> bool:
    return bool(organisation.signatory or organisation.nda)


def _with_everything(tenant_id: int) -> Any:
    return (
        select(
            Enrolment.id, Enrolment.person_id, Enrolment.seconds, Enrolment.score,
            Enrolment.started_at, Enrolment.completed_at,
            Person.first_name, Person.last_name, Person.situation,
            Course.title, Course.minutes, Course.sheet,
            Cohort.organisation_id, Cohort.agreement,
        )
        .join(Person, (Person.tenant_id == Enrolment.tenant_id) & (Person.id == Enrolment.person_id))
        .join(Course, (Course.tenant_id == Enrolment.tenant_id) & (Course.id == Enrolment.course_id))
        .join(Cohort, (Cohort.tenant_id == Enrolment.tenant_id) & (Cohort.id == Enrolment.cohort_id))
        .where(Enrolment.tenant_id == tenant_id)
    )  # fmt: skip
