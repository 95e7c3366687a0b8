"""Writing XLSX and CSV: typed cells, no formulas, the quick way and the plain way equal cell by cell."""

import io
import math
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet import _writer

from lms.core.tables import (
    Column,
    Kind,
    Properties,
    Sheet,
    TextSheet,
    read,
    template_xlsx,
    write_csv,
    write_xlsx,
    xlsx_out,
)
from lms.core.tables.columns import clean, sheet_title, stored

COLUMNS = [
    Column("name", "Nom", Kind.TEXT, 30),
    Column("count", "Nombre", Kind.INTEGER, 8),
    Column("mark", "Note", Kind.NUMBER),
    Column("share", "Progression", Kind.PERCENT),
    Column("day", "Jour", Kind.DATE),
    Column("moment", "Moment", Kind.DATETIME),
    Column("time", "Heures", Kind.HOURS),
]
#: A spreadsheet knows no zones.
MORNING = datetime(2026, 11, 24, 8, 30)  # noqa: DTZ001
ROW = ("Zoé & <Cie>", 3, 12.5, 0.45, date(2026, 11, 24), MORNING, 5_400)
ABOUT = Properties("Suivi", "Kokoroe", "Cohorte d’été", "a, b", "fr", datetime(2026, 1, 2, 3, 4, tzinfo=UTC))
DANGEROUS = [
    "=1+1",
    "=cmd|'/c calc'!A0",
    "+33 6 12",
    "-5",
    "@SUM(A1)",
    "\t=1",
    "#N/A",
    "#REF!",
    "TRUE",
    "01000",
    "1e5",
]


def written(*sheets: Sheet | TextSheet, spliced: bool = True) -> bytes:
    out = io.BytesIO()
    write_xlsx(out, sheets, ABOUT, spliced=spliced)
    return out.getvalue()


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def values(sheet: Any) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


@pytest.fixture(params=[True, False], ids=["spliced", "plain"])
def spliced(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_cells_have_types_and_formats(spliced: bool) -> None:
    sheet = opened(written(Sheet("Parcours", COLUMNS, [ROW]), spliced=spliced)).active
    assert [cell.value for cell in sheet[1]] == [column.label for column in COLUMNS]
    assert [cell.value for cell in sheet[2]] == [
        *("Zoé & <Cie>", 3, 12.5, 0.45),
        datetime(2026, 11, 24),  # noqa: DTZ001
        MORNING,
        timedelta(hours=1, minutes=30),
    ]
    assert [cell.number_format for cell in sheet[2]] == [
        *("General", "0", "0.00", "0%", "dd/mm/yyyy", "dd/mm/yyyy hh:mm", "[h]:mm"),
    ]


def test_the_sheet_is_ready_for_work(spliced: bool) -> None:
    book = opened(written(Sheet("Parcours", COLUMNS, [ROW] * 5), spliced=spliced))
    sheet = book.active
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:G6"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width) == (30, 8)
    assert sheet["A1"].font.bold
    about = book.properties
    assert (about.title, about.creator, about.keywords, about.language) == ("Suivi", "Kokoroe", "a, b", "fr")
    assert about.created == datetime(2026, 1, 2, 3, 4)  # noqa: DTZ001


def test_no_text_is_ever_a_formula(spliced: bool) -> None:
    columns = [Column("a", "=1+2"), Column("b", "Nombre", Kind.NUMBER)]
    content = written(
        Sheet("=1", columns, [(text, text) for text in DANGEROUS], notes=["=3"]),
        TextSheet("Lisez-moi", [("=A1", "=B1")]),
        spliced=spliced,
    )
    for sheet in opened(content).worksheets:
        for row in sheet.iter_rows():
            assert all(cell.data_type in {"s", "n", "inlineStr"} for cell in row if cell.value is not None)
    assert [row[0] for row in values(opened(content).worksheets[0])[1:-2]] == DANGEROUS
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist() if "sheet" in name)


def test_what_we_write_is_what_we_read(spliced: bool) -> None:
    rows = [(text, number) for number, text in enumerate(DANGEROUS)]
    content = written(Sheet("x", [Column("a", "A"), Column("b", "B", Kind.INTEGER)], rows), spliced=spliced)
    assert [tuple(row.cells) for row in read(content, "x.xlsx").rows] == [(clean(a), b) for a, b in rows]


