"""Groups of an identity system as cohorts: its members are enrolled and withdrawn, always as a set."""

from collections.abc import Mapping, Sequence

from scim2_models import InvalidValueException
from sqlalchemy import delete, func, insert, select, update

from lms.api.client import Client
from lms.api.models import ResourceKind, ScimMember, ScimResource
from lms.core.clock import now
from lms.core.db import session
from lms.enrolment import services as enrolment
from lms.enrolment.models import BatchKind, Cohort, Member
from lms.enrolment.states import GONE
from lms.organisations.models import Organisation

MOST_MEMBERS = 10_000  #: of a group
_NAMESAKES = 500  #: cohorts whose names begin alike, of which a new name is told apart


def cohort_for(organisation: Organisation, name: str, client: Client) -> int:
    """The cohort that a group of this name is: the one that waits under this name, else a new one. Its number."""
    names = _namesakes(organisation, name)
    found = names.get(name)
    if found is None or _is_a_group(organisation, found):
        return enrolment.make_cohort(organisation, _free(name, names), by=client).id
    return found


def rename(cohort_id: int | None, organisation: Organisation, name: str, client: Client) -> None:
    """The cohort is called as its group; with a number where another one is called so."""
    cohort = _cohort(organisation.tenant_id, cohort_id)
    if cohort is None:
        return
    names = _namesakes(organisation, name)
    names = {called: number for called, number in names.items() if number != cohort.id}
    enrolment.change(cohort, name=_free(name, names), by=client)


def set_members(client: Client, group: ScimResource, wanted: Mapping[str, str | None]) -> None:
    """Make these ids, each with what is shown of it, the members: newcomers are enrolled, whoever is left out is withdrawn.

    Raises ``InvalidValueException`` for an id of nobody, and for more members than a group may have.
    """
    if len(wanted) > MOST_MEMBERS:
        raise InvalidValueException(detail=f"A group has at most {MOST_MEMBERS} members")
    before = _members(group)
    known = _ids_of(client, [one for one in wanted if one not in before])
    leaving = [row.resource_id for scim_id, row in before.items() if scim_id not in wanted]
    shown = {
        row.id: wanted[one] for one, row in before.items() if wanted.get(one, row.display) != row.display
    }
    if shown:
        session.execute(update(ScimMember), [{"id": n, "display": text} for n, text in shown.items()])
    if known:
        _enrol(client, group, {number: wanted[one] for one, number in known.items()})
    if leaving:
        _withdraw(client, group.id, group.cohort_id, leaving)
    _changed(client, [*known.values(), *leaving])


def leave_all(client: Client, resource_id: int) -> None:
    """Whoever is gone is in no group any more."""
    own = ScimMember.tenant_id == client.tenant_id, ScimMember.resource_id == resource_id
    found = (
        select(ScimMember.group_id, ScimResource.cohort_id)
        .join(ScimResource, (ScimResource.tenant_id == ScimMember.tenant_id) & (ScimResource.id == ScimMember.group_id))
        .where(*own)
        .order_by(ScimMember.group_id)
    )  # fmt: skip
    groups = session.execute(found).all()
    for group_id, cohort_id in groups:  # a receipt a cohort
        _withdraw(client, group_id, cohort_id, [resource_id])
    _changed(client, [group_id for group_id, _cohort_id in groups])


def disband(client: Client, group: ScimResource) -> None:
    """The group is no more; its cohort and whoever is in it stay."""
    _changed(client, [row.resource_id for row in _members(group).values()])


def _enrol(client: Client, group: ScimResource, coming: Mapping[int, str | None]) -> None:
    mine = ScimMember.tenant_id == client.tenant_id, ScimMember.group_id == group.id
    last = (
        session.scalar(select(func.max(ScimMember.id)).where(ScimMember.tenant_id == client.tenant_id)) or 0
    )
    session.execute(
        insert(ScimMember),
        [
            {"tenant_id": client.tenant_id, "group_id": group.id, "resource_id": number, "display": text}
            for number, text in coming.items()
        ],
    )
    cohort = _cohort(client.tenant_id, group.cohort_id)
    if cohort is None:
        return
    newcomers = (
        select(ScimResource.person_id.label("person_id"))
        .join(ScimMember, (ScimMember.tenant_id == ScimResource.tenant_id) & (ScimMember.resource_id == ScimResource.id))
        .where(*mine, ScimMember.id > last, ScimResource.person_id.is_not(None))
    )  # fmt: skip
    if session.execute(newcomers.limit(1)).first() is not None:
        enrolment.enrol(newcomers, cohort, kind=BatchKind.DIRECTORY, by=client)


