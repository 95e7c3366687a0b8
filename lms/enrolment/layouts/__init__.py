"""Layouts of files that are known by their headers, one a file."""
