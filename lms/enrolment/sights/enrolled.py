"""Learners see the courses that they are on."""

from sqlalchemy import select

from lms.core.db import AnySelect
from lms.courses.sight import CourseSight
from lms.enrolment.models import Enrolment
from lms.organisations.actor import Actor


class Enrolled(CourseSight):
    """Being on a course; whoever was withdrawn keeps what they have done, and reads it again."""

    name = "enrolled"

    def courses(self, actor: Actor) -> AnySelect:
        return select(Enrolment.course_id).where(
            Enrolment.tenant_id == actor.tenant_id, Enrolment.person_id == actor.person_id
        )
