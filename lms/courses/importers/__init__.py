"""What a course can be made of: one file a kind (see ``lms/courses/importer.py``)."""