_CELLS = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.sampled_from(
        [*DANGEROUS, " x ", "a\r\nb\rc", "\x00\x07\ud800\ufffe", "]]>", "&amp;", "\u00a0x", "", "x" * 40_000]
    ),
    st.integers(-(10**9), 10**9),
    st.floats(),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**6), max_value=10**6),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(timezone(timedelta(hours=2)))),
)


@given(
    st.lists(st.tuples(*[_CELLS] * len(COLUMNS)), max_size=5),
    st.lists(st.text(min_size=1, max_size=5), max_size=2),
)
@settings(deadline=None, max_examples=120)
def test_the_quick_way_and_the_plain_way_are_equal(rows: list[tuple[object, ...]], notes: list[str]) -> None:
    def everything(content: bytes) -> list[object]:
        return [
            (
                cell.coordinate,
                cell.value,
                cell.data_type,
                cell.number_format,
                cell.font.b,
                cell.fill.fgColor.rgb,
            )
            for sheet in opened(content).worksheets
            for row in sheet.iter_rows()
            for cell in row
        ]

    sheets: list[Sheet | TextSheet] = [
        TextSheet("Lisez-moi", [("Période", "2026"), ("Lignes", len(rows))]),
        Sheet("P", COLUMNS, rows, notes),
    ]
    quick, plain = written(*sheets), written(*sheets, spliced=False)
    assert everything(quick) == everything(plain)
    assert _parts(quick) == _parts(plain)


