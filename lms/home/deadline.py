"""A deadline in words: how far away it is, and what pace keeps it."""

from datetime import date

from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext


def in_words(due_on: date, today: date, steps_left: int) -> str:
    """How long there is still, and at what pace it is enough. Never a reproach."""
    days = (due_on - today).days
    return f"{_distance(days)} {_pace(days, steps_left)}".strip()


def _distance(days: int) -> str:
    if days < 0:
        return _("The date has passed. Your path stays open: go on, and call if you need more time.")
    if days == 0:
        return _("It is today.")
    if days == 1:
        return _("It is tomorrow.")
    if days < 14:
        return ngettext("In %(num)s day.", "In %(num)s days.", days)
    return ngettext("In %(num)s week.", "In %(num)s weeks.", days // 7)


def _pace(days: int, steps_left: int) -> str:
    if days < 0 or not steps_left:
        return ""
    if days < 14:
        return ngettext("%(num)s step is left.", "%(num)s steps are left.", steps_left)
    a_week = -(-steps_left // (days // 7))
    return ngettext(
        "At %(num)s step a week, you finish in time.", "At %(num)s steps a week, you finish in time.", a_week
    )
