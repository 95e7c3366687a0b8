"""The six words of an access card: drawn from 2,048 plain French ones, so 66 bits; read however they are typed.

``words.txt`` is ours. Its words have 4 to 8 letters, no accent, and no two are one letter apart.
"""

import re
import secrets
from functools import lru_cache
from pathlib import Path

from lms.core.i18n import sort_key
from lms.people.keyed import keyed

COUNT = 6
_FILE = Path(__file__).with_name("words.txt")


@lru_cache(maxsize=1)
def all_words() -> tuple[str, ...]:
    """The whole list, in the order of the alphabet."""
    return tuple(_FILE.read_text("ascii").split())


def draw() -> list[str]:
    """Six words by chance."""
    return [secrets.choice(all_words()) for _ in range(COUNT)]


def read(typed: str) -> list[str]:
    """The words of what was typed: case, accents and whatever stands between them do not count."""
    return re.findall(r"[a-z]+", sort_key(typed[:400]))


def words_hash(words: list[str]) -> str:
    """What the table keeps of them."""
    return keyed("words", " ".join(words))
