"""What being enrolled lets people see: one file a reason (see ``lms/courses/sight.py`` and ``lms/organisations``)."""
