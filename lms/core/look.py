"""What the macros of ``templates/ui`` reckon with: addresses, initials, stitches, scales of charts."""

import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import floor, log10
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, request
from werkzeug.exceptions import HTTPException

from lms.core import web

_UNIT = re.compile(r"(\d) (h|min|km|€|%)(?!\w)")
_LETTERS = 84  #: that stand side by side below a chart
MOST_STITCHES = 12  #: up to here one stitch a step; beyond, ten of 10 %


def init_app(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.globals.update(
        here=here, way_back=way_back, initials=initials, stitches=stitches, percent=percent, scale=scale, sort_of=sort_of,
        page_numbers=page_numbers, idle_seconds=idle_seconds, ids=ids, described=described, label_lines=label_lines,
    )  # fmt: skip
    app.jinja_env.filters["tied"] = tied


def here(**changes: object) -> str:
    """The address of this page with other arguments; None takes one away: ``here(page=2, sort=None)``."""
    kept = [(k, v) for k, v in request.args.items(multi=True) if k not in changes]
    added = [(k, str(v)) for k, v in changes.items() if v is not None]
    query = urlencode(kept + added)
    return f"{request.path}?{query}" if query else request.path


def tied(text: str | None) -> str:
    """Somebody's words with each figure tied to its unit: no line ends in the middle of ``9 h``. None is no words."""
    return _UNIT.sub("\\1\u00a0\\2", text or "")


def way_back() -> str:
    """Where to come back to after a choice of language or display: this page, or the one it answers.

    A form that is shown again stands at an address that only takes forms; the page it came from is a part of it.
    """
    if request.method in ("GET", "HEAD"):
        return here()
    routes, path = current_app.create_url_adapter(request), request.path
    while routes is not None and path:
        try:
            routes.match(path, method="GET")
        except HTTPException:
            path = path.rpartition("/")[0]
        else:
            return path
    return "/"


def initials(name: str) -> str:
    """The letters in a person's circle: ``Claire Morel`` gives CM."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalpha()]
    return "".join(word[0] for word in ([words[0], words[-1]] if len(words) > 1 else words)).upper()


@dataclass(frozen=True, slots=True)
class Stitches:
    """How a thread is drawn: ``sewn`` of ``count`` stitches, and whether a ring says where one stands."""

    count: int
    sewn: int
    ring: bool


def stitches(done: int, total: int, most: int = 0, ring: bool = True) -> Stitches:
    """A stitch is sewn only when it is whole; more than 12 steps are told by ten stitches (or ``most``), rounded down."""
    total, done = max(total, 0), min(max(done, 0), max(total, 0))
    if most or total > MOST_STITCHES:
        count = most or 10
        sewn = done * count // total if total else 0
        return Stitches(count, sewn, ring and bool(most) and sewn < count)
    return Stitches(total, done, ring and done < total)


def percent(done: int, total: int) -> int:
    """Whole per cent, rounded down: 100 is said only when all is done."""
    return done * 100 // total if total else 0


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from 0 to ``top`` with a line every ``step``."""

    top: float
    step: float

    @property
    def lines(self) -> list[float]:
        """The values that get a line, from 0 upwards."""
        return [self.step * n for n in range(round(self.top / self.step) + 1)]


def scale(values: Iterable[float]) -> Scale:
    """A round axis that holds these values, in two to five steps."""
    highest = max(values, default=0)
    if highest < 1e-9:  # nothing, or next to nothing: the smallest floats have no tenth
        highest = 1
    unit = 10.0 ** floor(log10(highest))
    step = next(unit * n for n in (0.2, 0.25, 0.5, 1, 2, 2.5) if unit * n * 5 >= highest)
    if highest == int(highest) and step < 1:
        step = 1.0
    top = step * -(-highest // step)
    return Scale(top, step)


def label_lines(text: str, bars: int) -> list[str]:
    """A name below its bar, one of so many: on up to three lines as wide as the bar has room for, then cut."""
    width = max(9, _LETTERS // max(bars, 1) - 1)
    return textwrap.wrap(text, width, max_lines=3, placeholder="…") or [text]


@dataclass(frozen=True, slots=True)
class Sort:
    """A sortable heading: what ``aria-sort`` says, the icon, and where a click leads."""

    said: str
    icon: str
    url: str


def sort_of(key: str, current: str) -> Sort:
    """The heading of ``key`` when the list is sorted by ``current`` (a leading ``-`` means downwards)."""
    if current == key:
        return Sort("ascending", "chevron-up", here(sort=f"-{key}", page=None))
    if current == f"-{key}":
        return Sort("descending", "chevron-down", here(sort=key, page=None))
    return Sort("", "arrows-sort", here(sort=key, page=None))


def page_numbers(number: int, last: int) -> list[int]:
    """The pages worth a link: first, last, those around; 0 stands for a gap."""
    near = sorted(
        {1, last, *range(max(1, number - 1), min(last, number + 1) + 1)} | ({2, 3} & {*range(1, last + 1)})
    )
    shown: list[int] = []
    for page in near:
        if shown and page - shown[-1] == 2:
            shown.append(page - 1)
        elif shown and page - shown[-1] > 2:
            shown.append(0)
        shown.append(page)
    return shown


def ids(field: str, help_text: object, error: object) -> str:
    """What describes a field, in the order it is read: its help, then what is wrong."""
    return " ".join(f"{field}-{part}" for part, said in (("help", help_text), ("error", error)) if said)


def described(
    field: str, help_text: object, error: object, attributes: Mapping[str, object] | None = None
) -> dict[str, object]:
    """The attributes of a control: ``attributes``, and what ties it to its help and its error."""
    found = dict(attributes or {})
    if said := ids(field, help_text, error):
        found["aria-describedby"] = said
    if error:
        found["aria-invalid"] = "true"
    return found


def idle_seconds() -> int:
    """After how long without a sign of life a shared computer says goodbye; 0 on a device of one's own."""
    actor: Any = web.actor()
    return web.idle_seconds() if actor is not None and web.is_shared_device() else 0
