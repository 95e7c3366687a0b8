"""How long a certificate is kept once its person was erased: set aside as evidence, then let go."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import and_, delete, select, update

from lms.certificates.models import Certificate
from lms.core.db import session
from lms.core.privacy import drop_files

YEARS = 6  #: for which evidence of a training is kept after its end


def kept_until(ended_at: datetime) -> date:
    """The last day on which evidence of a training that ended then is kept: that of the sixth year after."""
    return date(ended_at.year + YEARS, 12, 31)


def set_aside(until: Mapping[int, date]) -> None:
    """Take these certificates out of sight until these days. Certificate -> day."""
    if until:
        session.execute(
            update(Certificate), [{"id": one, "set_aside_until": day} for one, day in until.items()]
        )


def let_go(tenant_id: int, on: date, among: Collection[int] | None = None) -> list[int]:
    """Delete what a tenant set aside until a day that is past (of these certificates, or of all), with its PDF. Their ids.

    The public register goes on answering.
    """
    past = and_(Certificate.tenant_id == tenant_id, Certificate.set_aside_until < on)
    if among is not None:
        past = and_(past, Certificate.id.in_(among))
    keys = session.scalars(select(Certificate.pdf_key).where(past)).all()
    gone = session.scalars(delete(Certificate).where(past).returning(Certificate.id)).all()
    drop_files(keys)
    return list(gone)
