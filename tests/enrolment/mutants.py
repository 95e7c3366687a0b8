"""Files that were good once: half of them CSV, half of them workbooks broken inside their zip and their XML."""

import io
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from lms.core.tables import Column, Properties, Sheet, write_xlsx
from lms.core.tables import read as read_table

_CELLS = (
    *(
        "",
        "NULL",
        "-",
        "31/02/1990",
        "2 95 10 99 126 111 93",
        "9" * 40,
        "a@b@c.fr",
        "nadia@gmial.com",
        "06 12",
        "=1+1",
    ),
    *(
        "\x1b[2J",
        "x" * 6_000,
        "Jean-Marc",
        "00000000",
        "1234567A",
        "45000",
        "2A004",
        "📞",
        "﻿",
        "e\u0301",
        "1900-01-01",
    ),
)
_SEPARATORS = (";", "|", ",", "\t")
_PARTS = ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml", "xl/styles.xml")
_SPLINTERS = (
    *(b"<", b"</row>", b"<c/>", b"&amp;", b"&#0;", b"<!--", b"]]>", b"<row r='99999999'/>", b"&bomb;", b"\xff\xfe", b"\x00"),
    *(b'<c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c>', b"<!DOCTYPE x [<!ENTITY bomb 'aaaa'>]>", b'<c t="s"><v>7</v></c>'),
)  # fmt: skip


def mutant(seed: int, files: list[Path]) -> tuple[str, bytes, str]:
    """What was done, the bytes, and a name: the same for the same seed. Every other one is a workbook."""
    chance = random.Random(seed)
    source = chance.choice(files)
    if seed % 2:
        kind, way = chance.choice(_OF_WORKBOOKS)
        return f"xlsx {kind}", way(chance, _workbook(source, chance)), "gens.xlsx"
    kind, of_text = chance.choice(_OF_TEXTS)
    return f"csv {kind}", of_text(chance, source.read_bytes()), source.name


def _workbook(source: Path, chance: random.Random) -> bytes:
    """The same people in a workbook, some cells of which are wrong."""
    table = read_table(source, source.name)
    rows = [[str(cell) if cell is not None else None for cell in row.cells] for row in table.rows]
    for _n in range(chance.randint(0, 3)):
        row = chance.choice(rows)
        row[chance.randrange(len(row))] = chance.choice(_CELLS)
    columns = [Column(f"c{n}", name) for n, name in enumerate(table.header)]
    fitting = [(row + [None] * len(columns))[: len(columns)] for row in rows]
    made = io.BytesIO()
    write_xlsx(made, [Sheet("Data", columns, fitting)], Properties("x"))
    return made.getvalue()


def _bytes(chance: random.Random, content: bytes) -> bytes:
    made = bytearray(content)
    for _n in range(chance.randint(1, 8)):
        at = chance.randrange(len(made) or 1)
        match chance.randrange(4):
            case 0:
                del made[at : at + chance.randint(1, 30)]
            case 1:
                made[at : at + 1] = bytes([chance.randrange(256)])
            case 2:
                made[at:at] = made[: chance.randint(1, 200)]
            case 3:
                made[at:at] = chance.choice(_CELLS).encode("utf-8", "replace")
        made = made or bytearray(b";")
    return bytes(made)


def _cells(chance: random.Random, content: bytes) -> bytes:
    """Cells are exchanged, lines doubled, cut and shuffled; the header stays."""
    text = content.decode("utf-8-sig", "replace")
    head, *lines = text.splitlines()
    mark = max(_SEPARATORS, key=head.count)
    rows = [line.split(mark) for line in lines if line]
    for _n in range(chance.randint(1, 6)):
        row = chance.choice(rows)
        match chance.randrange(5):
            case 0 | 1:
                row[chance.randrange(len(row))] = chance.choice(_CELLS)
            case 2:
                rows.append(list(row))
            case 3:
                del row[-1:]
                row = row or [""]
            case 4:
                row.append("trop")
        rows = [one or [""] for one in rows]
    chance.shuffle(rows)
    return "\n".join([head, *(mark.join(row) for row in rows)]).encode("utf-8", "replace")


