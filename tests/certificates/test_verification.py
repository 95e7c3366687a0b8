"""A file that was touched is told from the original, and still leads to the true data."""

import hashlib
import io
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

from lms.certificates import codes, queries, services
from lms.certificates.models import Certificate
from lms.certificates.queries import Verdict
from lms.core import db
from lms.core.db import Mode
from lms.organisations.queries import actor_by_key
from tests.certificates.earned import drawn
from tests.support import worlds
from tests.support.worlds import World


def judged(content: bytes) -> Verdict:
    with db.transaction(Mode.READ):
        return queries.verdict_on_file(content)


def asked(code: str) -> Verdict:
    with db.transaction(Mode.READ):
        return queries.verdict_on_code(code)


@pytest.fixture
def original(world: World) -> tuple[Certificate, bytes]:
    return drawn(world.one, world.one.learner)


def assert_altered(content: bytes, certificate: Certificate) -> None:
    verdict = judged(content)
    assert verdict.status == "altered"
    assert verdict.entry is not None
    assert (verdict.entry.code, verdict.entry.title) == (certificate.code, "Cours CANARI-1")


def test_the_original_is_valid_and_both_rows_know_its_hash(original: tuple[Certificate, bytes]) -> None:
    certificate, content = original
    verdict = judged(content)
    assert (verdict.status, verdict.is_file, verdict.code) == ("valid", True, certificate.code)
    assert verdict.entry is not None
    assert verdict.entry.pdf_sha256 == hashlib.sha256(content).hexdigest()


def test_a_code_typed_as_people_type(original: tuple[Certificate, bytes]) -> None:
    certificate, _content = original
    assert asked(certificate.code.lower().replace("-", " ")).status == "valid"


def test_slips_and_unknown_codes(original: tuple[Certificate, bytes]) -> None:
    certificate, _content = original
    last = "0" if certificate.code[-1] != "0" else "1"
    slip = asked(certificate.code[:-1] + last)
    assert (slip.status, slip.is_mistyped) == ("unknown", True)
    other = asked(codes.make())
    assert (other.status, other.is_mistyped) == ("unknown", False)
    assert asked(certificate.number).is_number
    assert asked("").status == asked("x" * 5000).status == "unknown"


@pytest.mark.parametrize("share", [0.99, 0.75, 0.5, 0.3])
def test_cut_short(original: tuple[Certificate, bytes], share: float) -> None:
    certificate, content = original
    assert_altered(content[: int(len(content) * share)], certificate)


def test_only_the_second_half_is_left(original: tuple[Certificate, bytes]) -> None:
    certificate, content = original
    assert_altered(content[len(content) // 2 :], certificate)


def test_two_hundred_bytes_flipped(original: tuple[Certificate, bytes]) -> None:
    certificate, content = original
    lost = 0
    for seed in range(30):
        damaged, dice = bytearray(content), random.Random(seed)
        for _n in range(200):
            damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
        verdict = judged(bytes(damaged))
        assert verdict.status in ("altered", "unknown")
        lost += verdict.entry is None or verdict.entry.code != certificate.code
    assert lost == 0


def test_one_bit_is_enough(original: tuple[Certificate, bytes]) -> None:
    certificate, content = original
    for place in range(0, len(content), len(content) // 25):
        changed = bytearray(content)
        changed[place] ^= 1
        assert_altered(bytes(changed), certificate)


def test_saved_again_by_pypdf(original: tuple[Certificate, bytes]) -> None:
    certificate, content = original
    for fresh in (False, True):
        writer, out = PdfWriter(), io.BytesIO()
        if fresh:  # pages alone: no metadata comes along
            writer.add_page(PdfReader(io.BytesIO(content)).pages[0])
        else:
            writer.append(io.BytesIO(content))
        writer.compress_identical_objects()
        writer.write(out)
        assert_altered(out.getvalue(), certificate)


@pytest.mark.parametrize(
    "options", [["--linearize"], ["--object-streams=generate", "--recompress-flate", "--compression-level=9"]]
)
def test_saved_again_by_qpdf(original: tuple[Certificate, bytes], tmp_path: Path, options: list[str]) -> None:
    qpdf = shutil.which("qpdf")
    if qpdf is None:
        pytest.skip("qpdf is not installed")
    certificate, content = original
    source, target = tmp_path / "a.pdf", tmp_path / "b.pdf"
    source.write_bytes(content)
    subprocess.run([qpdf, *options, str(source), str(target)], check=True, timeout=30)
    assert_altered(target.read_bytes(), certificate)


def test_printed_and_scanned_askew(original: tuple[Certificate, bytes]) -> None:
    """Of a sheet of paper only the square code can be read: pale, turned, in grey, as one picture."""
    certificate, content = original
    code = PdfReader(io.BytesIO(content)).pages[0].images[0].image
    assert code is not None
    sheet = Image.new("L", (1754, 1240), 250)
    sheet.paste(code.convert("L").resize((200, 200)), (1400, 500))
    scan = io.BytesIO()
    sheet.rotate(4, fillcolor=250).point(lambda grey: 40 + grey * 0.8).save(scan, "PDF", quality=60)
    assert_altered(scan.getvalue(), certificate)
    blank = io.BytesIO()
    Image.new("L", (1754, 1240), 250).save(blank, "PDF")
    assert judged(blank.getvalue()).status == "unknown"


def test_printed_as_a_picture_by_poppler(original: tuple[Certificate, bytes], tmp_path: Path) -> None:
    pdftoppm = shutil.which("pdftoppm")
    if pdftoppm is None:
        pytest.skip("pdftoppm is not installed")
    certificate, content = original
    source = tmp_path / "a.pdf"
    source.write_bytes(content)
    for dots in ("100", "200"):
        command = [pdftoppm, "-r", dots, "-png", "-singlefile", str(source), str(tmp_path / dots)]
        subprocess.run(command, check=True, timeout=30)
        printed = io.BytesIO()
        Image.open(tmp_path / f"{dots}.png").convert("RGB").save(printed, "PDF")
        assert_altered(printed.getvalue(), certificate)


def test_another_file_is_not_recognised(original: tuple[Certificate, bytes]) -> None:
    for content in (b"", b"%PDF-1.4 nothing", b"\0" * 1000, codes.make().encode()):
        assert judged(content).status == "unknown"


def test_an_original_that_was_revoked_says_so(original: tuple[Certificate, bytes], world: World) -> None:
    certificate, content = original
    key = worlds.cookie_of(world.one.admin)["_user_id"]
    with db.transaction(Mode.READ, world.one.tenant_id):
        actor = actor_by_key(key)
    assert actor is not None
    with db.transaction(tenant_id=world.one.tenant_id):
        services.revoke(actor, certificate, "erreur")
    assert judged(content).status == "revoked"
    assert judged(content + b"\n").status == "altered"
