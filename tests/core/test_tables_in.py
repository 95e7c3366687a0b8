"""Reading CSV and XLSX: what people's programs write is read; what can't be read is one clear refusal."""

import io
import random
import re
import time
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lms.core.i18n import speaking_to
from lms.core.tables import (
    Cell,
    RowFault,
    Table,
    TableRejected,
    faults,
    has_control_characters,
    looks_like_data,
    read,
    sentence,
    too_long,
    xlsx_in,
)

#: A spreadsheet knows no zones.
LEAP_MORNING = datetime(2024, 2, 29, 8, 30)  # noqa: DTZ001
TEXT = "Nom;Prénom;Mail\nMARTIN;Zoé;zoe@example.org\nNGUYỄN;Anaïs;\n"


def cells(table: Table) -> list[list[Cell]]:
    return [row.cells for row in table.rows]


def refused(content: bytes, name: str = "liste.csv") -> str:
    """The code of the refusal of this content."""
    with pytest.raises(TableRejected) as error:
        list(read(content, name).rows)
    return error.value.code


def is_refused(content: bytes, name: str) -> bool:
    """Whether this is refused, with a known code; anything but a table or a refusal is an error."""
    try:
        list(read(content, name).rows)
    except TableRejected as error:
        return error.code in faults.FILE_CODES
    return False


def workbook(*rows: Sequence[object], **more: list[list[object]]) -> bytes:
    """A workbook as openpyxl writes it; ``more``: further sheets."""
    book = openpyxl.Workbook()
    sheets: dict[str, Sequence[Sequence[object]]] = {"Feuille": rows, **more}
    for title, filled in sheets.items():
        sheet = book.create_sheet(title)
        for row in filled:
            sheet.append(row)
    del book["Sheet"]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rewritten(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The zip with each of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, change(entry.filename, old.read(entry)))
    return out.getvalue()


def with_rows(xml: bytes) -> bytes:
    """A workbook whose sheet holds exactly these rows."""

    def change(name: str, part: bytes) -> bytes:
        if not name.endswith("sheet1.xml"):
            return part
        return re.sub(rb"<sheetData>.*</sheetData>", b"<sheetData>" + xml + b"</sheetData>", part, flags=re.S)

    return rewritten(workbook(["a", "b"], ["c", "d"]), change)


# --- CSV --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("cp1252", "cp1252"),
    ],
)
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_usual_way_to_write_csv(encoding: str, said: str, delimiter: str, end: str) -> None:
    text = "Nom;Prénom;Mail\nMARTIN;Zoé;zoe@example.org\nŒUVRARD;Anaïs;\n"
    content = text.replace(";", delimiter).replace("\n", end).encode(encoding)
    table = read(content, "liste.csv")
    assert (table.kind, table.encoding, table.delimiter, table.header_line) == ("csv", said, delimiter, 1)
    assert table.header == ["Nom", "Prénom", "Mail"]
    assert cells(table) == [["MARTIN", "Zoé", "zoe@example.org"], ["ŒUVRARD", "Anaïs", None]]


