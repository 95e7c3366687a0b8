"""The head of a text: YAML between two lines of dashes, or ``TITLE:`` lines; and what it may say."""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from lms.core.i18n import gettext as _

LONGEST = 20_000  #: characters of a head
_BLANKS = re.compile(r"[ \t\r\n\f\v]+")
_HEADER = re.compile(r"([A-Z][A-Z_]{2,20}):[ \t]*(.*)")
_ENDS = ("---", "...")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read: the line of its file (from 1; 0 for the file itself), and why."""

    line: int
    reason: str


@dataclass(slots=True)
class Head:
    """What the head said, and the text below it. ``line``: the number of the body's first line in the file.

    ``is_headers``: it was written as ``TITLE:`` lines, by authors who keep a whole module in one file.
    """

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    body: str = ""
    line: int = 1
    is_headers: bool = False
    problems: list[Problem] = field(default_factory=list)

    def text(self, *names: str) -> str:
        """The first of these that says something in one line."""
        for name in names:
            value = self.values.get(name)
            if value is None or value == "":
                continue
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                return one_line(str(value))[:500]
            self.wrong(name, _("%(name)s must be a text in one line.", name=name))
        return ""

    def texts(self, name: str) -> list[str]:
        """A list of short texts; a single one counts as a list of one."""
        value = self.values.get(name) or []
        found = value if isinstance(value, list) else [value]
        if all(isinstance(one, str | int | float) for one in found):
            return [one_line(str(one))[:500] for one in found][:50]
        self.wrong(name, _("%(name)s must be a list of texts.", name=name))
        return []

    def number(self, name: str, least: int, most: int) -> int | None:
        """A whole number within its limits; None where nothing, or something else, is said."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        said = _(
            "%(name)s must be a whole number from %(least)s to %(most)s.", name=name, least=least, most=most
        )
        self.wrong(name, said)
        return None

    def flag(self, name: str, otherwise: bool) -> bool:
        """True or false."""
        value = self.values.get(name)
        if value is None or isinstance(value, bool):
            return otherwise if value is None else value
        self.wrong(name, _("%(name)s must be true or false.", name=name))
        return otherwise

    def wrong(self, name: str, reason: str) -> None:
        """Note what is wrong with a value, by its line."""
        problem = Problem(self.lines.get(name, 1), reason)
        if problem not in self.problems:  # a value may be asked for more than once
            self.problems.append(problem)


def one_line(text: str) -> str:
    """The text in one line, with single spaces; those that must not break (before « : », in numbers) stay as they are."""
    return _BLANKS.sub(" ", text).strip(" ")


def read(text: str) -> Head:
    """Take the head off a text. What is wrong in it stands in ``problems``; the body is always there."""
    lines = text.split("\n")
    if lines and lines[0].rstrip() == "---":
        return _yaml(lines)
    return _headers(lines)


def _yaml(lines: list[str]) -> Head:
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in _ENDS), None)
    if end is None:
        reason = _("The front matter opens with --- and never closes.")
        return Head(body="\n".join(lines[1:]), line=2, problems=[Problem(1, reason)])
    head = Head(body="\n".join(lines[end + 1 :]), line=end + 2)
    source = "\n".join(lines[1:end])
    if len(source) > LONGEST:
        head.problems.append(Problem(1, _("The front matter is too long.")))
        return head
    try:
        values, node = yaml.safe_load(source), yaml.compose(source, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        head.problems.append(_not_yaml(error))
        return head
    if values is None:
        return head
    if not isinstance(values, dict) or not isinstance(node, yaml.MappingNode):
        head.problems.append(Problem(2, _("The front matter must be lines of the form name: value.")))
        return head
    head.values = {str(name): value for name, value in values.items()}
    head.lines = {str(key.value): key.start_mark.line + 2 for key, _value in node.value}
    return head


def _not_yaml(error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 2 if mark else 2
    said = str(getattr(error, "problem", "") or "")
    reason = _("The front matter can't be read here. A text with a colon goes between quotation marks.")
    return Problem(line, f"{reason} ({said})" if said else reason)


def _headers(lines: list[str]) -> Head:
    """``TITLE: ...`` lines up to the first empty one, as CultureNumerique's authors write them."""
    values: dict[str, Any] = {}
    numbers: dict[str, int] = {}
    end = 0
    for end, line in enumerate([*lines, ""]):  # the added line ends a file of nothing but headers
        found = _HEADER.fullmatch(line.strip())
        if not found:
            break
        values[found[1].lower()] = found[2].strip()
        numbers[found[1].lower()] = end + 1
    if not values.get("title"):
        return Head(body="\n".join(lines))
    return Head(values, numbers, "\n".join(lines[end:]), end + 1, is_headers=True)
