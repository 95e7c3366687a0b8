"""Who acts: a person with one organisation in hand. Loaded once a request; policies ask nothing else."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from lms.core.behalf import Behalf
from lms.organisations import logo
from lms.organisations.accent import url_of
from lms.organisations.features import NO_CARDS, OWN_CASELOAD
from lms.organisations.models import Role

STAFF = frozenset(
    {Role.ADMIN, Role.HR_MANAGER, Role.MANAGER, Role.ADVISER, Role.TRAINER, Role.MEDIATOR, Role.AUDITOR}
)
#: Roles that see the people of the organisation in hand and of all that lies below it.
WATCHERS = frozenset({Role.ADMIN, Role.HR_MANAGER, Role.ADVISER, Role.AUDITOR})
#: Roles that act for a learner, under a mandate.
COMPANIONS = frozenset({Role.ADVISER, Role.MEDIATOR})
#: Roles that enrol, withdraw, move and print cards.
ENROLLERS = frozenset({Role.ADMIN, Role.HR_MANAGER, Role.ADVISER})


def watches(roles: Collection[Role], features: Collection[str] = ()) -> bool:
    """Whether these roles see the people of the organisation in hand and of all below it.

    Where the organisation wants its advisers to see their own caseload, they see whom they follow, and no others.
    """
    found = WATCHERS - {Role.ADVISER} if OWN_CASELOAD in features else WATCHERS
    return not found.isdisjoint(roles)


@dataclass(frozen=True)
class Actor:
    """Plain values, so a rollback cannot empty it and a policy needs no query."""

    account_id: int
    person_id: int
    sign_in_id: int
    tenant_id: int
    organisation_id: int
    organisation_name: str
    first_name: str
    name: str
    roles: frozenset[Role]
    language: str = "fr"
    zone: str = "Europe/Paris"
    home_phone: str = ""  #: whom to call for help, and when
    home_hours: str = ""
    accent: str = ""
    logo: str = ""  #: key of the picture; empty: the organisation has none
    token: str = ""  #: the cookie's own key; never shown
    behalf: Behalf | None = None  #: who is at the keys, where that is somebody else, under a mandate
    features: frozenset[str] = frozenset()  #: switches of the organisation in hand
    proved_at: datetime | None = None  #: when they last proved in this session who they are
    owes_second_factor: bool = False  #: the organisation asks for one, and this session has shown none

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """What the signed cookie keeps: tenant, organisation in hand, and the key of the session."""
        return f"{self.tenant_id}.{self.organisation_id}.{self.token}"

    def is_any(self, *roles: Role) -> bool:
        """Whether the actor is one of these in the organisation in hand."""
        return not self.roles.isdisjoint(roles)

    @property
    def is_staff(self) -> bool:
        """Whether the staff's pages are for this person."""
        return not self.roles.isdisjoint(STAFF)

    @property
    def is_admin(self) -> bool:
        """Whether the organisation in hand, and all below it, is this person's to run."""
        return Role.ADMIN in self.roles

    @property
    def is_watcher(self) -> bool:
        """Whether this person has people in sight: all below the organisation, or those they follow themselves."""
        return not self.roles.isdisjoint(WATCHERS | {Role.MANAGER})

    @property
    def sees_branch(self) -> bool:
        """Whether the people of the organisation in hand, and of all below it, are in sight."""
        return watches(self.roles, self.features)

    @property
    def follows_only(self) -> bool:
        """Whether only those are in sight whom this person follows, teaches or acts for."""
        return self.is_staff and not self.sees_branch

    @property
    def knows_numbers(self) -> bool:
        """Whether birth dates, identifiers and ways to sign in of people are for this person's eyes, where people are.

        Those who only teach or accompany have no need of them; a partner gets what was shared.
        """
        return self.is_watcher or not self.is_staff

    @property
    def is_enroller(self) -> bool:
        """Whether this person enrols people and prints their cards."""
        return not self.roles.isdisjoint(ENROLLERS)

    @property
    def is_companion(self) -> bool:
        """Whether this person may act for a learner, under a mandate."""
        return not self.roles.isdisjoint(COMPANIONS)

    @property
    def makes_cards(self) -> bool:
        """Whether this person prints access cards: who enrols people, where cards are in use."""
        return self.is_enroller and NO_CARDS not in self.features

    @property
    def owes(self) -> str:
        """The page that comes before any other; empty: none does."""
        return "/me/second-factor" if self.owes_second_factor else ""

    @property
    def logo_url(self) -> str:
        """Address of the organisation's logo; empty where it has none."""
        return logo.url_of(self.logo)

    @property
    def accent_url(self) -> str:
        """Address of the organisation's colours; empty where they are ours."""
        return url_of(self.accent)
