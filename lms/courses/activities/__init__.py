"""Kinds of steps that courses bring themselves: one file a kind (see ``lms/courses/activity.py``)."""
