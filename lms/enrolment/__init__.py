"""Cohorts and the people put on their courses: by a file, by hand; withdrawn, moved; and what partners may see of it."""
