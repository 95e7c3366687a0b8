"""What roles and kinds of organisation are called on the screen. Never gendered."""

from lms.core.i18n import lazy
from lms.organisations.models import InvitationState, OrganisationKind, Role

_ROLES = {
    Role.ADMIN: lazy("Administration"),
    Role.HR_MANAGER: lazy("Human resources"),
    Role.MANAGER: lazy("Team management"),
    Role.ADVISER: lazy("Guidance of learners"),
    Role.TRAINER: lazy("Teaching"),
    Role.MEDIATOR: lazy("Digital mediation"),
    Role.PARTNER: lazy("Partner"),
    Role.AUDITOR: lazy("Audit"),
    Role.LEARNER: lazy("Course participant"),
}
_SEES = {
    Role.ADMIN: lazy("All the people, cohorts, courses and organisations of the organisation and of all below it."),
    Role.HR_MANAGER: lazy("The people, cohorts and courses of the organisation and of all below it."),
    Role.MANAGER: lazy("Their own team: the people whom they follow, and the cohorts in which these are."),
    Role.ADVISER: lazy("The people and cohorts of the organisation and of all below it; where the organisation has chosen so, only the people whom they follow."),
    Role.TRAINER: lazy("The courses of the organisation; the cohorts that were given to them to teach, and the people in these; the people whom they follow. No birth dates, no numbers."),
    Role.MEDIATOR: lazy("The learners who gave them a mandate, as long as it holds; the people whom they follow, and the cohorts in which these are. No birth dates, no numbers."),
    Role.PARTNER: lazy("The cohorts that were shared with them, at the level of the sharing: with names, under pseudonyms, or as totals."),
    Role.AUDITOR: lazy("The same as the administration, to read only, and only up to a day that is set when the role is given."),
    Role.LEARNER: lazy("Themselves: their own courses, results and certificates."),
}  # fmt: skip
#: Kinds of organisation in words.
KIND_WORDS = {
    OrganisationKind.AGENCY: lazy("Employment agency"),
    OrganisationKind.COMPANY: lazy("Company"),
    OrganisationKind.ASSOCIATION: lazy("Association"),
    OrganisationKind.TRAINING_BODY: lazy("Training body"),
    OrganisationKind.FUNDER: lazy("Funder"),
}


def role_name(role: Role) -> str:
    """The role, in the reader's language."""
    return str(_ROLES[role])


def role_sees(role: Role) -> str:
    """Whom and what the role has in sight, in the reader's language."""
    return str(_SEES[role])


def kind_name(kind: OrganisationKind) -> str:
    """The kind of organisation, in the reader's language."""
    return str(KIND_WORDS[kind])


#: Why an invitation lets nobody in, and what to do then.
_CLOSED = {
    InvitationState.SPENT: (
        lazy("This invitation was already used"),
        lazy("As many people as it allows have accepted it. Ask whoever sent it for a new one."),
    ),
    InvitationState.EXPIRED: (
        lazy("This invitation is over"),
        lazy("Its last day has passed. Ask whoever sent it for a new one."),
    ),
    InvitationState.REVOKED: (
        lazy("This invitation was taken back"),
        lazy("Perhaps a newer one was sent to you: look among your messages. Otherwise ask whoever sent it."),
    ),
    InvitationState.VOID: (
        lazy("This invitation no longer holds"),
        lazy("Whoever sent it may no longer invite people in this role. Ask the organisation for a new one."),
    ),
}
_STATES = {
    InvitationState.OPEN: ("here", lazy("Open")),
    InvitationState.SPENT: ("done", lazy("Used")),
    InvitationState.EXPIRED: ("late", lazy("Over")),
    InvitationState.REVOKED: ("locked", lazy("Taken back")),
    InvitationState.VOID: ("locked", lazy("No longer holds")),
}


def closed_words(state: InvitationState) -> tuple[str, str]:
    """Why an invitation lets nobody in, and what to do then, in the reader's language."""
    reason, remedy = _CLOSED[state]
    return str(reason), str(remedy)


def state_words(state: InvitationState) -> tuple[str, str]:
    """How a list shows the state of an invitation: kind of its tag, and its word."""
    kind, word = _STATES[state]
    return kind, str(word)
