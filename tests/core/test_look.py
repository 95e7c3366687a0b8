"""What the macros reckon with."""

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from lms.core import look
from lms.core.look import Stitches
from tests.support.bare import bare_app


@pytest.fixture
def bare() -> Flask:
    return bare_app()


@pytest.mark.parametrize(
    ("done", "total", "most", "expected"),
    [
        (0, 8, 0, Stitches(8, 0, True)),
        (2, 8, 0, Stitches(8, 2, True)),
        (8, 8, 0, Stitches(8, 8, False)),
        (12, 12, 0, Stitches(12, 12, False)),
        (17, 25, 0, Stitches(10, 6, False)),  # 68 %: six whole stitches
        (742, 1196, 20, Stitches(20, 12, True)),
        (0, 0, 0, Stitches(0, 0, False)),
        (9, 8, 0, Stitches(8, 8, False)),
    ],
)
def test_a_stitch_is_sewn_only_when_it_is_whole(done: int, total: int, most: int, expected: Stitches) -> None:
    assert look.stitches(done, total, most) == expected


def test_a_hundred_per_cent_is_said_only_when_all_is_done() -> None:
    assert [look.percent(199, 200), look.percent(200, 200), look.percent(0, 0)] == [99, 100, 0]


@given(st.lists(st.floats(0, 1e7, allow_nan=False), max_size=12))
def test_a_scale_holds_every_value_in_a_few_lines(values: list[float]) -> None:
    axis = look.scale(values)
    assert axis.top >= max(values, default=0) * 0.999999
    assert 2 <= len(axis.lines) <= 7


@pytest.mark.parametrize(
    ("values", "top", "step"),
    [([1748, 1900], 2000, 500), ([310, 295], 400, 100), ([3], 3, 1), ([], 1, 1), ([5e-324], 1, 1)],
)
def test_a_scale_is_round(values: list[float], top: float, step: float) -> None:
    axis = look.scale(values)
    assert (axis.top, axis.step) == (top, step)


@pytest.mark.parametrize(
    ("number", "last", "expected"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (1, 42, [1, 2, 3, 0, 42]),
        (4, 42, [1, 2, 3, 4, 5, 0, 42]),
        (20, 42, [1, 2, 3, 0, 19, 20, 21, 0, 42]),
        (42, 42, [1, 2, 3, 0, 41, 42]),
    ],
)
def test_pages_worth_a_link(number: int, last: int, expected: list[int]) -> None:
    assert look.page_numbers(number, last) == expected


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Claire Morel", "CM"), ("Jean-Marc Petit", "JP"), ("Élodie", "É"), ("", ""), ("N. B.", "NB")],
)
def test_initials(name: str, letters: str) -> None:
    assert look.initials(name) == letters


def test_here_keeps_the_other_arguments(bare: Flask) -> None:
    with bare.test_request_context("/people?q=d%27Alès&state=late&state=done&page=3"):
        assert look.here(page=4) == "/people?q=d%27Al%C3%A8s&state=late&state=done&page=4"
        assert look.here(page=None, state=None, q=None) == "/people"


def test_a_heading_turns_round(bare: Flask) -> None:
    with bare.test_request_context("/people?sort=name&page=2"):
        assert look.sort_of("name", "name") == look.Sort("ascending", "chevron-up", "/people?sort=-name")
        assert look.sort_of("name", "-name").url == "/people?sort=name"
        assert look.sort_of("done", "name") == look.Sort("", "arrows-sort", "/people?sort=done")


def test_a_control_is_tied_to_its_help_and_its_error() -> None:
    assert look.described("f", "", "") == {}
    assert look.described("f", "how", "wrong", {"rows": 3}) == {
        "rows": 3,
        "aria-describedby": "f-help f-error",
        "aria-invalid": "true",
    }
