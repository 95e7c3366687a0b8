"""The least that can be done for the same data, columns and styles: what each benchmark is compared with.

Plain SQL, plain Flask, plain openpyxl, plain xhtml2pdf. No checks, no rights, no languages, no events: nobody could use
it, and nobody can be faster with the same parts. A floor that gets dearer makes the house look better: change with care.
"""

import base64
import csv
import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, text

from lms.core import pdf
from lms.core.tables import Column
from lms.core.tables.columns import FORMATS

_ENROL = text("""
    insert into enrolment (tenant_id, member_id, cohort_id, person_id, course_id, batch_id, position, attempt, due_on,
                           steps_done, steps_total, seconds)
    select m.tenant_id, m.id, m.cohort_id, m.person_id, cc.course_id, m.batch_id, cc.position, 1, co.due_on, 0, c.steps, 0
    from cohort_member m
    join cohort co on co.tenant_id = m.tenant_id and co.id = m.cohort_id
    join cohort_course cc on cc.tenant_id = m.tenant_id and cc.cohort_id = m.cohort_id
    join course c on c.tenant_id = cc.tenant_id and c.id = cc.course_id
    where m.tenant_id = :tenant_id and m.cohort_id = :cohort_id
""")
_PERSON = text("""
    insert into person (tenant_id, last_name, first_name, sort_name, email, phone, birth_date, postcode,
                        agency_identifier, situation, language, created_at)
    values (:tenant_id, :a, :b, :b, :c, :d, :e, :f, :g, 'job-seeker', 'fr', :now)
""")
_MEMBERSHIP = text("""
    insert into membership (tenant_id, person_id, sort_name, organisation_id, role, created_at)
    select tenant_id, id, sort_name, :agency_id, 'learner', created_at from person
    where tenant_id = :tenant_id and created_at = :now
""")
_MEMBER = text("""
    insert into cohort_member (tenant_id, cohort_id, person_id, batch_id, state, funder, scheme, agency, adviser, siret,
                               steps_done, steps_total, seconds, joined_at, withdrawal_reason)
    select tenant_id, :cohort_id, id, :batch_id, 'registered', '', '', '', '', '', 0, 0, 0, created_at, ''
    from person where tenant_id = :tenant_id and created_at = :now
""")
_MARK = text("""
    insert into learning_event (tenant_id, enrolment_id, number, activity_id, verb, at, seconds, details, hash)
    values (:tenant_id, :enrolment_id, :number, :activity_id, 'done', :at, 0, '{}', :hash)
""")
_NAMES = text("select id, first_name, last_name from person where tenant_id = :tenant_id limit :many")
_FILLER = "<p>bare</p>" * 600
_SHEET = "xl/worksheets/sheet1.xml"


def enrolled(engine: Engine, tenant_id: int, cohort_id: int) -> None:
    """The members of a cohort on its courses: one statement, whose rows have all the columns that ours have."""
    with engine.begin() as connection:
        connection.execute(_ENROL, {"tenant_id": tenant_id, "cohort_id": cohort_id})


def imported(engine: Engine, file: Path, where: Mapping[str, int], now: Any) -> None:
    """The rows of a CSV file as persons, memberships, members and enrolments; believed as they stand."""
    with file.open(encoding="utf-8", newline="") as source, engine.begin() as connection:
        lines = csv.reader(source, delimiter=";")
        next(lines)
        rows = [
            {**dict(zip("abcdefg", line, strict=False)), "e": _day(line[4], engine), **where, "now": now}
            for line in lines
        ]
        connection.execute(_PERSON, rows)
        for statement in (_MEMBERSHIP, _MEMBER, _ENROL):
            connection.execute(statement, {**where, "now": now})


def fingerprinted(file: Path) -> int:
    """Every line of a CSV file cut and given a fingerprint; how many differ."""
    with file.open(encoding="utf-8", newline="") as source:
        lines = csv.reader(source, delimiter=";")
        return len({hashlib.blake2b("\x1f".join(line).encode(), digest_size=8).digest() for line in lines})


def page(engine: Engine, tenant_id: int, many: int = 1) -> Flask:
    """A page of one query: so many names, and some text."""
    app = Flask("bare")

    @app.get("/bare")
    def bare() -> str:
        with engine.connect() as connection:
            rows = connection.execute(_NAMES, {"tenant_id": tenant_id, "many": many}).all()
        return "".join(f"<li>{row[0]} {row[1]} {row[2]}</li>" for row in rows) + _FILLER

    return app


def deed(engine: Engine, row: Mapping[str, Any]) -> Flask:
    """A form that writes one row of the ledger, numbered on from ``row``."""
    app, last = Flask("bare"), [int(row["number"])]

    @app.post("/bare")
    def bare() -> str:
        last[0] += 1
        with engine.begin() as connection:
            connection.execute(_MARK, {**row, "number": last[0]})
        return "done"

    return app


