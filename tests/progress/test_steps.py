"""The reckoning of progress, over any course and any order of deeds."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from lms.progress import steps as reckoning
from lms.progress.steps import Step

AT = datetime(2026, 11, 24, tzinfo=UTC)
courses = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=30)


def make(flags: list[tuple[bool, bool]]) -> tuple[Step, ...]:
    """Steps from (is mandatory, is done) pairs."""
    return reckoning.in_order(
        [
            Step(n, f"Pas {n}", "page", 5, must, None, AT if done else None)
            for n, (must, done) in enumerate(flags)
        ]
    )


@given(courses)
def test_counts_stay_within_bounds(flags: list[tuple[bool, bool]]) -> None:
    done, total = reckoning.count(make(flags))
    assert 0 <= done <= total == sum(must for must, _done in flags)


@given(courses)
def test_there_is_a_next_step_exactly_while_something_is_left(flags: list[tuple[bool, bool]]) -> None:
    steps = make(flags)
    done, total = reckoning.count(steps)
    here = reckoning.here(steps)
    assert (here is None) == all(is_done for _must, is_done in flags)
    if done < total:
        assert here is not None
        assert here.is_mandatory
        assert here.is_open
        assert not here.is_done
        assert not any(step.is_mandatory and not step.is_done for step in steps[: steps.index(here)])


@given(courses)
def test_a_locked_step_names_the_step_that_opens_it(flags: list[tuple[bool, bool]]) -> None:
    steps = make(flags)
    for at, step in enumerate(steps):
        nearest = max((s.number for s in steps[:at] if s.is_mandatory and not s.is_done), default=0)
        assert step.waits_for == (0 if step.is_done else nearest)
        assert step.is_open == (step.is_done or not nearest)


@given(courses)
def test_numbers_run_over_the_mandatory_steps(flags: list[tuple[bool, bool]]) -> None:
    steps = make(flags)
    assert [s.number for s in steps if s.is_mandatory] == list(range(1, reckoning.count(steps)[1] + 1))
    assert {s.number for s in steps if not s.is_mandatory} <= {0}


def test_neighbours() -> None:
    steps = make([(True, True), (True, False), (True, False)])
    assert reckoning.around(steps, 0) == (None, steps[1])
    assert reckoning.around(steps, 2) == (steps[1], None)
    assert reckoning.minutes_left(steps) == 10
