"""Reasons to be in a cohort: where one learns, who follows one, since when, and so on."""
