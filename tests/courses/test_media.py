"""Files beside the texts."""

from pathlib import Path

import pytest
from PIL import Image

from lms.courses import media


def _picture(path: Path, size: tuple[int, int] = (30, 20), form: str = "PNG") -> Path:
    Image.new("RGB", size).save(path, form)
    return path


def test_a_picture_is_taken_with_its_size(tmp_path: Path) -> None:
    file, removed = media.look(_picture(tmp_path / "a.png"), "images/a.png")
    assert (file.name, file.media_type, file.width, file.height, removed) == (
        "images/a.png",
        "image/png",
        30,
        20,
        0,
    )
    assert file.path == tmp_path / "a.png"


def test_a_picture_that_lies_about_its_kind_is_left_out(tmp_path: Path) -> None:
    with pytest.raises(media.NotTaken, match=r"a\.png"):
        media.look(_picture(tmp_path / "a.png", form="JPEG"), "a.png")


def test_a_page_named_as_a_picture_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_text("<script>")
    with pytest.raises(media.NotTaken):
        media.look(tmp_path / "a.gif", "a.gif")


def test_a_picture_of_too_many_pixels_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MOST_PIXELS", 100)
    with pytest.raises(media.NotTaken):
        media.look(_picture(tmp_path / "a.png"), "a.png")


def test_a_file_that_is_too_large_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MOST_OTHERWISE", 10)
    with pytest.raises(media.NotTaken):
        media.look(_picture(tmp_path / "a.png"), "a.png")


def test_a_pdf_must_be_one(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\n")
    assert media.look(tmp_path / "a.pdf", "a.pdf")[0].media_type == "application/pdf"
    (tmp_path / "b.pdf").write_bytes(b"MZ")
    with pytest.raises(media.NotTaken):
        media.look(tmp_path / "b.pdf", "b.pdf")


def test_a_drawing_is_kept_clean(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="3" height="4"><script/></svg>'
    )
    file, removed = media.look(tmp_path / "a.svg", "a.svg")
    assert (removed, file.path, file.width) == (1, None, 3)
    assert b"script" not in file.content
    (tmp_path / "b.svg").write_text("no")
    with pytest.raises(media.NotTaken):
        media.look(tmp_path / "b.svg", "b.svg")


@pytest.mark.parametrize(
    ("name", "taken"), [("a.PNG", True), ("a.html", False), ("a.php", False), ("a.js", False)]
)
def test_only_what_cannot_run_is_taken(name: str, taken: bool) -> None:
    assert media.is_taken(name) is taken
