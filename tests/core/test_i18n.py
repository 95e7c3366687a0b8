"""Dates, durations and numbers as the reader writes them; never a space that the font does not have."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from lms.core import i18n
from lms.core.i18n import speaking_to

NOW = datetime(2026, 11, 24, 9, 42, 7, tzinfo=UTC)
S = "\u00a0"


@pytest.mark.parametrize(
    ("language", "style", "said"),
    [
        ("fr", "full", "mardi 24 novembre 2026"),
        ("fr", "long", "24 novembre 2026"),
        ("fr", "medium", "24 nov. 2026"),
        ("fr", "short", "24/11/2026"),
        ("en", "full", "Tuesday, November 24, 2026"),
        ("en", "long", "November 24, 2026"),
        ("en", "medium", "Nov 24, 2026"),
    ],
)
def test_a_day(language: str, style: str, said: str) -> None:
    with speaking_to(language):
        assert i18n.day(date(2026, 11, 24), style) == said
        assert i18n.day(NOW, style) == said


@pytest.mark.parametrize(
    ("language", "style", "said"),
    [
        ("fr", "medium", f"24 nov. 2026, 10{S}h{S}42"),
        ("fr", "long", f"24 novembre 2026 à 10{S}h{S}42"),
        ("en", "medium", f"Nov 24, 2026, 10:42{S}AM"),
        ("en", "long", f"November 24, 2026 at 10:42{S}AM"),
    ],
)
def test_a_moment_is_told_to_the_minute(language: str, style: str, said: str) -> None:
    with speaking_to(language):
        assert i18n.moment(NOW, style) == said


def test_the_first_of_a_month_is_said_as_french_says_it() -> None:
    with i18n.speaking_to("fr"):
        assert i18n.day(date(2026, 12, 1)) == "mardi 1er décembre 2026"
        assert i18n.day(date(2026, 12, 11)) == "vendredi 11 décembre 2026"
        assert i18n.day(date(2026, 12, 1), "short") == "01/12/2026"


def test_a_day_counts_by_the_readers_clock() -> None:
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    for zone, day, hour in [
        ("Europe/Paris", "25 novembre 2026", f"0{S}h{S}30"),
        ("America/Cayenne", "24 novembre 2026", f"20{S}h{S}30"),
        ("Pacific/Noumea", "25 novembre 2026", f"10{S}h{S}30"),
        ("Indian/Reunion", "25 novembre 2026", f"3{S}h{S}30"),
    ]:
        with speaking_to("fr", zone):
            assert (i18n.day(late, "long"), i18n.hour(late)) == (day, hour)


def test_the_hour_that_comes_twice_is_shown_as_the_wall_shows_it() -> None:
    with speaking_to("fr"):
        said = [i18n.hour(datetime(2026, 10, 25, hour, 30, tzinfo=UTC)) for hour in (0, 1, 2)]
    assert said == [f"2{S}h{S}30", f"2{S}h{S}30", f"3{S}h{S}30"]


@pytest.mark.parametrize(
    ("seconds", "french", "english"),
    [
        (0, "0 minute", "0 minutes"),
        (29, "0 minute", "0 minutes"),
        (60, "1 minute", "1 minute"),
        (720, "12 minutes", "12 minutes"),
        (3599, f"1{S}h", f"1{S}h"),
        (3600, f"1{S}h", f"1{S}h"),
        (9000, f"2{S}h{S}30", f"2{S}h{S}30"),
        (3900, f"1{S}h{S}05", f"1{S}h{S}05"),
        (-5, "0 minute", "0 minutes"),
    ],
)
def test_a_duration(seconds: int, french: str, english: str) -> None:
    for language, said in (("fr", french), ("en", english)):
        with speaking_to(language):
            assert i18n.duration(seconds).replace(S, " ") == said.replace(S, " ")


@pytest.mark.parametrize(
    ("back", "french", "english"),
    [
        (timedelta(minutes=5), "aujourd’hui à 10 h 37", "today at 10:37 AM"),
        (timedelta(hours=12), "hier", "yesterday"),
        (timedelta(days=1), "hier", "yesterday"),
        (timedelta(days=2), "il y a 2 jours", "2 days ago"),
        (timedelta(days=29), "il y a 29 jours", "29 days ago"),
        (timedelta(days=30), "25 octobre 2026", "October 25, 2026"),
        (timedelta(minutes=-3), "aujourd’hui à 10 h 45", "today at 10:45 AM"),
    ],
)
def test_how_long_ago(back: timedelta, french: str, english: str) -> None:
    for language, said in (("fr", french), ("en", english)):
        with speaking_to(language):
            assert i18n.ago(NOW - back, NOW).replace(S, " ").replace("'", "’") == said


def test_numbers_have_spaces_that_the_font_has() -> None:
    with speaking_to("fr"):
        assert i18n.number_(1234567.5) == f"1{S}234{S}567,5"
    with speaking_to("en"):
        assert i18n.number_(1234567.5) == "1,234,567.5"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_nothing_ever_holds_a_narrow_space(language: str) -> None:
    with speaking_to(language):
        said = [i18n.day(NOW, s) for s in ("full", "long", "medium", "short")]
        said += [i18n.moment(NOW, s) for s in ("full", "long", "medium", "short")]
        said += [
            i18n.hour(NOW),
            i18n.number_(-1234.5),
            i18n.duration(10**6),
            i18n.ago(NOW - timedelta(days=400), NOW),
        ]
    assert not [one for one in said if "\u202f" in one or "\u2009" in one]


def test_an_empty_text_is_empty_and_not_the_catalogues_header() -> None:
    for language in i18n.LANGUAGES:
        with speaking_to(language):
            assert (i18n.gettext(""), str(i18n.lazy(""))) == ("", "")


def test_a_percent_sign_is_one_whether_or_not_there_are_values() -> None:
    with speaking_to("en"):
        assert i18n.gettext("100 % done") == "100 % done"
        assert i18n.gettext("%(n)s %% done", n=5) == "5 % done"


def test_an_unknown_language_or_zone_closes_no_page() -> None:
    for zone in ("Europe/Nowhere", "", "../../etc/passwd", "/etc/passwd", "x" * 300):
        with speaking_to("tlh", zone):
            assert i18n.language() == "fr"
            assert i18n.hour(NOW) == f"10{S}h{S}42"


def test_a_lazy_text_speaks_to_whoever_reads_it() -> None:
    label = i18n.lazy("yesterday")
    with speaking_to("fr"):
        assert (str(label), f"{label}", label.__html__()) == ("hier", "hier", "hier")
    with speaking_to("en"):
        assert str(label) == "yesterday"
    assert i18n.lazy("<b>%(n)s") % {"n": 1} == "<b>1"
    assert i18n.lazy("<b>").__html__() == "&lt;b&gt;"


def test_a_lazy_text_is_no_value_to_store() -> None:
    with pytest.raises(TypeError):
        json.dumps({"label": i18n.lazy("yesterday")})


def test_whom_we_spoke_to_before_is_spoken_to_again() -> None:
    i18n.speak_to("en")
    with speaking_to("fr"):
        with speaking_to("en", "Asia/Tokyo"):
            assert i18n.language() == "en"
        assert i18n.language() == "fr"
    assert i18n.language() == "en"
    i18n.speak_to()


def test_names_are_sorted_without_accents_or_case() -> None:
    found = [i18n.sort_key(name) for name in ("Élodie", "ŒUVRARD", "Æsa", "æsa", "d’Ormesson", " Zoë ")]
    assert found == ["elodie", "oeuvrard", "aesa", "aesa", "d’ormesson", "zoe"]
