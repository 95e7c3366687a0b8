"""Blocks of a lesson that hold questions: one file a kind (see ``lms/courses/fence.py``)."""
