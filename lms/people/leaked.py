"""How many guesses a password would withstand from whoever holds the lists of passwords stolen elsewhere.

The lists and the reckoning are zxcvbn's (30,000 passwords by how often they were found in leaks, names, words, keyboards, dates);
the words of ``common.txt`` and the person's own are added, as the lists are of the English-speaking world.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

_READ = 40  #: letters that are judged: what so many withstand, more withstand as well, and reading more takes longer
_ENOUGH = 10**8  #: guesses; a hundred a second, without being stopped at the door, take twelve days

Ranks = dict[str, int]


class Guessed(NamedTuple):
    """Whether a password would be guessed, and whether because one stolen elsewhere is in it."""

    is_guessable: bool
    is_stolen: bool


def judge(plain: str, common: frozenset[str], own: Sequence[str] = ()) -> Guessed:
    """How a password fares, ``plain``: without accents or case. ``own``: what anybody knows of the person, the same way.

    Some milliseconds; the first call of a process reads the lists, in some hundredths of a second.
    """
    from zxcvbn import matching, scoring

    # The library's own entrance keeps one person's words where the next thread reads them; these two do not.
    lists = {**_lists(common), "own": _ranked(own)}
    text = plain[:_READ]
    found = scoring.most_guessable_match_sequence(text, matching.omnimatch(text, lists))
    stolen = any(_is_stolen(part) for part in found["sequence"])
    return Guessed(found["guesses"] < _ENOUGH, stolen)


def _is_stolen(part: dict[str, Any]) -> bool:
    return part.get("dictionary_name") == "passwords" or any(map(_is_stolen, part.get("base_matches", ())))


@cache
def _lists(common: frozenset[str]) -> dict[str, Ranks]:
    from zxcvbn import matching

    known = {name: ranks for name, ranks in matching.RANKED_DICTIONARIES.items() if name != "user_inputs"}
    return {**known, "common": _ranked(sorted(common))}


def _ranked(words: Iterable[str]) -> Ranks:
    return {word: rank for rank, word in enumerate(words, 1)}
