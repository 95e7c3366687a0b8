"""Why somebody sees a course, or other people: being enrolled, having a cohort shared."""