def workbook(engine: Engine, tenant_id: int, cohort_id: int, columns: Sequence[Column], target: Path) -> int:
    """The rows of one SELECT, spliced into a sheet that openpyxl made: as many columns, and their number formats."""
    head, tail, styles, archive = _empty(columns, target)
    count = 1
    with engine.connect() as connection, archive, archive.open(_SHEET, "w", force_zip64=True) as out:
        out.write(head)
        statement = text(_rows(engine)).execution_options(yield_per=1_000)
        found = connection.execute(statement, {"tenant_id": tenant_id, "cohort_id": cohort_id})
        for some in found.partitions():
            out.write("".join(_row(n, row, styles) for n, row in enumerate(some, count + 1)).encode())
            count += len(some)
        out.write(b"</sheetData>" + tail)
    return count - 1


def drawn(document: pdf.Document, fonts: tuple[Path, Path]) -> bytes:
    """The PDF of one page of HTML with its pictures and fonts, and nothing else."""
    from xhtml2pdf.default import DEFAULT_CSS
    from xhtml2pdf.document import pisaDocument

    images = {
        name: f"data:image/png;base64,{base64.b64encode(content).decode()}"
        for name, content in document.images.items()
    }
    faces = "".join(
        f'@font-face {{ font-family: Kokoroe; {weight} src: url("{font}"); }}'
        for font, weight in zip(fonts, ("", "font-weight: bold;"), strict=True)
    )
    out = io.BytesIO()
    pisaDocument(
        document.html, out, link_callback=lambda uri, _base: images.get(uri, uri), encoding="utf-8",
        default_css=f"{DEFAULT_CSS}{faces} html {{ font-family: Kokoroe; }}",
    )  # fmt: skip
    return out.getvalue()


def _day(said: str, engine: Engine) -> str | date:
    day, month, year = said.split("/")
    return (
        f"{year}-{month}-{day}" if engine.dialect.name == "sqlite" else date(int(year), int(month), int(day))
    )


def _rows(engine: Engine) -> str:
    """The columns of the ``progress`` report as they stand in the tables; instants as spreadsheets count days."""
    day = (
        "cast(julianday(date({})) - 2415018.5 as integer)"
        if engine.dialect.name == "sqlite"
        else "cast({} as date) - date '1899-12-30'"
    )
    return f"""
        select e.id, p.agency_identifier, p.last_name, p.first_name, o.safir, o.name, f.last_name, co.name, co.funder,
               co.scheme, co.agreement, m.action_number, m.session_number, c.title,
               {day.format("m.joined_at")}, {day.format("e.due_on")}, {day.format("e.completed_at")}, m.state,
               m.withdrawal_reason, c.minutes / 60.0, e.seconds / 3600.0, e.steps_done * 1.0 / e.steps_total,
               {day.format("e.last_at")}, e.steps_done, e.score, ce.number, {day.format("ce.issued_at")},
               'no activity for fourteen days', e.attempt
        from enrolment e
        join cohort_member m on m.id = e.member_id
        join person p on p.id = e.person_id
        join course c on c.id = e.course_id
        join cohort co on co.id = e.cohort_id
        join organisation o on o.id = co.organisation_id
        left join membership ms on ms.tenant_id = e.tenant_id and ms.person_id = e.person_id
        left join person f on f.id = ms.follower_id
        left join certificate ce on ce.tenant_id = e.tenant_id and ce.enrolment_id = e.id
        where e.tenant_id = :tenant_id and e.cohort_id = :cohort_id
        order by p.sort_name, e.person_id, e.position
    """


def _empty(columns: Sequence[Column], target: Path) -> tuple[bytes, bytes, list[tuple[str, int]], Any]:
    """A workbook of one header row, its sheet left out: that sheet's head and tail, place and style of each column."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Bare")
    styles = []
    for number, column in enumerate(columns, 1):
        place = get_column_letter(number)
        sheet.column_dimensions[place].width = column.width
        cell = WriteOnlyCell(sheet, 0)
        cell.number_format = FORMATS[column.kind]  # type: ignore[index]
        styles.append((place, cell.style_id))
    sheet.freeze_panes = "A2"
    sheet.append([column.label for column in columns])
    made = io.BytesIO()
    book.save(made)
    archive = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(made) as parts:
        for name in parts.namelist():
            if name != _SHEET:
                archive.writestr(name, parts.read(name))
        head, tail = parts.read(_SHEET).split(b"</sheetData>")
    return head, tail, styles, archive


def _row(number: int, row: Sequence[Any], styles: Sequence[tuple[str, int]]) -> str:
    out = [f'<row r="{number}">']
    for (place, style), value in zip(styles, row, strict=True):
        if isinstance(value, str):
            if value:
                said = escape(value, quote=False)
                out.append(f'<c r="{place}{number}" t="inlineStr"><is><t>{said}</t></is></c>')
        elif value is not None:
            out.append(f'<c r="{place}{number}" s="{style}"><v>{value}</v></c>')
    out.append("</row>")
    return "".join(out)
