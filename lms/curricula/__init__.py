"""Curricula: courses in an order, followed as one path."""
