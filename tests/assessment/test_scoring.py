"""What an answer is worth."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.assessment import gift, scoring
from lms.assessment.scoring import FULL


def _question(text: str) -> dict[str, Any]:
    (question,) = gift.read(text).questions
    return question


ONE = _question("Q {=a ~b ~%50%c}")
MANY = _question("Q {~%50%a ~%50%b ~%-50%c ~d}")
THIRDS = _question("Q {~%33.33333%a ~%33.33333%b ~%33.33333%c ~%-100%d}")
WORD = _question("Q {=l'arobase =%50%at =un * signe}")


@pytest.mark.parametrize(
    ("question", "answer", "points"),
    [
        (ONE, ["1"], FULL), (ONE, ["2"], 0), (ONE, ["3"], FULL // 2), (ONE, [], 0), (ONE, ["9"], 0),
        (MANY, ["1", "2"], FULL), (MANY, ["1"], FULL // 2), (MANY, ["1", "3"], 0), (MANY, ["3"], 0),
        (MANY, ["1", "2", "3"], FULL // 2), (MANY, ["1", "2", "4"], FULL),
        (THIRDS, ["1", "2", "3"], FULL), (THIRDS, ["1", "2", "3", "4"], 0),
        (WORD, "L’Arobase", FULL), (WORD, "  l'arobase ", FULL), (WORD, "AT", FULL // 2), (WORD, "", 0),
        (WORD, "un  petit SIGNE", FULL), (WORD, "arobas", 0),
    ],
)  # fmt: skip
def test_points(question: dict[str, Any], answer: Any, points: int) -> None:
    assert scoring.points(question, answer) == points


@pytest.mark.parametrize(
    ("said", "meant"),
    [("ETE", "été"), ("cœur", "coeur"), ("a\u00a0b", "a  b"), ("porte‑clé", "porte-cle"), ("L’eau", "l'eau")],
)
def test_spelling_does_not_matter(said: str, meant: str) -> None:
    assert scoring.folded(said) == scoring.folded(meant)


def test_a_star_may_be_meant_as_one() -> None:
    question = _question("Q {=5 \\* 3}")
    assert scoring.points(question, "5 * 3") == FULL
    assert scoring.points(question, "5 x 3") == 0


def test_a_mark_is_rounded_down() -> None:
    questions = [ONE | {"key": str(n)} for n in range(3)]
    assert scoring.score(questions, {"0": ["1"], "1": ["1"]}) == 66
    assert scoring.score(questions, {"0": ["1"], "1": ["1"], "2": ["1"]}) == 100
    assert scoring.score(questions, {"0": ["3"], "unknown": ["1"]}) == 16
    assert scoring.score([], {}) == 0
    assert scoring.right_answers(questions, {"0": ["1"], "1": ["3"]}) == 1


_fractions = st.floats(-100, 100, allow_nan=False)
_options = st.lists(_fractions, min_size=1, max_size=6)


@given(
    st.lists(st.tuples(st.sampled_from(["single", "multiple", "boolean"]), _options), max_size=6),
    st.lists(st.lists(st.sampled_from(list("123456"))), max_size=8),
)
def test_a_mark_is_from_0_to_100_whatever_is_sent(
    made: list[tuple[str, list[float]]], sent: list[list[str]]
) -> None:
    questions = [
        {
            "key": str(n), "kind": kind,
            "options": [{"key": str(k), "fraction": one} for k, one in enumerate(fractions, 1)],
        }
        for n, (kind, fractions) in enumerate(made)
    ]  # fmt: skip
    answers = {str(n): one for n, one in enumerate(sent)}
    assert 0 <= scoring.score(questions, answers) <= 100
    assert all(0 <= scoring.points(one, ["1", "2"]) <= FULL for one in questions)


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4), st.text(max_size=20))
def test_typed_answers_never_break(accepted: list[str], said: str) -> None:
    question = {"key": "q", "kind": "short", "answers": [{"text": one, "fraction": 100} for one in accepted]}
    assert scoring.points(question, said) in (0, FULL)
    assert scoring.points(question, accepted[0]) == FULL
