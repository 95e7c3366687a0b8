"""The blocks of CultureNumerique's authors: questions along the way, rather than a test at the end."""

from lms.assessment import drafting
from lms.courses.fence import Fence, FenceResult
from lms.courses.front_matter import Head


class Comprehension(Fence):
    """```` ```compréhension ````: has it been understood? Every answer is explained, and no mark is asked."""

    name = "compréhension"

    def read(self, text: str, line: int, head: Head) -> FenceResult:
        return drafting.quiz(text, line, head, pass_mark=0, tries=0)


class PlainComprehension(Comprehension):
    """The same, without its accent."""

    name = "comprehension"


class Exercise(Fence):
    """```` ```activité ````: an exercise, half of which must be right, as often as one likes."""

    name = "activité"

    def read(self, text: str, line: int, head: Head) -> FenceResult:
        return drafting.quiz(text, line, head, pass_mark=50, tries=0)


class PlainExercise(Exercise):
    """The same, without its accent."""

    name = "activite"


class Further(Fence):
    """```` ```activité-avancée ````: for those who want to go further; nobody has to."""

    name = "activité-avancée"

    def read(self, text: str, line: int, head: Head) -> FenceResult:
        return drafting.quiz(text, line, head, pass_mark=50, tries=0, is_mandatory=False)


class PlainFurther(Further):
    """The same, without its accents."""

    name = "activite-avancee"
