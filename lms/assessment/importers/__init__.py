"""Files of questions that become a course: one file a kind (see ``lms/courses/importer.py``)."""
