"""Accompanied sessions: an adviser or a mediator acts for a learner, under a mandate that the learner signs and may withdraw."""
