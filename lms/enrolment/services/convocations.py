"""People are convoked: their state, and a message to each by the way that they have. A set of people, one deed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, and_, case, cast, delete, func, literal, select, update

from config import settings
from lms.core import journal
from lms.core.clock import Instant, now
from lms.core.db import insert_new, session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.post import Mail, Way
from lms.enrolment.models import Cohort, Member
from lms.enrolment.queries import courses_of
from lms.enrolment.queries.messages import TO_PRINT, way_of
from lms.enrolment.queries.teaching import trainers
from lms.enrolment.services import outgoing
from lms.enrolment.services.changes import NobodyChosen, change_state
from lms.enrolment.states import Deed, MemberState
from lms.notifications import queries as messages
from lms.organisations.models import Organisation
from lms.people.models import Person

NAME = "enrolment.convocation"
POSTED = "posted"


class NothingToPost(Refused):
    """There is no letter that waits."""

    status = 409


@dataclass(frozen=True, slots=True)
class Convoked:
    """How many people were written to by each way, and how many were left out: their state does not allow it."""

    run: str
    ways: dict[Way, int]
    left_alone: int


def convoke(
    member_ids: Sequence[int], cohort: Cohort, by: Any, *, once: str, again: bool = False
) -> Convoked:
    """Convoke those of these members who are only registered; ``again``: also write once more to those convoked before.

    ``once``: what the form was given: sent twice, it writes to nobody twice. Raises ``NobodyChosen``.
    """
    of = Member.tenant_id == cohort.tenant_id, Member.cohort_id == cohort.id, Member.id.in_(member_ids)
    found = session.execute(select(Member.id, Member.state).where(*of).order_by(Member.id)).all()
    new = [row.id for row in found if row.state is MemberState.REGISTERED]
    old = [row.id for row in found if row.state is MemberState.CONVOKED] if again else []
    if not new and not old:
        raise NobodyChosen(
            _("Nobody was convoked: the state of those chosen does not allow it."),
            _("Choose people who are enrolled and have not begun, or say that it is to be sent again."),
        )
    run = f"again/{once}"
    if new:
        run = f"batch/{change_state(new, cohort, Deed.CONVOKE, by).batch.id}"
    _write(cohort, [*new, *old], run, once)
    ways = _counted(cohort, run)
    said = {way.value: number for way, number in ways.items()}
    journal.note("people-convoked", by, tenant_id=cohort.tenant_id, cohort=cohort.id, **said)
    return Convoked(run, ways, len(found) - len(new) - len(old))


def posted(cohort: Cohort, by: Any) -> int:
    """The letters of this cohort that waited were printed and posted; how many. Raises ``NothingToPost``."""
    waiting = (
        Mail.tenant_id == cohort.tenant_id,
        Mail.about == outgoing.about(cohort.id),
        Mail.state == TO_PRINT,
    )
    done = update(Mail).where(*waiting).values(state=POSTED, sent_at=now(), details={})
    number = len(session.execute(done.returning(Mail.id).execution_options(synchronize_session=False)).all())
    if not number:
        raise NothingToPost(_("No letter of this cohort waits."), _("Convoke people first."))
    journal.note("letters-posted", by, tenant_id=cohort.tenant_id, cohort=cohort.id, rows=number)
    return number


def stop(tenant_id: int, batch_id: int, people: Sequence[int]) -> None:
    """What a batch wrote to these people and did not leave yet never leaves."""
    waiting = Mail.state.in_(("waiting", TO_PRINT)), Mail.run == f"batch/{batch_id}", Mail.about != ""
    mine = delete(Mail).where(Mail.tenant_id == tenant_id, Mail.person_id.in_(people), *waiting)
    session.execute(mine.execution_options(synchronize_session=False))


def _write(cohort: Cohort, member_ids: list[int], run: str, once: str) -> None:
    organisation = session.get_one(Organisation, cohort.organisation_id)
    rules = messages.rules_of(organisation)
    way, zone = way_of(), organisation.zone
    is_letter = way == Way.LETTER.value
    rows = (
        select(
            Member.tenant_id,
            literal("convocation/").concat(cast(Member.id, String)).concat(literal(f"/{once}")),
            Person.id,
            literal(NAME),
            way,
            literal(outgoing.about(cohort.id)),
            literal(run),
            Person.language,
            literal(zone),
            case((way == Way.MAIL.value, Person.email), (is_letter, literal("")), else_=Person.phone),
            _details(cohort, organisation),
            case((is_letter, literal(TO_PRINT)), else_=literal("waiting")),
            literal(rules.next_open(now(), zone), Instant()),
        )
        .join(Person, and_(Person.tenant_id == Member.tenant_id, Person.id == Member.person_id))
        .where(Member.tenant_id == cohort.tenant_id, Member.id.in_(member_ids))
    )
    columns = (
        *("tenant_id", "key", "person_id", "kind", "way", "about", "run", "language", "zone", "address"),
        *("details", "state", "due_at"),
    )  # fmt: skip
    insert_new(Mail, list(columns), rows)


def _details(cohort: Cohort, organisation: Organisation) -> Any:
    """What a convocation says: of the cohort and its organisation alike, of each person their own name and days."""
    rules, line = messages.rules_of(organisation), messages.line_of(organisation)
    texts = messages.texts(cohort.tenant_id, [NAME])
    starts, ends = _written(cohort.starts_on), _written(cohort.due_on)
    return outgoing.made_of(
        first_name=Person.first_name,
        name=Person.first_name.concat(literal(" ")).concat(Person.last_name),
        cohort=cohort.name,
        organisation=organisation.name,
        body_address=organisation.address,
        phone=organisation.help_phone,
        hours=organisation.help_hours,
        address=settings.current().base_url,
        programme="\n".join(course.title for course in courses_of(cohort)),
        trainers=", ".join(f"{one.first_name} {one.last_name}" for one in trainers(cohort)),
        starts=func.coalesce(cast(Member.enters_on, String), literal(starts)),
        ends=func.coalesce(cast(Member.leaves_on, String), literal(ends)),
        disability_contact=rules.disability_contact,
        equipment=rules.equipment,
        rules_url=rules.rules_url,
        booklet_url=rules.booklet_url,
        **outgoing.own_words(texts, line, NAME),
    )


def _written(day: Any) -> str:
    return day.isoformat() if day else ""


def _counted(cohort: Cohort, run: str) -> dict[Way, int]:
    of = Mail.tenant_id == cohort.tenant_id, Mail.about == outgoing.about(cohort.id), Mail.run == run
    counted = select(Mail.way, func.count()).where(*of).group_by(Mail.way)
    said = {row[0]: row[1] for row in session.execute(counted)}
    return {way: said.get(way.value, 0) for way in Way}
