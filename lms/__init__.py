"""Kokoroe: rooms on a staircase. Start with docs/tour.md."""
