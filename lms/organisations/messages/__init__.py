"""Mails about organisations."""
