"""When courses are completed, certificates are issued in the same transaction."""

from lms.certificates import services
from lms.core.events import on
from lms.progress.events import CoursesCompleted


@on(CoursesCompleted)
def certify(done: CoursesCompleted) -> None:
    """Rows and register at once; the PDFs are drawn by the workers."""
    services.issue(done.tenant_id, done.enrolment_ids)
