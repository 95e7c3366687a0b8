"""Blocks of a lesson that mean something to courses: one file a kind (see ``lms/courses/fence.py``)."""
