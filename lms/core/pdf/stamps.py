"""A code written into a PDF so that it survives: a file cut short, saved again, printed anew, scanned."""

import base64
import re
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import Final

from lms.core.pdf import pool

_CODE = re.compile(r"[A-Za-z0-9-]{4,64}")
_SECONDS = 15.0
#: Bytes of a file that are looked at, and what its streams may unpack to.
_SIZE: Final = 20 * 1024 * 1024
_UNPACKED: Final = 64 * 1024 * 1024
#: How many streams, and how many hexadecimal texts, are looked into: a file may be nothing but their beginnings.
_STREAMS: Final = 2_000
_TEXTS: Final = 20_000
_BITE: Final = 16 * 1024  #: of a stream's packed bytes, handed over at a time: what follows its end is copied
_DRAWN_BY = re.compile(rb"%[^\r\n]*ReportLab[^\r\n]*")
_TRAILER = re.compile(rb"trailer\s*<<(.*?)>>\s*startxref\s*(\d+)\s*%%EOF\s*(?:%[^\n]*\n)*\Z", re.DOTALL)
_KEYWORDS = re.compile(rb"/Keywords\s*\((?:[^()\\]|\\.)*\)", re.DOTALL)
_HEX = re.compile(rb"<([0-9A-Fa-f\s]{20,4096})>")
_STREAM = re.compile(rb"stream\r?\n")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\u00ad", "-"))


def stamp(pdf: bytes, code: str) -> bytes:
    """The PDF with its code in plain sight at both ends and in its keywords; a signature must come afterwards."""
    if not _CODE.fullmatch(code):
        raise ValueError(f"not a code: {code!r}")
    plain = code.encode()
    return _with_keywords(_with_head(pdf, plain), plain) + b"% " + plain + b"\n"


def codes_in(content: bytes, pattern: re.Pattern[bytes]) -> list[str]:
    """The codes that a file still carries, each once, the surest first; empty when it carries none. Never raises.

    Looks at the bytes, at what its streams hold, and only then, in a worker, at its metadata, text and square codes.
    """
    content = content[:_SIZE]
    found: dict[str, None] = {}
    for piece in _pieces(content):
        found.update(dict.fromkeys(match.decode("ascii", "ignore") for match in pattern.findall(piece)))
    if not found and b"%PDF" in content[:1024]:
        said = _said(content).translate(_DASHES)
        for text in (said, re.sub(r"\s+", "", said)):
            plain = text.encode("ascii", "replace")
            found.update(dict.fromkeys(match.decode() for match in pattern.findall(plain)))
    return list(found)


def _with_head(pdf: bytes, code: bytes) -> bytes:
    """Put the code into the comment at the start, whose length may not change: offsets count from there."""
    note = _DRAWN_BY.search(pdf, 0, 1024)
    if note is None:
        return pdf
    fresh = note[0][:6] + code  # the bytes at its start tell transfer programs that the file is not text
    return (
        pdf[: note.start()] + fresh.ljust(len(note[0])) + pdf[note.end() :]
        if len(fresh) <= len(note[0])
        else pdf
    )


def _with_keywords(pdf: bytes, code: bytes) -> bytes:
    """Append an update, as the format foresees it, with the code among the keywords; other programs keep those."""
    tail = _TRAILER.search(pdf, max(0, len(pdf) - 4096))
    info = re.search(rb"/Info\s+(\d+)\s+(\d+)\s+R", tail[1]) if tail else None
    if tail is None or info is None:
        return pdf
    number, generation = int(info[1]), int(info[2])
    entries = rb"(?:^|\s)%d %d obj\s*<<(.*?)>>\s*endobj" % (number, generation)
    olds = list(re.finditer(entries, pdf, re.DOTALL))
    if not olds:
        return pdf
    about = _KEYWORDS.sub(b"", olds[-1][1]).strip()
    place = len(pdf)
    entry = b"%d %d obj\n<<\n%s\n/Keywords (%s)\n>>\nendobj\n" % (number, generation, about, code)
    table = b"xref\n0 1\n0000000000 65535 f \n%d 1\n%010d %05d n \n" % (number, place, generation)
    trailer = re.sub(rb"/Prev\s+\d+", b"", tail[1]).strip()
    end = b"trailer\n<<\n%s\n/Prev %s\n>>\nstartxref\n%d\n%%%%EOF\n" % (trailer, tail[2], place + len(entry))
    return pdf + entry + table + end


def _pieces(content: bytes) -> Iterator[bytes]:
    """The bytes as they are, without the zeros of UTF-16, out of hexadecimal, and unpacked."""
    yield content
    yield content.replace(b"\0", b"")
    for match in islice(_HEX.finditer(content), _TEXTS):
        digits = b"".join(match[1].split())
        yield bytes.fromhex(digits[: len(digits) // 2 * 2].decode()).replace(b"\0", b"")
    left = _UNPACKED
    for match in islice(_STREAM.finditer(content), _STREAMS):
        if left <= 0:
            return
        unpacked = _unpacked(memoryview(content)[match.end() : match.end() + 1024 * 1024], left)
        left -= len(unpacked)
        yield unpacked


def _unpacked(packed: memoryview, limit: int) -> bytes:
    """As much of a stream as can be unpacked."""
    machine, found, room = zlib.decompressobj(), bytearray(), min(limit, 4 * 1024 * 1024)
    try:
        for start in range(0, len(packed), _BITE):
            found += machine.decompress(packed[start : start + _BITE], room - len(found))
            if machine.eof or len(found) >= room:
                break
    except zlib.error:
        pass
    return bytes(found)


def _said(content: bytes) -> str:
    try:
        answer = pool.ask({"do": "text", "pdf": base64.b64encode(content).decode()}, _SECONDS)
    except pool.NoAnswer:
        return ""
    return str(answer.get("text", ""))
