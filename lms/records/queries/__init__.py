"""Questions about the journal, and about what people asked."""

from lms.records.queries.lines import (
    Asked,
    Line,
    Lines,
    alerts,
    erasure_in_sight,
    lines_about_me,
    lines_in_sight,
    lines_to_export,
)
from lms.records.queries.requests import (
    RequestPage,
    RequestRow,
    administrators,
    my_requests,
    open_requests_of,
    person_of,
    request_in_sight,
    requests_in_sight,
)

__all__ = [
    "Asked",
    "Line",
    "Lines",
    "RequestPage",
    "RequestRow",
    "administrators",
    "alerts",
    "erasure_in_sight",
    "lines_about_me",
    "lines_in_sight",
    "lines_to_export",
    "my_requests",
    "open_requests_of",
    "person_of",
    "request_in_sight",
    "requests_in_sight",
]
