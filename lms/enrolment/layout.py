"""A file that many people get from one information system: one file in ``layouts/`` each, told by its headers."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import ClassVar

from lms.core.i18n import Lazy
from lms.core.kinds import Kind


class Layout(Kind):
    """What the columns of one kind of file hold. Headers are written as the files have them, and compared in plain."""

    #: What people call such a file.
    label: ClassVar[Lazy]
    #: Headers that together tell this layout from any other.
    marks: ClassVar[tuple[str, ...]]
    #: Field of ``reading.columns`` -> the headers that may bring it; the first that is there wins.
    columns: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({})
    #: Headers that speak of something else than the person, though another file would mean the person by them.
    besides: ClassVar[tuple[str, ...]] = ()
    #: Where nobody can be enrolled from such a file: what it is, and which one to send.
    refusal: ClassVar[tuple[Lazy, Lazy] | None] = None


def of(plain_headers: Iterable[str], plain: Mapping[type[Layout], frozenset[str]]) -> type[Layout] | None:
    """The layout all of whose marks are there; of several, the one with most marks."""
    there = frozenset(plain_headers)
    fitting = [layout for layout, marks in plain.items() if marks <= there]
    return max(fitting, key=lambda layout: (len(layout.marks), layout.name), default=None)
