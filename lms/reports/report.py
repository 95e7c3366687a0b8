"""What a report is: one file in ``library/``, found by a folder scan. It reads, and writes no file itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from lms.core.i18n import Lazy
from lms.core.kinds import Kind
from lms.core.tables import Column, Sheet, TextSheet
from lms.core.tables import Kind as Cells
from lms.reports.scope import Scope


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a report: ``key`` never changes, ``label`` and ``meaning`` are said in the reader's language."""

    key: str
    label: Lazy
    meaning: Lazy
    kind: Cells = Cells.TEXT
    width: float = 16

    def column(self) -> Column:
        """The column as it is written, in the language spoken now."""
        return Column(self.key, str(self.label), self.kind, self.width)


class Report(Kind):
    """A family of tables on people's courses. A member has a ``name``, a ``label``, a ``summary`` and its ``fields``.

    Each method sends a constant number of statements, whatever the number of rows, and stays inside the scope.
    """

    name: ClassVar[str] = ""
    label: ClassVar[Lazy]
    summary: ClassVar[Lazy]
    #: The columns of ``rows``.
    fields: ClassVar[tuple[Field, ...]] = ()

    @property
    def columns(self) -> list[Column]:
        """The columns of ``rows``, in the language spoken now."""
        return [field.column() for field in self.fields]

    def count(self, scope: Scope) -> int:
        """How many rows there will be."""
        raise NotImplementedError

    def rows(self, scope: Scope) -> Iterator[Sequence[object]]:
        """The rows, streamed, with one value per column."""
        raise NotImplementedError

    def sheets(self, scope: Scope) -> Iterator[Sheet | TextSheet]:
        """The workbook, sheet by sheet; the first explains the others."""
        raise NotImplementedError
