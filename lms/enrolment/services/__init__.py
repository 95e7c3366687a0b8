"""Verbs that change who is in which cohort. They never commit and never see the request."""

from lms.enrolment.services.figures import keep_figures

__all__ = ["keep_figures"]
