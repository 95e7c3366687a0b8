"""PDFs are drawn by other processes that fetch nothing; codes survive what is done to a file."""

import io
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
import zxingcpp
from PIL import Image

from lms.core import pdf, qr
from lms.core.pdf import Document, PdfFailed, pool

CODE = "K7QX-2M4D-9HTR-0VWZ"
PATTERN = re.compile(rb"(?<![0-9A-Z-])(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}(?![0-9A-Z-])")
HTML = f"<h1>Attestation</h1><p>Zoé Œuvrard</p><p>Code {CODE}</p><img src='qr.png'>"
SVG = "xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'"
IMAGES = {"qr.png": qr.qr_png("https://example.org/certificates/verify/" + CODE)}


@pytest.fixture(scope="module")
def drawn() -> bytes:
    return pdf.render(HTML, title="Attestation n° 1", language="fr", images=IMAGES)


@pytest.fixture(scope="module")
def stamped(drawn: bytes) -> bytes:
    return pdf.stamp(drawn, CODE)


@pytest.fixture(scope="module", autouse=True)
def _workers_end() -> Iterator[None]:
    yield
    pool.close()


def opened(content: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(content))


def language_of(reader: pypdf.PdfReader) -> object:
    root: Any = reader.trailer["/Root"]
    return root["/Lang"]


def test_a_document_has_text_title_language_and_picture(drawn: bytes) -> None:
    reader = opened(drawn)
    assert reader.metadata is not None
    assert reader.metadata.title == "Attestation n° 1"
    assert language_of(reader) == "fr"
    text = reader.pages[0].extract_text()
    assert "Zoé Œuvrard" in text
    assert CODE in text
    assert len(reader.pages[0].images) == 1


def test_the_language_of_the_document_itself_wins() -> None:
    content = pdf.render(
        "<html lang='en'><body>x</body></html>", title="t", language="fr", keywords=["a", "b"]
    )
    reader = opened(content)
    assert language_of(reader) == "en"
    assert reader.metadata is not None
    assert [word.strip() for word in (reader.metadata.keywords or "").split(",")] == ["a", "b"]


def test_it_is_not_drawn_here() -> None:
    import sys

    code = "import sys; from lms.core import pdf; pdf.render('x', title='t', language='fr'); print('xhtml2pdf' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=pool._ROOT
    )
    assert done.stdout.strip() == "False"


def test_several_documents_come_in_order() -> None:
    documents = [Document(f"<p>numero {n}</p>", f"t{n}", "fr") for n in range(8)]
    contents = pdf.render_many(documents)
    assert [
        f"numero {n}" in opened(content).pages[0].extract_text() for n, content in enumerate(contents)
    ] == [True] * 8
    assert len(pool._idle) <= pool.WORKERS


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """An address, and who called it."""
    calls: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        done = threading.Event()

        def listen() -> None:
            while not done.is_set():
                try:
                    connection, peer = server.accept()
                except TimeoutError:
                    continue
                calls.append(str(peer))
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", calls
        done.set()
        thread.join()


@pytest.mark.parametrize(
    "html",
    [
        "<img src='{address}/x.png'>",
        "<style>@import url('{address}/x.css');</style>",
        "<link rel='stylesheet' href='{address}/x.css'>",
        "<style>body {{ background-image: url('{address}/x.png') }}</style>x",
        "<style>@page {{ background-image: url('{address}/x.pdf') }}</style>x",
        "<style>@font-face {{ font-family: a; src: url('{address}/x.ttf') }} p {{ font-family: a }}</style><p>x</p>",
        "<object data='{address}/x.svg'></object>",
        f"<img src=\"data:image/svg+xml,<svg {SVG}><image width='9' height='9' xlink:href='{{address}}/x.png'/></svg>\">",
    ],
)
def test_nothing_is_fetched(html: str, listener: tuple[str, list[str]]) -> None:
    address, calls = listener
    try:
        pdf.render(html.format(address=address), title="t", language="fr")
    except PdfFailed:
        pass  # refusing is as good as leaving it out
    assert calls == []


