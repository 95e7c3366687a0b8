"""Mails about what is held on people."""
