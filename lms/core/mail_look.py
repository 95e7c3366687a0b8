"""A mail as people see it: the same parts as text and as a page of HTML that fetches nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from lms.core.post import Action, Facts, Part

_INK, _QUIET, _ACTION = "#14242a", "#4b5b62", "#0b4a59"
_PAGE = "margin:0;padding:0;background:#f4f1ea"
_SHEET = (
    f"font:18px/1.5 'Source Sans 3',Helvetica,Arial,sans-serif;color:{_INK};background:#ffffff;"
    "max-width:34em;margin:0 auto;padding:28px 24px 32px;box-sizing:border-box"
)
_BUTTON = (
    f"display:inline-block;background:{_ACTION};color:#ffffff;font-weight:bold;text-decoration:none;"
    "padding:14px 22px;border-radius:6px"
)
_LABEL = f"padding:10px 0 0;color:{_QUIET};font-size:16px"
_VALUE = "margin:0;padding:0 0 10px;border-bottom:1px solid #d9d4c7"


@dataclass(frozen=True, slots=True)
class Small:
    """The last line: how such mails are switched off."""

    text: str
    label: str
    url: str


def as_text(parts: Sequence[Part | Small]) -> str:
    """The mail for readers that show no HTML."""
    return "\n\n".join(_text(part) for part in parts) + "\n"


def as_html(parts: Sequence[Part | Small], language: str) -> str:
    """The mail as a page: whatever came from outside is escaped."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"></head>'
        f'<body style="{_PAGE}"><div style="{_SHEET}">{body(parts)}</div></body></html>'
    )


def body(parts: Sequence[Part | Small]) -> Markup:
    """What stands on the sheet."""
    return Markup("").join(_html(part) for part in parts)


def _text(part: Part | Small) -> str:
    if isinstance(part, Action):
        return f"{part.label}\u00a0:\n{part.url}"
    if isinstance(part, Small):
        return f"-- \n{part.text} {part.label}\u00a0:\n{part.url}"
    if isinstance(part, Facts):
        return "\n".join(f"{label}\u00a0: {value}" for label, value in part.pairs)
    return part


def _html(part: Part | Small) -> Markup:
    if isinstance(part, Action):
        return Markup('<p style="margin:24px 0"><a href="{}" style="{}">{}</a></p>').format(
            part.url, _BUTTON, part.label
        )
    if isinstance(part, Small):
        return Markup(
            '<p style="margin:32px 0 0;padding-top:12px;border-top:1px solid #d9d4c7;font-size:15px;color:{}">'
            '{} <a href="{}" style="color:{}">{}</a></p>'
        ).format(_QUIET, part.text, part.url, _ACTION, part.label)
    if isinstance(part, Facts):
        lines = Markup("").join(
            Markup('<dt style="{}">{}</dt><dd style="{}">{}</dd>').format(
                _LABEL, label, _VALUE, _lines(value)
            )
            for label, value in part.pairs
        )
        return Markup('<dl style="margin:20px 0">{}</dl>').format(lines)
    return Markup('<p style="margin:0 0 16px">{}</p>').format(_lines(part))


def _lines(text: str) -> Markup:
    return Markup("<br>").join(escape(line) for line in text.split("\n"))