def test_big_endian_utf16_is_read_by_its_mark() -> None:
    assert read(b"\xfe\xff" + TEXT.encode("utf-16-be"), "x").header == ["Nom", "Prénom", "Mail"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32", "mac_roman", "cp850"])
def test_an_encoding_that_cannot_be_told_is_refused(encoding: str) -> None:
    text = "Nom;Prénom;Ville\nDUPRÉ;Hélène;Orléans\nGARCIA;José;Béziers\nLEFÈVRE;André;Besançon\n"
    assert refused(text.encode(encoding)) == "encoding"


def test_names_of_europe_in_cp1252_are_no_misreading() -> None:
    text = "Nom;Ville\nŠimić-Žižek;Œuilly\nD’Œ “Ÿ” …;5‰ ‚cité‛\n".replace("ć", "c").replace("‛", "")
    table = read(text.encode("cp1252"), "x.csv")
    assert table.encoding == "cp1252"
    assert cells(table)[0] == ["Šimic-Žižek", "Œuilly"]


def test_lines_are_numbered_as_in_the_file_and_blank_ones_left_out() -> None:
    table = read(b'\n;;\nNom;Texte\n\n;\nA;"deux\nlignes"\n   \nB;x\n', "x.csv")
    assert table.header_line == 3
    assert [(row.line, row.cells) for row in table.rows] == [(6, ["A", "deux\nlignes"]), (9, ["B", "x"])]


def test_the_line_that_excel_adds_names_the_separator() -> None:
    table = read(b"sep=|\nNom;s|Date\nA|1\n", "x.csv")
    assert (table.delimiter, table.header, table.header_line) == ("|", ["Nom;s", "Date"], 2)
    assert cells(table) == [["A", "1"]]


def test_a_single_column() -> None:
    table = read(b"Mail\na@b.fr\nc@d.fr\n", "x.csv")
    assert (table.delimiter, cells(table)) == (";", [["a@b.fr"], ["c@d.fr"]])


def test_a_separator_within_quotes_does_not_decide() -> None:
    table = read(b'"Nom, naissance";"Ville, pays, code"\n"A, B";C\n', "x.csv")
    assert (table.delimiter, table.header) == (";", ["Nom, naissance", "Ville, pays, code"])
    assert cells(table) == [["A, B", "C"]]


def test_quotes_as_written_by_hand() -> None:
    table = read(b'a;b;c\nl"ete;5" ;"dit ""Jo"""\n"x"y;1;2\n', "x.csv")
    assert cells(table) == [['l"ete', '5" ', 'dit "Jo"'], ["xy", "1", "2"]]


@pytest.mark.parametrize(
    ("text", "faults_by_line"),
    [
        ("a;b\n1;2;3\n4;5\n", {2: "too_many_cells"}),
        ("a;b\n1\n4;5\n", {2: "too_few_cells"}),
        ("a;b\n1;2;;\n4;5\n", {}),
        ('a;b\n"1;2\n4;5\n', {2: "unclosed_quote"}),
        ('a;b\n1;"2\n4;"5"\n6;7\n', {2: "unclosed_quote"}),
        ('a;b\n1;"2\n4;"5\n6;7\n', {2: "unclosed_quote", 3: "unclosed_quote"}),
        ('a;b\n"1;"2"\n4;5\n', {2: "unclosed_quote"}),
        ('a;b\n1;2\n4;"5', {3: "unclosed_quote"}),
    ],
)
def test_broken_rows_are_named_and_the_next_ones_read(text: str, faults_by_line: dict[int, str]) -> None:
    rows = list(read(text.encode(), "x.csv").rows)
    assert {row.line: row.fault.code for row in rows if row.fault} == faults_by_line
    assert [row.line for row in rows] == list(range(2, text.rstrip("\n").count("\n") + 2))
    assert all(len(row.cells) == 2 for row in rows if not row.fault)


def test_how_many_cells_is_said() -> None:
    row = next(read(b"a;b\n1;2;3\n", "x.csv").rows)
    assert row.fault == RowFault(2, "too_many_cells", {"found": 3, "expected": 2})
    assert row.cells == ["1", "2", "3"]


def test_an_unclosed_quote_in_the_header_refuses_the_file() -> None:
    assert refused(b'"a;b\n1;2\n') == "header_quote"


def test_an_unclosed_quote_in_a_long_file_costs_little() -> None:
    lines = ['1;"2' if number % 3 == 0 else "1;2" for number in range(30_000)]
    before = time.process_time()
    rows = list(read(("a;b\n" + "\n".join(lines)).encode(), "x.csv").rows)
    assert sum(bool(row.fault) for row in rows) == 10_000
    assert time.process_time() - before < 10


def test_a_line_without_an_end_is_refused() -> None:
    assert refused(b"a;b\n" + b"x" * 2_000_000) == "line_too_long"
    assert refused(b"a;b\n1;2\n" + b"x;" * 2_000_000) == "line_too_long"


def test_control_characters_reach_the_caller() -> None:
    (row,) = read(b"a;b\nMar\x07tin;\x00\n", "x.csv").rows
    assert [has_control_characters(cell) for cell in row.cells] == [True, True]
    assert not any(map(has_control_characters, ["deux\nlignes\tet", "é’œ", None, 3]))


def test_long_cells_are_told_not_cut() -> None:
    (row,) = read(f"a;b\n{'x' * 5_001};{'x' * 5_000}\n".encode(), "x.csv").rows
    assert [too_long(cell) for cell in row.cells] == [True, False]
    assert not too_long(10**6000)


def test_a_large_file_takes_little_memory(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "large.csv"
    with path.open("w", encoding="utf-8") as out:
        out.write("Nom;Prénom;Mail\n")
        for number in range(100_000):
            out.write(f"MARTIN;Zoé;zoe{number}@example.org et encore du texte pour faire long\n")
    tracemalloc.start()
    count = sum(1 for _ in read(path, "large.csv").rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 100_000
    assert peak < 12 * 1024 * 1024


@given(
    st.lists(
        st.lists(
            st.text(
                st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t\";,|'=-@"),
                max_size=20,
            ),
            min_size=3,
            max_size=3,
        ),
        max_size=8,
    ),
    st.sampled_from(";,\t|"),
)
@settings(deadline=None, max_examples=150)
def test_what_quotes_protect_is_read_back(rows: list[list[str]], delimiter: str) -> None:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    lines = [delimiter.join(map(quoted, row)) for row in [["x", "y", "z"], *rows]]
    table = read("\r\n".join(lines).encode(), "x.csv")
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    # An apostrophe before what a spreadsheet would run is our own guard, taken off again.
    bare = [[(re.sub(r"^'(?=[=+\-@\t\r\n])", "", cell) or None) for cell in row] for row in kept]
    assert cells(table) == bare


@given(st.binary(max_size=2_000), st.sampled_from(["x.csv", "x.xlsx"]))
@example(b"PK\x03\x04", "x.csv")
@example(b"\xff\xfe\x00", "x.csv")
@example(b'"', "x.csv")
@example(b"sep=;", "x.csv")
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_a_table_or_one_refusal(content: bytes, name: str) -> None:
    is_refused(content, name)


# --- what it is -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "x.csv", "empty"),
        (b"\n \r\n", "x.csv", "empty"),
        (b"\xef\xbb\xbf", "x.csv", "empty"),
        (b";;;\n", "x.csv", "empty"),
        (b"%PDF-1.7\n...", "x.csv", "binary"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "x.csv", "binary"),
        (bytes(range(256)) * 4, "x.csv", "binary"),
        (TEXT.encode(), "x.xlsx", "text_named_xlsx"),
        (TEXT.encode("utf-16"), "x.XLSX", "text_named_xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "x.xls", "old_xls"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le"),
            "x.xlsx",
            "protected",
        ),
        (b"PK\x03\x04 not a zip", "x.xlsx", "not_xlsx"),
    ],
)
def test_what_is_no_table_is_refused_by_what_it_holds(content: bytes, name: str, code: str) -> None:
    assert refused(content, name) == code


