"""The plain version of a lesson."""

from lms.courses.fence import Fence, FenceResult
from lms.courses.front_matter import Head


class Simple(Fence):
    """```` ```simple ````: the same lesson in shorter sentences, shown on demand."""

    name = "simple"

    def read(self, text: str, line: int, head: Head) -> FenceResult:
        plain = text.strip()
        return FenceResult(content={"simple": plain}, is_empty=not plain)
