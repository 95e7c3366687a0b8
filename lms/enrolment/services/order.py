"""What somebody asks of a file of people."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lms.courses.models import Course
from lms.curricula.models import Curriculum
from lms.enrolment.models import ImportMode
from lms.enrolment.reading.recognition import Remembered
from lms.organisations.models import Organisation


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked: whose people, into which cohort, on what, until when; and whether bad lines may be left out."""

    organisation: Organisation
    cohort_name: str
    courses: tuple[Course, ...] = ()
    curriculum: Curriculum | None = None
    due_on: date | None = None
    is_dry: bool = False
    valid_rows: bool = False
    by: Any = None
    file_name: str = ""
    mode: ImportMode = ImportMode.CHANGES
    #: How many were said to leave, where the file replaces the cohort; another number writes nothing.
    leaving: int | None = None
    #: What was said of the columns of files that came before.
    remembered: Remembered = field(default_factory=dict)
