"""The first mail to people who were enrolled: written for all of them at once, in the transaction that enrols them."""

from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import JSON

from config import settings
from lms.core.db import insert_new, session
from lms.core.post import Mail
from lms.enrolment.models import Cohort, Member
from lms.organisations.models import Organisation
from lms.people.models import Person

NAME = "enrolment.welcome"


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


def write(cohort: Cohort, which: ColumnElement[bool]) -> int:
    """A mail to each of these members who has an address; the same membership never gets a second one."""
    organisation = session.get_one(Organisation, cohort.organisation_id)
    said = {
        "cohort": cohort.name,
        "organisation": organisation.name,
        "phone": organisation.help_phone,
        "address": settings.current().base_url,
    }
    details = JsonObject(
        literal("first_name"), Person.first_name, *(literal(part) for pair in said.items() for part in pair)
    )
    rows = (
        select(
            Member.tenant_id,
            literal("welcome/").concat(cast(Member.id, String)),
            Person.id,
            literal(NAME),
            Person.language,
            literal(organisation.zone),
            Person.email,
            details,
        )
        .join(Person, and_(Person.tenant_id == Member.tenant_id, Person.id == Member.person_id))
        .where(Member.tenant_id == cohort.tenant_id, which, Person.email.is_not(None))
    )
    columns = ["tenant_id", "key", "person_id", "kind", "language", "zone", "address", "details"]
    return insert_new(Mail, columns, rows)