@pytest.mark.parametrize(
    "spelling", ["{path}", "file://{path}", "file:{path}", "../../../../../../../..{path}"]
)
@pytest.mark.parametrize(
    "html",
    [
        "<img src='{uri}'>",
        "<link rel='stylesheet' href='{uri}'><p>x</p>",
        "<style>@page {{ background-image: url('{uri}') }}</style>x",
        "<style>body {{ background-image: url('{uri}') }}</style>x",
    ],
)
def test_no_file_is_read(html: str, spelling: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(qr.qr_png("secret"))
    css = tmp_path / "secret.css"
    css.write_text("p { text-transform: uppercase }", encoding="utf-8")
    uri = spelling.format(path=css if "stylesheet" in html else secret)
    try:
        content = pdf.render(html.format(uri=uri), title="t", language="fr")
    except PdfFailed:
        return
    page = opened(content).pages[0]
    assert not page.images
    assert "X" not in page.extract_text()


def test_a_picture_that_was_not_given_is_said() -> None:
    with pytest.raises(PdfFailed, match=r"no such picture was given: logo\.png"):
        pdf.render("<img src='logo.png'>", title="t", language="fr", images=IMAGES)


def test_a_worker_that_hangs_is_replaced() -> None:
    rows = "<tr><td>x</td><td>y</td></tr>" * 4_000
    begun = time.monotonic()
    with pytest.raises(pool.NoAnswer):
        pool.ask(
            {
                "do": "draw",
                "html": f"<table>{rows}</table>",
                "title": "",
                "language": "fr",
                "keywords": [],
                "images": {},
            },
            0.5,
        )
    assert time.monotonic() - begun < 5
    assert pdf.render("x", title="t", language="fr").startswith(b"%PDF")


def test_a_worker_that_was_killed_is_replaced() -> None:
    pdf.render("x", title="t", language="fr")
    for worker in pool._idle:
        os.kill(worker.pid, signal.SIGKILL)
    assert pdf.render("x", title="t", language="fr").startswith(b"%PDF")


def test_an_error_leaves_the_worker_alive() -> None:
    pdf.render("x", title="t", language="fr")
    before = {worker.pid for worker in pool._idle}
    assert "error" in pool.ask({"do": "nothing known"}, 5)
    assert {worker.pid for worker in pool._idle} == before


def test_a_worker_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMS_SECRET_KEY", "canary")
    pool.close()
    pdf.render("x", title="t", language="fr")
    environment = Path(f"/proc/{pool._idle[0].pid}/environ")
    if not environment.exists():
        pytest.skip("no /proc here")
    assert b"canary" not in environment.read_bytes()


# --- codes ------------------------------------------------------------------------------------------------------------


def found(content: bytes) -> list[str]:
    return pdf.codes_in(content, PATTERN)


def test_a_stamped_file_is_sound_and_keeps_what_it_said(stamped: bytes) -> None:
    reader = opened(stamped)
    assert reader.metadata is not None
    assert reader.metadata.keywords == CODE
    assert reader.metadata.title == "Attestation n° 1"
    assert "Zoé Œuvrard" in reader.pages[0].extract_text()
    assert found(stamped) == [CODE]
    assert stamped.count(CODE.encode()) >= 3
    twice = pdf.stamp(stamped, "AAAA-BBBB-CCCC-DDDD")
    again = opened(twice).metadata
    assert again is not None
    assert again.keywords == "AAAA-BBBB-CCCC-DDDD"


@pytest.mark.skipif(not shutil.which("qpdf"), reason="qpdf is not installed")
def test_other_programs_find_the_file_sound(stamped: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(stamped)
    subprocess.run(["qpdf", "--check", "a.pdf"], cwd=tmp_path, check=True, capture_output=True)


def test_no_code_is_what_it_is_not(drawn: bytes) -> None:
    for code in ("", "a b", "x)", "é" * 5, "A" * 65, "AB\n%%EOF"):
        with pytest.raises(ValueError, match="not a code"):
            pdf.stamp(drawn, code)
    assert pdf.codes_in(pdf.render("<p>rien</p>", title="t", language="fr"), PATTERN) == []


def test_a_file_cut_anywhere_still_tells(stamped: bytes) -> None:
    for share in (0.02, 0.1, 0.5, 0.9, 0.999):
        assert found(stamped[: int(len(stamped) * share)]) == [CODE]
        assert found(stamped[-int(len(stamped) * share) :]) == [CODE]


def test_a_damaged_file_still_tells(stamped: bytes) -> None:
    chance = random.Random(5)
    for _ in range(50):
        content = bytearray(stamped)
        for _ in range(20):
            content[chance.randrange(len(content))] = chance.randrange(256)
        assert CODE in found(bytes(content))


def test_a_file_saved_again_still_tells(stamped: bytes) -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(stamped))
    out = io.BytesIO()
    writer.write(out)
    assert found(out.getvalue()) == [CODE]


@pytest.mark.parametrize(
    "command", [["qpdf", "--object-streams=generate"], ["qpdf", "--linearize"], ["pdftocairo", "-pdf"]]
)
def test_a_file_from_another_program_still_tells(command: list[str], stamped: bytes, tmp_path: Path) -> None:
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    (tmp_path / "a.pdf").write_bytes(stamped)
    subprocess.run([*command, "a.pdf", "b.pdf"], cwd=tmp_path, check=True, capture_output=True)
    assert CODE in found((tmp_path / "b.pdf").read_bytes())


def test_a_printed_copy_tells_by_its_text(drawn: bytes) -> None:
    assert CODE.encode() not in drawn, "the text is packed, and in glyphs"
    assert found(drawn) == [CODE]


def test_keywords_in_utf16_are_read() -> None:
    assert found(b"%PDF-1.4\n/Keywords (\xfe\xff" + CODE.encode("utf-16-be") + b")") == [CODE]
    assert found(b"%PDF-1.4\n/Keywords <FEFF" + CODE.encode("utf-16-be").hex().encode() + b">") == [CODE]


def test_looking_never_fails(stamped: bytes) -> None:
    chance = random.Random(3)
    plain = stamped.replace(CODE.encode(), b"-" * len(CODE))
    for content in (
        b"",
        b"%PDF",
        b"%PDF-1.4\n" + bytes(1000),
        chance.randbytes(5000),
        b"stream\n" * 1000,
        plain[:5000],
    ):
        assert [code for code in found(content) if code == CODE] == []
    for _ in range(15):
        broken = bytearray(plain)
        for _ in range(200):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        assert isinstance(found(bytes(broken)), list)


def test_many_unpacked_bytes_are_not_looked_at() -> None:
    bomb = zlib.compress(bytes(30_000_000))
    begun = time.process_time()
    assert found(b"%PDF-1.4\n" + b"".join(b"stream\n" + bomb + b"\nendstream\n" for _ in range(100))) == []
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    "piece", [b"stream\n", b"stream\n" + zlib.compress(b"0" * 50) + b"\nendstream\n", b"<" + b"0" * 20 + b">"]
)
def test_a_file_of_nothing_but_beginnings_is_soon_read(piece: bytes) -> None:
    begun = time.process_time()
    assert found(piece * (9_000_000 // len(piece))) == []  # no %PDF: without the worker's part
    assert time.process_time() - begun < 5


# --- QR ---------------------------------------------------------------------------------------------------------------


def test_qr_codes_are_the_same_for_the_same_text() -> None:
    assert qr.qr_png("a" * 84) == qr.qr_png("a" * 84)
    assert qr.qr_png("a").startswith(b"\x89PNG")
    assert len(qr.qr_png("é" * 300)) > len(qr.qr_png("a"))


@pytest.mark.parametrize(
    "text", ["https://example.org/certificates/verify/" + CODE, "https://example.org/" + "a" * 300]
)
def test_the_png_is_read_again(text: str) -> None:
    with Image.open(io.BytesIO(qr.qr_png(text))) as picture:
        assert picture.mode == "L"
        assert picture.size[0] % 6 == 0
        assert [one.text for one in zxingcpp.read_barcodes(picture)] == [text]


def test_the_svg_fits_any_page() -> None:
    svg = qr.qr_svg("https://example.org/x")
    assert svg.startswith('<svg aria-hidden="true"')
    assert "style=" not in svg
    assert "width=" not in svg
    assert "viewBox=" in svg