def _parts(content: bytes) -> dict[str, bytes]:
    """All but the sheets themselves: styles, properties, workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {
            name: archive.read(name)
            for name in archive.namelist()
            if "worksheets/" not in name and name != "docProps/core.xml"
        }


def test_more_rows_than_a_sheet_holds_go_on_in_another(
    spliced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_out, "ROWS_PER_SHEET", 10)
    columns = [Column("n", "N", Kind.INTEGER)]
    for count, sizes in ((0, [0]), (9, [9]), (10, [10]), (11, [10, 1]), (25, [10, 10, 5])):
        out = io.BytesIO()
        rows = ((number,) for number in range(count))
        assert write_xlsx(out, [Sheet("Suivi", columns, rows, ["Fin"])], ABOUT, spliced=spliced) == count
        sheets = opened(out.getvalue()).worksheets
        assert [sheet.title for sheet in sheets] == ["Suivi", "Suivi (2)", "Suivi (3)"][: len(sizes)]
        assert [sheet.auto_filter.ref for sheet in sheets] == [f"A1:A{size + 1}" for size in sizes]
        read_back = [row[0] for sheet in sheets for row in values(sheet) if isinstance(row[0], int)]
        assert read_back == list(range(count))
        assert [sheet["A1"].value for sheet in sheets] == ["N"] * len(sizes)
        assert [values(sheet)[-1] == ["Fin"] for sheet in sheets] == [*[False] * (len(sizes) - 1), True]


def test_rows_of_another_length_are_a_mistake(spliced: bool) -> None:
    with pytest.raises(ValueError, match="zip"):
        written(Sheet("x", COLUMNS, [("trop court",)]), spliced=spliced)


def test_a_failure_in_the_rows_is_passed_on_and_leaves_nothing(spliced: bool) -> None:
    def rows() -> Iterator[Sequence[object]]:
        yield ROW
        raise RuntimeError("the database went away")

    before = list(_writer.ALL_TEMP_FILES)
    with pytest.raises(RuntimeError, match="went away"):
        written(TextSheet("t", [("a", "b")]), Sheet("x", COLUMNS, rows()), spliced=spliced)
    assert before == _writer.ALL_TEMP_FILES


def test_a_file_may_be_a_path(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "x.xlsx", [Sheet("x", COLUMNS, [ROW])], ABOUT)
    assert read(tmp_path / "x.xlsx", "x.xlsx").sheet == "x"


@pytest.mark.parametrize(
    ("kind", "value", "held"),
    [
        (Kind.TEXT, 7, "7"),
        (Kind.TEXT, date(2026, 1, 2), "02/01/2026"),
        (Kind.TEXT, "x" * 32_768, "x" * 32_766 + "…"),
        (Kind.INTEGER, "n. c.", "n. c."),
        (Kind.INTEGER, True, "True"),
        (Kind.NUMBER, math.nan, None),
        (Kind.NUMBER, -math.inf, None),
        (Kind.NUMBER, Decimal("1.50"), 1.5),
        (Kind.HOURS, 36 * 3600, 1.5),
        (Kind.HOURS, -90 * 60, "-1:30"),
        (Kind.HOURS, math.inf, None),
        (Kind.DATE, date(1900, 3, 1), 61),
        (Kind.DATE, date(1899, 5, 4), "04/05/1899"),
        (Kind.DATE, date(812, 5, 4), "04/05/0812"),
        (Kind.DATE, MORNING, 46350),
        (Kind.DATE, 5, "5"),
        (Kind.INTEGER, date(2026, 1, 2), "02/01/2026"),
        (Kind.DATETIME, date(2026, 11, 24), 46350),
        (Kind.TEXT, "", None),
        (Kind.TEXT, None, None),
    ],
)
def test_what_a_cell_holds(kind: Kind, value: object, held: object) -> None:
    assert stored(kind, value) == held
    assert type(stored(kind, value)) is type(held)


def test_titles_are_made_fit() -> None:
    taken: set[str] = set()
    titles = ["Suivi", "SUIVI", "a/b:c*d?[e]\\", "", "x" * 40, "x" * 40, "'quoted'"]
    assert [sheet_title(title, taken) for title in titles] == [
        *("Suivi", "SUIVI (2)", "a b c d  e", "1", "x" * 31, "x" * 27 + " (2)", "quoted"),
    ]


def test_the_template_is_empty_and_keeps_leading_zeros() -> None:
    columns = [Column("name", "Nom"), Column("code", "Code postal", Kind.INTEGER)]
    content = template_xlsx(columns, [("MARTIN", "01000")], [("Code postal", "Cinq chiffres.")])
    data, examples, notes = opened(content).worksheets
    assert values(data) == [["Nom", "Code postal"]]
    assert data.column_dimensions["B"].number_format == "@"
    assert values(examples)[1] == ["MARTIN", "01000"]
    assert values(notes) == [["Code postal", "Cinq chiffres."]]
    table = read(content, "modele.xlsx")
    assert table.header == ["Nom", "Code postal"]
    assert list(table.rows) == []


# --- CSV --------------------------------------------------------------------------------------------------------------


def as_csv(rows: list[Sequence[object]], columns: Sequence[Column] = COLUMNS) -> bytes:
    out = io.BytesIO()
    assert write_csv(out, columns, rows) == len(rows)
    return out.getvalue()


def test_csv_is_what_french_spreadsheets_open() -> None:
    content = as_csv([ROW, (None,) * 7])
    assert content.startswith(b"\xef\xbb\xbfNom;Nombre;")
    assert content.decode("utf-8-sig").splitlines()[1:] == [
        "Zoé & <Cie>;3;12,5;45;2026-11-24;2026-11-24 08:30;1:30",
        ";;;;;;",
    ]


def test_csv_guards_texts_and_leaves_numbers() -> None:
    columns = [Column("a", "@A"), Column("b", "B", Kind.NUMBER)]
    content = as_csv([(text, -5) for text in DANGEROUS], columns).decode("utf-8-sig")
    lines = content.split("\r\n")
    assert lines[0] == "'@A;B"
    assert lines[1:5] == ["'=1+1;-5", "'=cmd|'/c calc'!A0;-5", "'+33 6 12;-5", "'-5;-5"]
    assert "#N/A;-5" in lines


def test_csv_numbers() -> None:
    columns = [Column("n", "N", Kind.NUMBER), Column("p", "P", Kind.PERCENT), Column("h", "H", Kind.HOURS)]
    rows: list[Sequence[object]] = [
        (2.0, 1, 90_000),
        (math.nan, 1 / 3, -60),
        (Decimal("1.5"), 0, 0),
        ("n. c.", None, 59),
    ]
    lines = as_csv(rows, columns).decode("utf-8-sig").split("\r\n")
    assert lines[1:5] == ["2;100;25:00", ";33,33;-0:01", "1,5;0;0:00", "n. c.;;0:01"]


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=6))
@example([("", "\n"), ("'\n", ""), ("\t ", " "), ("'=", "'")])
@settings(deadline=None, max_examples=150)
def test_csv_texts_come_back(rows: list[tuple[str, str]]) -> None:
    columns = [Column("a", "A"), Column("b", "B")]
    table = read(as_csv(list(rows), columns), "x.csv")
    # A text that began with an apostrophe and such a sign loses it: the two can't be told apart.
    bare = [
        [c[1:] if c[:1] == "'" and c[1:2] in [*"=+-@\t\n"] else c for c in map(clean, row)] for row in rows
    ]
    kept = [[cell or None for cell in row] for row in bare if any(cell.strip() for cell in row)]
    assert [row.cells for row in table.rows] == kept
