"""Questions as templates show them."""

from lms.assessment import gift, screens

ONE, MANY, BOTH, WORD = gift.read(
    "::a:: Un ? {=juste#Oui. ~faux#Non, car… ####Rappel.}\n\n::b:: Deux ? {~%50%x#bien ~%50%y ~%-50%z#pas z}\n\n"
    "::c:: Trois ? {T#non#si}\n\n::d:: Quatre ? {=mot#voilà =%50%mots#presque}"
).questions


def test_only_what_is_offered_is_an_answer() -> None:
    assert screens.given(ONE, {"q-a": ["2", "1", "9"]}) == ["1"]
    assert screens.given(MANY, {"q-b": ["3", "1", "1", "<b>"]}) == ["1", "3"]
    assert screens.given(BOTH, {"q-c": ["maybe"]}) == []
    assert screens.given(WORD, {"q-d": ["  un   mot\n"]}) == "un mot"
    assert screens.given(WORD, {"q-d": ["x" * 9_000]}) == "x" * screens.LONGEST
    assert screens.given(WORD, {}) == ""


def test_nothing_is_told_before_the_answer() -> None:
    shown = screens.view(ONE, 1, ["1"])
    assert (shown.chosen, shown.why) == (["1"], {})
    assert [label for _key, label in shown.options] == ["juste", "faux"]


def test_what_is_said_stands_with_the_answer_it_speaks_of() -> None:
    why = screens.view(MANY, 2, ["1", "3"], told=True).why
    assert {key: (verdict, str(text)) for key, (verdict, _words, text) in why.items()} == {
        "1": ("done", "bien"), "3": ("retry", "pas z"),
    }  # fmt: skip
    assert screens.view(WORD, 4, "mots", told=True).why["text"][0] == "retry"
    assert screens.view(WORD, 4, "autre", told=True).why["text"][2] == ""
    assert screens.view(WORD, 4, "MOT", told=True).why["text"][0] == "done"


def test_options_are_mixed_for_each_learner_and_try_and_stay_so() -> None:
    many = {**ONE, "options": [{**ONE["options"][0], "key": str(n)} for n in range(8)]}
    orders = {tuple(key for key, _ in screens.view(many, 1, seed=f"{n}.1.1").options) for n in range(20)}
    assert len(orders) > 10
    assert screens.view(many, 1, seed="7").options == screens.view(many, 1, seed="7").options
    assert [key for key, _ in screens.view(BOTH, 1, seed="7").options] == ["true", "false"]


def test_the_result_explains_what_was_missed() -> None:
    found = screens.missed([ONE, MANY, BOTH, WORD], {"a": ["2"], "b": ["1", "2"], "d": "mots"}, reveal=True)
    assert [one.number for one in found] == [1, 3, 4]
    assert (found[0].said, found[0].right) == ("faux", ["juste"])
    assert [str(text) for text in found[0].why] == ["Non, car…", "Rappel."]
    assert found[1].said == ""
    assert (found[2].said, [str(one) for one in found[2].right]) == ("mots", ["mot"])
    assert screens.missed([ONE], {"a": ["2"]}, reveal=False)[0].right == []


def test_a_question_without_words_still_has_a_title() -> None:
    (question,) = gift.read("[html]<pre>code</pre> {T}").questions
    shown = screens.view(question, 3)
    assert (str(shown.lead), "3" in shown.title) == ("", True)
