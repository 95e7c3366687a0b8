"""A copy of the whole installation in one file, and back: database, files, and the key where it lies beside them.

The file is a plain tar: ``tar tf``, ``sha256sum -c files.sha256`` and ``pg_restore`` open it without us.
"""
