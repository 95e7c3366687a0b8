"""What a block of a lesson may mean beyond code: one file in a room's ``fences/``, found by a folder scan.

A block opens with three backquotes and a word. Where the word is the name of a fence, the block is not shown as code:
it becomes part of the page (its plain version) or a step of its own (a quiz).
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from lms.core.kinds import Kind
from lms.courses.front_matter import Head, Problem


@dataclass(frozen=True, slots=True)
class FenceResult:
    """What came of a block.

    ``kind``: the activity kind it becomes; empty where ``content`` only adds to the page around it.
    ``questions``: how many it holds. ``is_empty``: nothing in it could be used, so nothing is made of it.
    """

    kind: str = ""
    content: dict[str, Any] = field(default_factory=dict)
    title: str = ""
    questions: int = 0
    is_mandatory: bool = True
    is_empty: bool = False
    problems: tuple[Problem, ...] = ()


class Fence(Kind):
    """A family of blocks. A member's ``name`` is the word after the backquotes."""

    name: ClassVar[str] = ""

    def read(self, text: str, line: int, head: Head) -> FenceResult:
        """What the block means.

        ``line`` is where ``text`` begins in its file; ``head`` is what that file says at its top.
        """
        raise NotImplementedError
