"""Codes tell a slip of the pen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.certificates import codes

plain = st.builds(lambda _: codes.make().replace("-", ""), st.integers(0, 10**6))
place = st.integers(0, codes.SIZE - 1)


def test_a_code_is_four_groups_of_four() -> None:
    code = codes.make()
    assert codes.PATTERN.fullmatch(code.encode())
    assert codes.holds(code)


def test_codes_do_not_repeat() -> None:
    assert len({codes.make() for _ in range(2_000)}) == 2_000


@given(plain, place, st.sampled_from(codes.ALPHABET))
def test_one_wrong_character_is_told(code: str, where: int, other: str) -> None:
    changed = code[:where] + other + code[where + 1 :]
    assert codes.holds(changed) is (changed == code)


@given(plain, place, place)
def test_two_that_changed_places_are_told(code: str, one: int, two: int) -> None:
    letters = list(code)
    letters[one], letters[two] = letters[two], letters[one]
    assert codes.holds("".join(letters)) is ("".join(letters) == code)


@pytest.mark.parametrize("typed", ["{}", " {} ", "{0}\n", "code : {}"])
def test_what_people_type_is_set_right(typed: str) -> None:
    code = codes.make()
    said = codes.normalised(typed.format(code.lower().replace("-", " ")))
    assert said == (code if "code" not in typed else "")


def test_look_alikes_are_read_as_what_is_printed() -> None:
    assert codes.normalised("oil0 oil0 oil0 oil0") == "0110-0110-0110-0110"
    assert codes.normalised("2026-000041") == ""


def test_the_pattern_takes_no_longer_word() -> None:
    code = codes.make().encode()
    assert codes.PATTERN.findall(b"x " + code + b" y") == [code]
    assert not codes.PATTERN.findall(code + b"-ABCD")
    assert not codes.PATTERN.findall(b"Z" + code)
