"""Compression: only where it is worth it and welcome, and a page's length tells nothing."""

import gzip

import pytest
from flask import Flask, Response

from lms.core import compress
from tests.support.bare import bare_app


@pytest.fixture
def bare() -> Flask:
    return bare_app()


LONG = "<p>word</p>" * 200


def answer(app: Flask, response: Response, accepts: str = "gzip") -> Response:
    with app.test_request_context("/", headers={"Accept-Encoding": accepts}):
        return compress.compress(response)


def test_a_page_is_compressed_and_says_so(bare: Flask) -> None:
    got = answer(bare, Response(LONG, mimetype="text/html"))
    assert got.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in got.headers["Vary"]
    assert int(got.headers["Content-Length"]) == len(got.get_data()) < 400
    assert gzip.decompress(got.get_data()).decode().startswith(LONG)


def test_the_length_of_a_page_differs_each_time(bare: Flask) -> None:
    lengths = {len(answer(bare, Response(LONG, mimetype="text/html")).get_data()) for _ in range(20)}
    assert len(lengths) > 5


def test_data_are_compressed_as_they_are(bare: Flask) -> None:
    got = answer(bare, Response("a;b\n" * 500, mimetype="text/csv"))
    assert gzip.decompress(got.get_data()) == b"a;b\n" * 500


def test_who_cannot_read_it_gets_it_plain(bare: Flask) -> None:
    got = answer(bare, Response(LONG, mimetype="text/html"), accepts="identity")
    assert got.get_data(as_text=True) == LONG
    assert "Accept-Encoding" in got.headers["Vary"]


@pytest.mark.parametrize(
    "response",
    [
        Response("short", mimetype="text/html"),
        Response(b"\x89PNG" + b"0" * 2000, mimetype="image/png"),
        Response((part for part in ["a" * 900, "b"]), mimetype="text/csv"),
        Response(LONG, mimetype="text/html", headers={"Content-Encoding": "br"}),
        Response(status=304, mimetype="text/html"),
    ],
)
def test_the_rest_passes_untouched(bare: Flask, response: Response) -> None:
    before = response.headers.get("Content-Encoding")
    assert answer(bare, response).headers.get("Content-Encoding") == before


def test_a_tag_of_the_plain_bytes_becomes_a_weak_one(bare: Flask) -> None:
    response = Response(LONG, mimetype="text/html")
    response.set_etag("one")
    assert answer(bare, response).get_etag() == ("one", True)