def test_the_name_never_decides() -> None:
    assert read(workbook(["a"], ["b"]), "liste.csv").kind == "xlsx"
    assert read(TEXT.encode(), "liste.txt").kind == "csv"


def test_a_zip_that_is_no_workbook() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert refused(out.getvalue(), "x.docx") == "not_xlsx"


@pytest.mark.parametrize(
    ("header", "is_data"),
    [
        (["Nom", "Prénom", "Date de naissance", "N° 2"], False),
        (["c_nomcorrespondance", "dd_datedebutplanformation"], False),
        (["MARTIN", "zoe@example.org"], True),
        (["MARTIN", "12/03/1987"], True),
        (["1987-03-12"], True),
        (["06 12 34 56 78"], True),
        (["93190"], True),
        (["Session 2024", "2024", "1"], False),
        ([date(2024, 1, 1)], True),
        ([12], True),
        ([None, True, ""], False),
    ],
)
def test_data_where_the_header_should_be(header: list[Cell], is_data: bool) -> None:
    assert looks_like_data(header) is is_data


# --- XLSX -------------------------------------------------------------------------------------------------------------


def test_a_workbook_keeps_its_types() -> None:
    content = workbook(
        ["Nom", "Entier", "Décimal", "Jour", "Moment", "Vrai", "Code", None],
        ["Zoé", 5, 1.5, date(2024, 2, 29), LEAP_MORNING, True, "01000"],
        [None, None, None],
        ["=1+1", None, None, None, None, None, "x", "de trop"],
    )
    table = read(content, "x.xlsx")
    assert (table.kind, table.sheet, table.header_line) == ("xlsx", "Feuille", 1)
    assert table.header == ["Nom", "Entier", "Décimal", "Jour", "Moment", "Vrai", "Code"]
    first, last = table.rows
    assert first.cells == ["Zoé", 5, 1.5, date(2024, 2, 29), LEAP_MORNING, True, "01000"]
    assert [type(cell) for cell in first.cells[1:3]] == [int, float]
    assert first.fault is None
    assert (last.line, last.fault and last.fault.code) == (4, "too_many_cells")


