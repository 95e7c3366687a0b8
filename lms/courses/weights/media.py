"""Pictures, sounds and documents of courses."""

from sqlalchemy import select

from lms.core.db import AnySelect
from lms.core.quotas import Weight
from lms.courses.models import Media


class CourseMedia(Weight):
    """Media of every course."""

    name = "courses.media"

    def sizes(self, tenant_id: int) -> AnySelect:
        return select(Media.size).where(Media.tenant_id == tenant_id)
