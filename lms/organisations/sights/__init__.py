"""Whom the tree of organisations lets one see."""