def test_times_and_durations_become_text() -> None:
    table = read(workbook(["a", "b"], [LEAP_MORNING.time(), timedelta(hours=30)]), "x")
    assert cells(table) == [["08:30", "1 day, 6:00:00"]]


def test_the_first_filled_sheet_is_read_and_lines_are_those_of_the_sheet() -> None:
    content = workbook(vide=[], plein=[[None], [None, None], [None, "Nom", "Ville"], [], [None, "A", "B"]])
    table = read(content, "x.xlsx")
    assert (table.sheet, table.header, table.header_line) == ("plein", ["Nom", "Ville"], 3)
    assert [(row.line, row.cells) for row in table.rows] == [(5, ["A", "B"])]


def test_a_hidden_sheet_is_not_the_one_meant() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(["caché"], ["x"], Montrée=[["Nom"], ["A"]])))
    book["Feuille"].sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    assert read(out.getvalue(), "x.xlsx").sheet == "Montrée"


def test_an_empty_workbook_and_one_of_charts_only() -> None:
    assert refused(workbook(), "x.xlsx") == "empty"
    assert refused(with_rows(b""), "x.xlsx") == "empty"


def test_a_style_far_below_does_not_make_a_sheet_large() -> None:
    xml = b'<row r="1"><c r="A1" t="str"><v>Nom</v></c></row><row r="1048576"><c r="XFD1048576" s="0"/></row>'
    assert read(with_rows(xml), "x.xlsx").header == ["Nom"]


FAR = b'<row r="1"><c r="A1"><v>1</v></c></row>'


@pytest.mark.parametrize(
    "xml",
    [
        FAR + b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        FAR + b'<row r="1048576"><c t="n" r = \'XFD1048576\'><v>1</v></c></row>',
        FAR + b'<row r="1048576"><c s="0"r="XFD1048576"><v>1</v></c></row>',
        FAR + b'<row r="1048576"><c t=">" r="xfd1048576"><v>1</v></c></row>',
        FAR + b'<row r="1048576"><c r="XFD01048576" t="/>"><v>1</v></c></row>',
        FAR + b'<row r="1048570"/>' + b"<row><c><v>1</v></c><c><v>1</v></c></row>",
        FAR + b'<row r="1048570"><c r="ZZ1" s="0"/><c t="/>"><v>1</v></c></row>',
        FAR + b'<row r="1"><c r="A99999999999"><v>1</v></c></row>',
        FAR + b'<row r="1"><c r="AAAAAAAA1"><v>1</v></c></row>',
        FAR + b'<row r="1048576"><c ' + b" " * 1_100_000 + b'r="ZZ1048576"><v>1</v></c></row>',
        FAR + b'<row r="1048576">' + b'<x:c xmlns:x="y" r="ZZ1048576"><v>1</v></x:c></row>',
    ],
)
def test_cells_far_apart_are_refused_before_memory_is_taken(xml: bytes) -> None:
    assert refused(with_rows(xml), "x.xlsx") == "too_large"


def test_too_many_cells_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_in, "CELLS", 50)
    assert refused(workbook(*[["a", "b", "c"]] * 17), "x.xlsx") == "too_large"
    assert read(workbook(*[["a", "b", "c"]] * 16), "x.xlsx").header == ["a", "b", "c"]
    assert refused(with_rows(b"<row><c><v>1</v></c></row>" * 51), "x.xlsx") == "too_large"


def test_cells_without_a_place_are_counted_on() -> None:
    table = read(with_rows(b"<row><c><v>1</v></c><c><v>2</v></c></row><row><c/><c><v>3</v></c></row>"), "x")
    assert (table.header, cells(table)) == (["1", "2"], [[None, 3]])


def _bomb(size: int, extra: int = 0) -> bytes:
    def change(name: str, part: bytes) -> bytes:
        return part.replace(b"<sheetData>", b"<sheetData>" + b" " * size) if "sheet1" in name else part

    content = rewritten(workbook(["a"], ["b"]), change)
    if extra:
        out = io.BytesIO(content)
        with zipfile.ZipFile(out, "a") as archive:
            for number in range(extra):
                archive.writestr(f"x/{number}.xml", "")
        return out.getvalue()
    return content


