"""Verbs that change what people are written, and whether. They never commit and never see the request."""

from lms.notifications.services.preferences import choose, stop
from lms.notifications.services.wording import Text, keep_rules, keep_words, reset_words

__all__ = ["Text", "choose", "keep_rules", "keep_words", "reset_words", "stop"]
