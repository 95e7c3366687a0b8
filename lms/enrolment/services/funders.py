"""A pool is shown to the partners who fund it: they read it, and change nothing."""

from typing import Any

from sqlalchemy import delete

from lms.core import journal
from lms.core.db import as_first_written, session
from lms.enrolment.models import Pool, PoolShare
from lms.enrolment.services.cohorts import refuse_strangers


def share(pool: Pool, partner_person_id: int, by: Any = None) -> None:
    """Show a pool to a partner. Raises ``NoSuchPartner``."""
    refuse_strangers(pool.tenant_id, partner_person_id)
    values = {"tenant_id": pool.tenant_id, "pool_id": pool.id, "person_id": partner_person_id}
    session.execute(as_first_written(PoolShare, values, ["tenant_id", "pool_id", "person_id"]))
    journal.note("pool-shared", by, tenant_id=pool.tenant_id, pool=pool.id, partner=partner_person_id)


def stop_sharing(pool: Pool, partner_person_id: int, by: Any = None) -> None:
    """Show it no more."""
    own = PoolShare.tenant_id == pool.tenant_id, PoolShare.pool_id == pool.id
    session.execute(delete(PoolShare).where(*own, PoolShare.person_id == partner_person_id))
    journal.note("pool-unshared", by, tenant_id=pool.tenant_id, pool=pool.id, partner=partner_person_id)
