"""Directories of organisations, as the sign-on asks them whom they call so."""
