"""When somebody opened many personal files, whoever answers for them is told."""

from lms.core.events import ManyFilesOpened, on
from lms.records import services


@on(ManyFilesOpened)
def warn(event: ManyFilesOpened) -> None:
    """By mail, once; the alert stands on the journal's page as well."""
    services.warn_administrators(event)
