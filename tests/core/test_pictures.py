"""What people send as a picture: drawn anew within limits, or refused with what to do."""

import io
import struct
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lms.core import pictures
from lms.core.pictures import NotAPicture, drawn_anew


def png(width: int = 300, height: int = 100, mode: str = "RGB", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), 120).save(out, "PNG", **more)
    return out.getvalue()


def jpeg(width: int = 300, height: int = 100, mode: str = "RGB", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, "JPEG", **more)
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of some hundred bytes that says it has so many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def taken(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(drawn_anew(io.BytesIO(content), 640, 160)))


@pytest.mark.parametrize(
    "content",
    [
        png(), png(mode="RGBA"), png(mode="LA"), png(mode="P"), png(mode="1"), png(mode="I;16"), jpeg(), jpeg(mode="CMYK"),
        jpeg(mode="L"), png(24, 24), png(4_000, 2_000),
    ],
)  # fmt: skip
def test_what_is_a_picture_becomes_a_png_that_fits(content: bytes) -> None:
    image = taken(content)
    assert (image.format, image.mode in ("RGB", "RGBA")) == ("PNG", True)
    assert image.width <= 640
    assert image.height <= 160


def test_proportions_and_a_transparent_ground_stay() -> None:
    image = taken(png(1_200, 300, "RGBA"))
    assert image.size == (640, 160)
    clear = io.BytesIO()
    Image.new("RGBA", (100, 100), (0, 0, 0, 0)).save(clear, "PNG")
    assert taken(clear.getvalue()).getpixel((5, 5)) == (0, 0, 0, 0)


def test_nothing_but_the_pixels_stays() -> None:
    notes = PngInfo()
    notes.add_text("Comment", "CANARI <script>alert(1)</script>")
    exif = Image.Exif()
    exif[0x010E] = "CANARI"
    for content in (
        png(pnginfo=notes),
        jpeg(exif=exif),
        png() + b"<script>CANARI</script>",
        jpeg() + b"PK\x03\x04CANARI",
    ):
        drawn = drawn_anew(io.BytesIO(content), 640, 160)
        assert b"CANARI" not in drawn
        assert b"script" not in drawn
        assert set(Image.open(io.BytesIO(drawn)).info) <= {"transparency"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Aucun fichier"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\n<?xml version='1.0'?><!-- x --><svg/>", "SVG"),
        (b"GIF89a" + bytes(100), "ni un PNG ni un JPEG"),
        (b"<html><script>alert(1)</script></html>", "ni un PNG ni un JPEG"),
        (b"%PDF-1.7", "ni un PNG ni un JPEG"),
        (b"\0" * (pictures.LARGEST + 1), "dépasse 1"),
        (png()[:200], "abîmée"),
        (jpeg()[:300], "abîmée"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "abîmée"),
        (b"\xff\xd8\xff" + bytes(100), "abîmée"),
        (b"\x89PNG\r\n\x1a\n" + png()[8:60] + b"\xff" * 500, "abîmée"),
        (bomb(60_000, 60_000), "trop"),
        (bomb(4_001, 100), "trop"),
        (bomb(3_900, 3_900), "trop"),
        (png(23, 300), "n’a que"),
        (jpeg(300, 1), "n’a que"),
    ],
)
def test_what_is_none_is_refused_with_a_reason_and_a_remedy(content: bytes, words: str) -> None:
    with pytest.raises(NotAPicture) as refused:
        taken(content)
    assert words in refused.value.reason
    assert refused.value.remedy


def test_a_text_that_unpacks_to_a_gigabyte_is_not_unpacked() -> None:
    notes = PngInfo()
    notes.add_text("Comment", "x" * 80_000_000, zip=True)
    with pytest.raises(NotAPicture):
        taken(png(pnginfo=notes))