def _withdraw(client: Client, group_id: int, cohort_id: int | None, leaving: Sequence[int]) -> None:
    session.execute(
        delete(ScimMember)
        .where(
            ScimMember.tenant_id == client.tenant_id,
            ScimMember.group_id == group_id,
            ScimMember.resource_id.in_(leaving),
        )
        .execution_options(synchronize_session=False)
    )
    cohort = _cohort(client.tenant_id, cohort_id)
    if cohort is None:
        return
    people = select(ScimResource.person_id).where(
        ScimResource.tenant_id == client.tenant_id, ScimResource.id.in_(leaving)
    )
    there = select(Member.id).where(
        Member.tenant_id == client.tenant_id,
        Member.cohort_id == cohort.id,
        Member.state.not_in(GONE),
        Member.person_id.in_(people),
    )
    if members := session.scalars(there.order_by(Member.id)).all():
        enrolment.withdraw(members, cohort, "other", by=client)


def _changed(client: Client, ids: Sequence[int]) -> None:
    """Their ``groups`` or ``members`` say something else now: they get another version."""
    those = ScimResource.tenant_id == client.tenant_id, ScimResource.id.in_(ids)
    change = update(ScimResource).where(*those).values(version=ScimResource.version + 1, changed_at=now())
    session.execute(change.execution_options(synchronize_session=False))


def _members(group: ScimResource) -> dict[str, ScimMember]:
    """The group's members, by their ids."""
    found = (
        select(ScimResource.scim_id, ScimMember)
        .join(ScimMember, (ScimMember.tenant_id == ScimResource.tenant_id) & (ScimMember.resource_id == ScimResource.id))
        .where(ScimMember.tenant_id == group.tenant_id, ScimMember.group_id == group.id)
    )  # fmt: skip
    return dict(session.execute(found).all())


def _ids_of(client: Client, wanted: Sequence[str]) -> dict[str, int]:
    """The numbers of the rows of these ids. Raises ``InvalidValueException``."""
    found = select(ScimResource.scim_id, ScimResource.id).where(
        ScimResource.tenant_id == client.tenant_id,
        ScimResource.organisation_id == client.organisation_id,
        ScimResource.scim_id.in_(wanted),
        ScimResource.gone_at.is_(None),
    )
    known = dict(session.execute(found).all()) if wanted else {}
    if strangers := [one for one in wanted if one not in known]:
        raise InvalidValueException(detail=f"No user or group has the id {strangers[0]}: send it first")
    return {one: known[one] for one in wanted}


def _cohort(tenant_id: int, cohort_id: int | None) -> Cohort | None:
    own = select(Cohort).where(Cohort.tenant_id == tenant_id, Cohort.id == cohort_id)
    return session.scalars(own).one_or_none() if cohort_id else None


def _namesakes(organisation: Organisation, name: str) -> dict[str, int]:
    found = select(Cohort.name, Cohort.id).where(
        Cohort.tenant_id == organisation.tenant_id,
        Cohort.organisation_id == organisation.id,
        Cohort.name.startswith(name, autoescape=True),
    )
    return dict(session.execute(found.order_by(Cohort.id).limit(_NAMESAKES)).all())


def _free(name: str, taken: dict[str, int]) -> str:
    numbered = (f"{name} ({n})" for n in range(2, len(taken) + 3))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def _is_a_group(organisation: Organisation, cohort_id: int) -> bool:
    own = ScimResource.tenant_id == organisation.tenant_id, ScimResource.cohort_id == cohort_id
    is_group = ScimResource.kind == ResourceKind.GROUP, ScimResource.gone_at.is_(None)
    return session.execute(select(ScimResource.id).where(*own, *is_group).limit(1)).first() is not None
