"""Assets: hashed names, served for ever, icons with their strokes, a clear sentence where nothing is built."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.wrappers import Response

from config import assets as build
from lms.core import assets
from tests.support.bare import bare_app


@pytest.fixture
def bare() -> Flask:
    return bare_app()


def fetch(app: Flask, address: str, accepts: str = "gzip") -> Response:
    """The answer, read to its end: it holds an open file until then."""
    with app.test_client().get(address, headers={"Accept-Encoding": accepts}) as answer:
        answer.get_data()
        return answer


@pytest.fixture
def unbuilt(bare: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is built any more. The application that all of these tests share is there before: it looks but once."""
    monkeypatch.setattr(assets, "DIST", tmp_path)
    assets._names.cache_clear()
    assets._icons.cache_clear()
    yield
    assets._names.cache_clear()
    assets._icons.cache_clear()


def test_the_sheet_is_served_compressed_and_for_ever(bare: Flask) -> None:
    address = assets.asset("app.css")
    assert re.fullmatch(r"/static/app\.[0-9a-f]{8}\.css", address)
    answer = fetch(bare, address)
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    assert len(answer.data) < 11_000


def test_the_sheet_names_the_fonts_that_are_served(bare: Flask) -> None:
    sheet = fetch(bare, assets.asset("app.css"), "identity").get_data(as_text=True)
    fonts = re.findall(r'url\("([^"]+)"\)', sheet)
    assert len(fonts) == 2
    for name in fonts:
        assert fetch(bare, f"/static/{name}").status_code == 200
    assert "/*" not in sheet
    assert "node_modules" not in sheet


def test_modules_name_the_hashed_modules(bare: Flask) -> None:
    script = fetch(bare, assets.asset("app.js"), "identity").get_data(as_text=True)
    parts = re.findall(r'import\("\./([^"]+)"\)', script)
    assert len(parts) >= 4
    for name in parts:
        assert re.search(r"\.[0-9a-f]{8}\.js$", name)
        assert fetch(bare, f"/static/{name}").status_code == 200


def test_the_learners_scripts_stay_light() -> None:
    ours = [n for n in assets._names() if n.endswith(".js")]
    weight = sum((assets.DIST / f"{assets._names()[name]}.gz").stat().st_size for name in ours)
    assert weight < 6_000


def test_a_page_gets_the_strokes_of_its_icons_once(bare: Flask) -> None:
    with bare.test_request_context("/"):
        assert assets.icon("check") == '<svg class="i" aria-hidden="true"><use href="#i-check"/></svg>'
        assets.icon("check")
        assets.icon("lock")
        sheet = assets.icon_sheet()
        assert re.findall(r'<symbol id="([^"]+)"', sheet) == ["i-check", "i-lock"]
        assert assets.icon_sheet() == ""


def test_without_a_page_an_icon_carries_its_strokes() -> None:
    assert "<path" in assets.icon("check")


def test_unknown_names_are_errors(bare: Flask) -> None:
    with bare.test_request_context("/"):
        with pytest.raises(assets.UnknownAsset, match=r"icons\.txt"):
            assets.icon("no-such-icon")
        with pytest.raises(assets.UnknownAsset, match=r"static/"):
            assets.asset("nothing.css")


@pytest.mark.usefixtures("unbuilt")
def test_nothing_built_is_said_in_a_sentence() -> None:
    assert not assets.assets_built()
    with pytest.raises(assets.AssetsNotBuilt, match="make setup"):
        assets.asset("app.css")
    with pytest.raises(assets.AssetsNotBuilt, match="make setup"):
        assets.font("regular")


@pytest.mark.usefixtures("unbuilt")
def test_an_error_page_stands_without_assets(bare: Flask) -> None:
    with bare.test_request_context("/"):
        template = bare.jinja_env.get_template("layouts/error.html")
        page = template.render(status=500, heading="Broken", remedy="Try again.", request_id="a1")
    assert "<h1>Broken</h1>" in page
    assert "stylesheet" not in page


def test_fonts_for_pdfs_hold_the_letters_of_names() -> None:
    from fontTools.ttLib import TTFont

    for name in ("regular", "bold"):
        with TTFont(assets.font(name)) as font:
            assert set(map(ord, "éŒœ€«»’ŞłőÀ\u00a0")) <= set(font.getBestCmap())
            assert "fvar" not in font
        assert assets.font(name).stat().st_size < 40_000


def test_a_second_build_does_nothing() -> None:
    build.build()
    assert build.build() is False


def test_a_changed_source_is_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    shutil.copytree(build.SOURCES, tmp_path / "static", ignore=shutil.ignore_patterns("dist"))
    shutil.copy(build.ROOT / "package-lock.json", tmp_path)
    (tmp_path / "config").mkdir()
    monkeypatch.setattr(build, "SOURCES", tmp_path / "static")
    monkeypatch.setattr(build, "DIST", tmp_path / "static/dist")
    monkeypatch.setattr(build, "ROOT", Path("/"))
    monkeypatch.setattr(build, "_inputs", lambda: sorted((tmp_path / "static/css").glob("*.css")))
    assert build.build() is True
    assert build.build() is False
    before = json.loads((build.DIST / "manifest.json").read_text())["files"]
    with (tmp_path / "static/css/tokens.css").open("a") as sheet:
        sheet.write(".new { color: red; }\n")
    assert build.build() is True
    after = json.loads((build.DIST / "manifest.json").read_text())["files"]
    assert before["app.css"] != after["app.css"]
    assert before["app.js"] == after["app.js"]
    assert not (build.DIST / before["app.css"]).exists()
    assert ".new{color:red}" in (build.DIST / after["app.css"]).read_text()


def test_missing_packages_are_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "FONT", tmp_path / "none")
    with pytest.raises(build.AssetsError, match="npm ci"):
        build.build()
    assert build.main() == 1
