"""Kinds of identity providers, one file each."""
