"""In whose words a message is: the organisation's own, those from above, or the house's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from lms.core.db import session
from lms.core.i18n import LANGUAGES
from lms.notifications.models import Wording
from lms.notifications.queries.chosen import line_of
from lms.notifications.worded import Worded, kind_called, kinds
from lms.organisations.actor import Actor
from lms.organisations.models import Organisation
from lms.organisations.queries import organisation_in_sight

Words = dict[str, str]  #: ``subject``, ``body``, ``short``; empty: the house's


class Texts:
    """The own words of a tenant's organisations for some messages, looked up along the tree."""

    def __init__(self, rows: Iterable[Wording]) -> None:
        self._rows = {(row.organisation_id, row.kind, row.language): row for row in rows}

    def row(self, line: Sequence[int], kind: str, language: str) -> Wording | None:
        """The nearest, from an organisation upwards; None: nobody has own words."""
        found = (self._rows.get((one, kind, language)) for one in line)
        return next((row for row in found if row is not None), None)

    def words(self, line: Sequence[int], kind: str, language: str) -> Words:
        """The same, as a mail keeps them."""
        row = self.row(line, kind, language)
        return {} if row is None else {"subject": row.subject, "body": row.body, "short": row.short}


@dataclass(frozen=True, slots=True)
class Draft:
    """One message in one language, as an organisation says it: its own words, those that it has from above, or neither."""

    organisation: Organisation
    kind: type[Worded]
    language: str
    own: Wording | None
    #: Those from above, and whose they are.
    above: Wording | None
    above_name: str


@dataclass(frozen=True, slots=True)
class Origin:
    """A line of the list: a message, a language, and whose words are sent: its own, of an organisation above, the house's."""

    kind: type[Worded]
    language: str
    is_own: bool
    above_name: str


def texts(tenant_id: int, names: Sequence[str]) -> Texts:
    """All own words of a tenant for these messages. One statement."""
    found = select(Wording).where(Wording.tenant_id == tenant_id, Wording.kind.in_(names))
    return Texts(session.scalars(found))


def origins(organisation: Organisation) -> list[Origin]:
    """Every message that may be worded, in both languages, and in whose words it leaves here."""
    known = texts(organisation.tenant_id, [kind.name for kind in kinds()])
    line = _above(organisation)
    names = dict(line)
    found = []
    for kind in kinds():
        for language in LANGUAGES:
            row = known.row([one for one, _name in line], kind.name, language)
            is_own = row is not None and row.organisation_id == organisation.id
            above = names[row.organisation_id] if row is not None and not is_own else ""
            found.append(Origin(kind, language, is_own, above))
    return found


def draft_in_sight(actor: Actor, organisation_id: int, message: str, language: str) -> Draft | None:
    """A message in one language, if the organisation is in sight and the message may be worded."""
    kind = kind_called(message)
    organisation = organisation_in_sight(actor, organisation_id)
    if kind is None or organisation is None or language not in LANGUAGES:
        return None
    known = texts(organisation.tenant_id, [kind.name])
    line = _above(organisation)
    own = known.row([organisation.id], kind.name, language)
    above = known.row([one for one, _name in line[1:]], kind.name, language)
    name = dict(line)[above.organisation_id] if above is not None else ""
    return Draft(organisation, kind, language, own, above, name)


def _above(organisation: Organisation) -> list[tuple[int, str]]:
    """Number and name of the organisation, then of those above it, the nearest first."""
    line = line_of(organisation)
    found = select(Organisation.id, Organisation.name).where(
        Organisation.tenant_id == organisation.tenant_id, Organisation.id.in_(line)
    )
    names = {row.id: row.name for row in session.execute(found)}
    return [(one, names[one]) for one in line]