def test_bombs_are_refused_by_the_directory_of_the_zip(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("unpacked")

    small, ratio, many = _bomb(9_000_000), _bomb(20_000_000), _bomb(0, extra=2_001)
    monkeypatch.setattr(zipfile.ZipFile, "open", never)
    assert refused(ratio, "x.xlsx") == "bomb"
    assert refused(many, "x.xlsx") == "bomb"
    monkeypatch.setattr(xlsx_in, "UNPACKED", 5_000_000)
    assert refused(small, "x.xlsx") == "bomb"


def test_a_directory_that_lies_about_sizes_is_refused() -> None:
    content = _bomb(20_000_000)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        true = next(e for e in archive.infolist() if e.filename.endswith("sheet1.xml")).file_size
    lying = content.replace(true.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert lying != content
    assert refused(lying, "x.xlsx") == "not_xlsx"


def test_entities_are_not_expanded() -> None:
    def change(name: str, part: bytes) -> bytes:
        if not name.endswith("sheet1.xml"):
            return part
        head = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
        cell = b'<c r="A2" t="inlineStr"><is><t>&b;&f;</t></is></c>'
        return head + re.sub(rb'<c r="A2".*?</c>', cell, part, flags=re.S)

    content = rewritten(workbook(["a"], ["b"]), change)
    try:
        found = cells(read(content, "x.xlsx"))
    except TableRejected as error:
        assert error.code == "unreadable"  # noqa: PT017
    else:
        assert all("root" not in str(row) and "aaaa" not in str(row) for row in found)


def _mutations(count: int) -> None:
    chance, refusals = random.Random(7), 0
    good = workbook(["Nom", "Ville", "Jour"], *[["A", "B", date(2024, 1, 1)]] * 20)
    for _ in range(count):
        content = bytearray(good)
        for _ in range(chance.choice((1, 3, 20))):
            content[chance.randrange(len(content))] = chance.randrange(256)
        if chance.random() < 0.3:
            del content[chance.randrange(len(content)) :]
        refusals += is_refused(bytes(content), "x.xlsx")
    assert 0 < refusals < count


def test_mutated_workbooks_are_read_or_refused() -> None:
    _mutations(300)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_ten_thousand_mutated_workbooks_are_read_or_refused() -> None:
    _mutations(10_000)


def _inner_mutations(count: int) -> None:
    """The zip is sound, the XML in it is not."""
    chance, refusals = random.Random(11), 0
    good = workbook(["Nom", "Ville", "Jour"], *[["A", "B", date(2024, 1, 1)]] * 20)

    def change(_name: str, part: bytes) -> bytes:
        content = bytearray(part)
        if chance.random() < 0.4:
            for _ in range(chance.choice((1, 4))):
                content[chance.randrange(len(content))] = chance.choice(b"<>/\"'=&0123456789AZaz \0\xff")
        return bytes(content)

    for _ in range(count):
        refusals += is_refused(rewritten(good, change), "x.xlsx")
    assert 0 < refusals < count


def test_workbooks_with_mutated_parts_are_read_or_refused() -> None:
    _inner_mutations(200)


# --- what is said -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_refusal_has_its_own_sentence_and_remedy(language: str) -> None:
    details: dict[str, object] = {"limit": 2, "line": 3, "found": 4, "expected": 5}
    with speaking_to(language):
        said = [sentence(TableRejected(code, **details)) for code in sorted(faults.FILE_CODES)]
        said += [sentence(RowFault(1, code, details)) for code in sorted(faults.ROW_CODES)]
    assert len({message for message, _ in said}) == len(said) == len({remedy for _, remedy in said})
    assert all(text.endswith(".") and "%(" not in text for pair in said for text in pair)


def test_a_refusal_speaks_to_whoever_reads_it() -> None:
    error = TableRejected("empty")
    assert error.status == 422
    with speaking_to("en"):
        assert sentence(error)[0] == "This file is empty."
    with speaking_to("fr"):
        assert sentence(error)[0] == "Ce fichier est vide."


# --- real layouts -----------------------------------------------------------------------------------------------------


def test_real_layouts_are_read(data: Path) -> None:
    folder = data / "learners"
    found = {}
    for path in sorted(folder.glob("*.csv")):
        table = read(path, path.name)
        rows = list(table.rows)
        found[path.stem] = (
            table.delimiter,
            len(table.header),
            len(rows),
            sum(bool(row.fault) for row in rows),
        )
        assert not looks_like_data(table.header)
    assert found["stagiaires-pe"][0] == "|"
    assert found["stagiaires-idf"][0] == ";"
    assert not any(broken for _, _, _, broken in found.values()), found
    assert sum(count for _, _, count, _ in found.values()) == 19
