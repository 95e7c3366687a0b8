"""Blocks of questions in GIFT."""

from lms.assessment import drafting
from lms.courses.fence import Fence, FenceResult
from lms.courses.front_matter import Head


class Quiz(Fence):
    """```` ```quiz ````: a test, with a mark to reach and so many tries."""

    name = "quiz"

    def read(self, text: str, line: int, head: Head) -> FenceResult:
        return drafting.quiz(text, line, head, pass_mark=70, tries=3)


class Gift(Quiz):
    """```` ```gift ````: the same, by the name of its language."""

    name = "gift"
