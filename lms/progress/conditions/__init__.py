"""Reasons to be in a cohort that follow from what was learnt."""
