"""Messages to many people at once: rows of the outbox made by the database itself, in a constant number of statements."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import case, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import JSON

from lms.notifications.queries import Texts
from lms.people.models import Person


class JsonObject(FunctionElement[Any]):
    """A JSON object made by the database from names and values, one a row: ``JsonObject("name", Person.first_name)``."""

    inherit_cache = True
    type = JSON()


@compiles(JsonObject)
def _postgresql(element: JsonObject, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"json_build_object({compiler.process(element.clauses, **kwargs)})"


@compiles(JsonObject, "sqlite")
def _sqlite(element: JsonObject, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"json_object({compiler.process(element.clauses, **kwargs)})"


def made_of(**said: Any) -> JsonObject:
    """A JSON object of these columns and plain texts."""
    parts = ((literal(name), literal(one) if isinstance(one, str) else one) for name, one in said.items())
    return JsonObject(*(part for pair in parts for part in pair))


def own_words(texts: Texts, line: Sequence[int], kind: str) -> dict[str, Any]:
    """``wording`` for ``details``: the organisation's own words in the language of each person; nothing where it has none."""
    french, english = texts.words(line, kind, "fr"), texts.words(line, kind, "en")
    if not french and not english:
        return {}
    speaks_english = Person.language == "en"
    parts = {
        part: case((speaks_english, literal(english.get(part, ""))), else_=literal(french.get(part, "")))
        for part in ("subject", "body", "short")
    }
    return {"wording": made_of(**parts)}


def about(cohort_id: int) -> str:
    """What messages of a cohort are kept as the proof of."""
    return f"cohort/{cohort_id}"