def _spelling(chance: random.Random, content: bytes) -> bytes:
    """Another encoding, other ends of lines, other separators."""
    text = content.decode("utf-8-sig", "replace")
    if chance.random() < 0.5:
        text = text.replace("\n", chance.choice(["\r\n", "\r", "\n\n"]))
    if chance.random() < 0.3:
        text = text.replace(max(_SEPARATORS, key=text.count), chance.choice(_SEPARATORS))
    return text.encode(
        chance.choice(["utf-8", "utf-8-sig", "cp1252", "utf-16", "mac_roman", "utf-16-le"]), "replace"
    )


def _in_xml(change: Callable[[random.Random, bytes], bytes]) -> Callable[[random.Random, bytes], bytes]:
    """Unzip, change one part, zip again."""

    def way(chance: random.Random, content: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            parts = {entry.filename: book.read(entry) for entry in book.infolist()}
        name = _PARTS[0] if chance.random() < 0.8 else chance.choice(_PARTS)
        parts[name] = change(chance, parts.get(name, b""))
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", chance.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])) as book:
            for entry, part in parts.items():
                book.writestr(entry, part)
        return made.getvalue()

    return way


def _texts_of_cells(chance: random.Random, xml: bytes) -> bytes:
    """Texts between tags are exchanged: the XML stays whole."""
    spots = list(re.finditer(rb"(<t[^>]*>)([^<]*)(</t>)", xml))
    for spot in sorted(chance.sample(spots, min(len(spots), chance.randint(1, 5))), key=lambda s: -s.start()):
        cell = chance.choice(_CELLS).encode("utf-8", "replace").replace(b"\x1b", b"").replace(b"<", b"")
        xml = xml[: spot.start(2)] + cell.replace(b"&", b"") + xml[spot.end(2) :]
    return xml


def _splintered(chance: random.Random, xml: bytes) -> bytes:
    for _n in range(chance.randint(1, 3)):
        at = chance.randrange(len(xml) or 1)
        xml = xml[:at] + chance.choice(_SPLINTERS) + xml[at:]
    return xml


def _tags_moved(chance: random.Random, xml: bytes) -> bytes:
    """Whole rows and cells are doubled, taken away, or given another place."""
    spots = list(re.finditer(rb"<row .*?</row>|<c .*?</c>", xml, re.DOTALL))
    if not spots:
        return xml
    spot = chance.choice(spots)
    match chance.randrange(3):
        case 0:
            return xml[: spot.start()] + xml[spot.end() :]
        case 1:
            return xml[: spot.end()] + spot[0] + xml[spot.end() :]
        case _:
            return xml.replace(b'r="B', b'r="' + chance.choice([b"A", b"ZZ", b"XFD", b"$", b""]), 1)


def _zip_lies(chance: random.Random, content: bytes) -> bytes:
    """The directory of the zip says something else than its parts."""
    made = bytearray(content)
    spots = [spot.start() for spot in re.finditer(b"PK\x01\x02", content)]
    at = chance.choice(spots)
    offset = chance.choice(
        [10, 16, 20, 24, 28, 42]
    )  # method, sum, packed, unpacked, length of the name, place
    made[at + offset : at + offset + 4] = chance.randbytes(4)
    return bytes(made)


_OF_TEXTS = (("bytes", _bytes), ("cells", _cells), ("cells", _cells), ("spelling", _spelling))
_OF_WORKBOOKS = (
    ("bytes of the zip", _bytes),
    ("directory of the zip", _zip_lies),
    ("texts in XML", _in_xml(_texts_of_cells)),
    ("texts in XML", _in_xml(_texts_of_cells)),
    ("tags in XML", _in_xml(_tags_moved)),
    ("splinters in XML", _in_xml(_splintered)),
)
