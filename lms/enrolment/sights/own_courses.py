"""Learners see the files of the courses they are enrolled on."""

from sqlalchemy import select

from lms.core.db import AnySelect
from lms.courses.sight import CourseSight
from lms.enrolment.models import Enrolment
from lms.organisations.actor import Actor


class OwnCourses(CourseSight):
    """What was once begun stays readable: pictures of a finished course, or of one that somebody left."""

    name = "enrolled"

    def courses(self, actor: Actor) -> AnySelect:
        return select(Enrolment.course_id).where(
            Enrolment.tenant_id == actor.tenant_id, Enrolment.person_id == actor.person_id
        )
