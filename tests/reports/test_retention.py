"""Files of reports go after a month; that somebody asked for them stays."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core import db, files, jobs
from lms.core.clock import now
from lms.core.db import session
from lms.reports import services
from lms.reports.models import ReportRun
from tests.support.worlds import World


def test_old_files_go_and_their_lines_stay(world: World) -> None:
    one, kept = world.one, {}
    for age in (1, 29, 31, 400):
        kept[age] = files.storage().put("x", io.BytesIO(b"rows"))
        with db.transaction(tenant_id=one.tenant_id):
            session.add(
                ReportRun(
                    tenant_id=one.tenant_id, person_id=one.people["adviser"].person_id, organisation_id=one.agency_id,
                    report="progress", level="nominative", file_key=kept[age], made_at=now() - timedelta(days=age),
                )
            )  # fmt: skip
    with db.transaction():
        jobs.later("reports.forget_old_files")
    run = jobs.claim("here:1")
    assert run is not None
    run.run()
    assert [age for age, key in kept.items() if files.storage().exists(key)] == [1, 29]
    with db.transaction(db.Mode.READ, one.tenant_id):
        runs = session.scalars(select(ReportRun).order_by(ReportRun.id)).all()
        assert [bool(found.file_key) for found in runs] == [True, True, False, False]
        with pytest.raises(files.FileGone):
            services.opened(None, runs[-1])  # type: ignore[arg-type]
