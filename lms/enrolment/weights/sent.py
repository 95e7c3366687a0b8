"""Files of people, until they are forgotten."""

from sqlalchemy import select

from lms.core.db import AnySelect
from lms.core.quotas import Weight
from lms.enrolment.models import ImportRun


class SentFiles(Weight):
    """Files of people that are still kept."""

    name = "enrolment.sent"

    def sizes(self, tenant_id: int) -> AnySelect:
        return select(ImportRun.file_size).where(ImportRun.tenant_id == tenant_id, ImportRun.file_key != "")
