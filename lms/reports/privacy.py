"""What this room holds on people: reports that they asked for, and files of others in which they may stand."""

from sqlalchemy import ColumnElement, and_, or_, select

from lms.core.db import session
from lms.core.i18n import lazy
from lms.core.privacy import Erased, Holding, Whose, drop_files
from lms.enrolment.models import Member
from lms.organisations.models import Membership
from lms.reports.models import ReportRun


class Reports(Holding):
    """Reports that they asked for. A file of anybody's in which they may stand is dropped: it can be made again."""

    name = "report_run"
    table = ReportRun
    label = lazy("Reports that I asked for")
    columns = {
        "asked_at": lazy("When"),
        "report": lazy("Report"),
        "level": lazy("Names of people"),
        "rows": lazy("Lines"),
        "file_name": lazy("File"),
    }

    def erase(self, whose: Whose) -> Erased:
        mine = self.mine(whose)
        about = and_(~mine, self._may_name(whose))
        keys = session.scalars(select(ReportRun.file_key).where(or_(mine, about))).all()
        emptied = self.empty(about, file_key=None)
        drop_files(keys)
        return Erased(deleted=self.delete(mine), emptied=emptied)

    def _may_name(self, whose: Whose) -> ColumnElement[bool]:
        """Files of their cohorts and of those of the people whom they follow, and files of every cohort."""
        followed = select(Membership.person_id).where(
            Membership.tenant_id == whose.tenant_id, Membership.follower_id.in_(whose.person_ids)
        )
        named = or_(Member.person_id.in_(whose.person_ids), Member.person_id.in_(followed))
        cohorts = select(Member.cohort_id).where(Member.tenant_id == whose.tenant_id, named)
        return and_(
            ReportRun.tenant_id == whose.tenant_id,
            ReportRun.file_key.is_not(None),
            or_(ReportRun.cohort_id.is_(None), ReportRun.cohort_id.in_(cohorts)),
        )
