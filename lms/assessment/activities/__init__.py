"""Kinds of steps that are marked: one file a kind (see ``lms/courses/activity.py``)."""
