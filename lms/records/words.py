"""The journal in words: what each verb means, which verbs belong together, and what the details say."""

from collections.abc import Mapping
from typing import Any

from lms.core import journal
from lms.core.i18n import Lazy, lazy, number_
from lms.core.i18n import gettext as _
from lms.organisations.models import Role
from lms.organisations.roles import role_name
from lms.records.models import RequestKind, RequestState

#: Kind -> what it is called, and its verbs in words. A verb that is not here is shown as it is written.
KINDS: dict[str, tuple[Lazy, dict[str, Lazy]]] = {
    "sign-ins": (
        lazy("Sign-ins"),
        {
            "signed-in": lazy("Signed in"),
            "signed-out": lazy("Signed out"),
            "sign-in-refused": lazy("A sign-in was refused"),
            "sign-on-refused": lazy("A partner’s sign-on was refused"),
            "card-opened": lazy("Opened an access card"),
            "password-changed": lazy("Changed a password"),
            "code-changed": lazy("Changed the code of a card"),
            "address-asked": lazy("Asked for another e-mail address"),
            "address-changed": lazy("Changed the e-mail address"),
            "passkey-added": lazy("Added a passkey"),
            "passkey-removed": lazy("Removed a passkey"),
            "second-factor-added": lazy("Set up a second factor"),
            "second-factor-removed": lazy("Turned the second factor off"),
            "second-factor-taken-away": lazy("Took somebody’s second factor away"),
            "recovery-codes-made": lazy("Made new recovery codes"),
            "recovery-code-used": lazy("Used a recovery code"),
            "link-mailed": lazy("A link to choose a password was sent"),
            "account-suspended": lazy("Suspended an account"),
            "identity-linked": lazy("Linked an account to a partner’s sign-on"),
            "identity-unlinked": lazy("Took the tie to a partner’s sign-on away"),
            "identity-renewable": lazy("Allowed a new number at a partner’s sign-on, once"),
            "identity-renewed": lazy("Came under a new number at a partner’s sign-on"),
            "signed-on": lazy("Signed in through a partner’s sign-on"),
            "address-kept": lazy("A new address from a partner’s sign-on was not taken"),
        },
    ),
    "reads": (
        lazy("Personal files that were read"),
        {
            journal.READ: lazy("Read a personal file"),
            journal.WARNED: lazy("Read many personal files within an hour"),
        },
    ),
    "exports": (
        lazy("Files that were taken away"),
        {
            "report-ordered": lazy("Asked for a report"),
            "report-downloaded": lazy("Downloaded a report"),
            "journal-exported": lazy("Downloaded the journal"),
            "lines-exported": lazy("Downloaded lines of a file of people"),
            "declarations-exported": lazy("Downloaded the list of what is to be declared"),
            "movements-exported": lazy("Downloaded the movements of a pool of places"),
            "own-data-taken": lazy("Downloaded one’s own data"),
            "person-exported": lazy("Took away all that is held on somebody"),
            "cards-made": lazy("Made access cards"),
        },
    ),
    "rights": (
        lazy("Rights that were changed"),
        {
            "rights-changed": lazy("Changed what somebody may do"),
            "organisation-added": lazy("Added an organisation"),
            "organisation-changed": lazy("Changed an organisation"),
            "organisation-taken": lazy("Took an organisation in hand"),
            "days-chosen": lazy("Chose how long data is kept"),
            "logo-changed": lazy("Changed the logo of an organisation"),
            "logo-removed": lazy("Took the logo of an organisation away"),
            "organisation-switched": lazy("Changed the switches of an organisation"),
            "organisation-moved": lazy("Moved an organisation"),
            "organisation-archived": lazy("Archived an organisation"),
            "organisation-restored": lazy("Restored an organisation"),
            "organisations-merged": lazy("Merged two organisations"),
            "people-suspended": lazy("Suspended people"),
            "people-let-in": lazy("Let suspended people in again"),
            "provider-trusted": lazy("Trusted a partner’s sign-on"),
            "provider-submitted": lazy("Wrote down a partner’s sign-on"),
            "provider-changed": lazy("Changed the settings of a partner’s sign-on"),
            "provider-trusted-for": lazy("Said how far a partner’s sign-on is trusted"),
            "provider-discovered": lazy("Read what a partner’s sign-on publishes"),
            "provider-test-failed": lazy("Tried a partner’s sign-on, without success"),
            "provider-tested": lazy("Tried a partner’s sign-on"),
            "provider-live": lazy("Switched a partner’s sign-on on"),
            "provider-off": lazy("Switched a partner’s sign-on off"),
            "provider-removed": lazy("Took a partner’s sign-on away"),
            "cohort-shared": lazy("Shared a cohort"),
            "cohort-unshared": lazy("Stopped sharing a cohort"),
            "pool-shared": lazy("Showed a pool of places to its funder"),
            "pool-unshared": lazy("Stopped showing a pool of places to its funder"),
            "cohort-given": lazy("Gave a cohort to a trainer"),
            "cohort-taken-away": lazy("Took a cohort away from a trainer"),
        },
    ),
    "mandates": (
        lazy("Accompanied sessions"),
        {
            "mandate-made": lazy("Drew up a mandate"),
            "mandate-nobody-found": lazy("Looked for somebody to accompany, and found nobody"),
            "mandate-signed": lazy("Signed a mandate"),
            "mandate-withdrawn": lazy("Withdrew a mandate"),
            "mandate-ended": lazy("Ended a mandate"),
            "assisted-session-begun": lazy("Began an accompanied session"),
            "assisted-session-ended": lazy("Ended an accompanied session"),
            "looked-for": lazy("Opened a page in somebody’s name"),
            "acted-for": lazy("Did something in somebody’s name"),
            "acted-refused": lazy("Was refused something in somebody’s name"),
        },
    ),
    "people": (
        lazy("People and cohorts"),
        {
            "people-invited": lazy("Invited people"),
            "invitation-made": lazy("Made a link that invites people"),
            "invitations-mailed": lazy("Sent invitations by e-mail"),
            "invitation-accepted": lazy("Accepted an invitation"),
            "invitation-revoked": lazy("Took an invitation back"),
            "people-enrolled": lazy("Enrolled people"),
            "deadline-changed": lazy("Changed the deadline of a course"),
            "people-withdrawn": lazy("Withdrew people"),
            "state-changed": lazy("Said where people stand (convoked, suspended, resumed, not entered)"),
            "people-convoked": lazy("Convoked people"),
            "letters-posted": lazy("Noted letters as posted"),
            "message-rules-changed": lazy("Changed when messages leave"),
            "message-worded": lazy("Put a message into own words"),
            "message-reset": lazy("Took the own words of a message away"),
            "messages-chosen": lazy("Chose which messages to receive"),
            "messages-stopped": lazy("Switched messages off by a link in a mail"),
            "batch-undone": lazy("Took back what was done to people"),
            "people-moved": lazy("Moved people"),
            "declared": lazy("Ticked off declarations in Kairos or EDOF"),
            "declaration-corrected": lazy("Ticked off corrections in Kairos or EDOF"),
            "declaration-unticked": lazy("Took ticks of declarations back"),
            "person-changed": lazy("Corrected a personal file"),
            "person-added": lazy("Added a person"),
            "person-moved": lazy("Moved a person to another organisation"),
            "follower-changed": lazy("Changed who accompanies a person"),
            "people-merged": lazy("Merged two personal files"),
            "people-archived": lazy("Archived people"),
            "people-brought-back": lazy("Brought archived people back"),
            "cohort-made": lazy("Made a cohort"),
            "cohort-changed": lazy("Changed a cohort"),
            "rule-changed": lazy("Changed the rule of a cohort"),
            "rule-switched-on": lazy("Switched the rule of a cohort on"),
            "rule-switched-off": lazy("Switched the rule of a cohort off"),
            "file-received": lazy("Sent a file of people"),
            "pool-opened": lazy("Opened a pool of places"),
            "pool-changed": lazy("Changed a pool of places"),
            "pool-frozen": lazy("Froze a pool of places"),
            "pool-thawed": lazy("Opened a frozen pool of places again"),
            "pool-renewed": lazy("Renewed a pool of places"),
            "places-moved": lazy("Moved places from one unit to another"),
            "cohort-bound": lazy("Bound a cohort to a pool of places"),
            "cohort-unbound": lazy("Took a cohort off its pool of places"),
            "columns-named": lazy("Said what the columns of a file are"),
            "cohort-limited": lazy("Said how many people a cohort takes"),
            "way-opened": lazy("Opened a code to enrol oneself"),
            "way-closed": lazy("Closed a code to enrol oneself"),
            "wish-made": lazy("Asked to enter a cohort"),
            "wish-withdrawn": lazy("Took back a request to enter a cohort"),
            "wishes-approved": lazy("Approved requests to enter a cohort"),
            "wishes-refused": lazy("Refused requests to enter a cohort"),
            "wishes-entered": lazy("People of the waiting list entered a cohort"),
            "promotion-refused": lazy("The waiting list found no place in the pool"),
            "certificate-replaced": lazy("Replaced a certificate"),
            "certificate-revoked": lazy("Revoked a certificate"),
            "request-made": lazy("Asked for something about one’s own data"),
            "request-answered": lazy("Answered a request about personal data"),
        },
    ),
    "directories": (
        lazy("Directories (SCIM)"),
        {
            "scim-token-made": lazy("Made a token for a directory"),
            "scim-token-revoked": lazy("Revoked the token of a directory"),
            "token-refused": lazy("A wrong token was refused"),
            "scim-user-added": lazy("A directory added somebody"),
            "scim-user-changed": lazy("A directory changed somebody’s file"),
            "scim-user-gone": lazy("A directory took somebody out of the organisation"),
        },
    ),
    "erasures": (
        lazy("What was erased"),
        {
            "people-erased": lazy("Erased people"),
            "purged": lazy("What was too old was erased"),
        },
    ),
}
WORDS: dict[str, Lazy] = {verb: word for _label, verbs in KINDS.values() for verb, word in verbs.items()}
#: What somebody asks about their data.
REQUESTS: dict[RequestKind, Lazy] = {
    RequestKind.CORRECT: lazy("Something is wrong: correct it"),
    RequestKind.LIMIT: lazy("Do not use something that is held on me"),
    RequestKind.ERASE: lazy("Erase what is held on me"),
}
STATES: dict[RequestState, Lazy] = {
    RequestState.OPEN: lazy("Waits for an answer"),
    RequestState.DONE: lazy("Done"),
    RequestState.REFUSED: lazy("Refused"),
}
#: Which file was read.
FILES: dict[str, Lazy] = {
    "file": lazy("Identity and contacts"),
    "progress": lazy("Progress in a cohort"),
    "path": lazy("The path, seen as the learner sees it"),
    "certificate": lazy("A certificate"),
    "card": lazy("An access card"),
}
#: What goes with time: ``core.retention``.
_PURGED: dict[str, Lazy] = {
    "mail": lazy("Mails"),
    "proof": lazy("Proof of convocations and reminders"),
    "job": lazy("Work that ended"),
    "journal": lazy("The oldest lines of this journal"),
    "report_file": lazy("Files of reports"),
    "import_file": lazy("Files of people that were sent"),
    "session": lazy("Sessions that ended"),
    "certificate": lazy("Certificates that were set aside"),
    "mandate": lazy("Mandates that were over"),
    "request": lazy("Requests that were answered"),
}
#: Pages that are opened in somebody's name.
_PAGES: dict[str, Lazy] = {
    "/learn": lazy("the path"),
    "/learn/": lazy("a step of a course"),
    "/certificates": lazy("the certificates"),
    "/certificates/": lazy("a certificate"),
}
#: What the words of ours among the details mean.
_SAID: dict[str, dict[str, Lazy]] = {
    "method": {
        "password": lazy("password"),
        "card": lazy("card"),
        "code": lazy("code of the card"),
        "card-words": lazy("words of the card"),
        "card-code": lazy("code of the card"),
        "sso": lazy("a partner’s sign-on"),
        "own-secret": lazy("own password or code"),
    },
    "level": {
        "nominative": lazy("in full"),
        "pseudonymous": lazy("as codes"),
        "aggregate": lazy("none, totals only"),
    },
    "kind": {kind.value: word for kind, word in REQUESTS.items()},
}
#: What the details are called. Ids that nobody can read are left out.
_DETAILS: dict[str, Lazy] = {
    "rows": lazy("lines"),
    "people": lazy("people"),
    "files": lazy("files"),
    "limit": lazy("limit"),
    "fields": lazy("fields"),
    "before": lazy("written before"),
    "level": lazy("names of people"),
    "report": lazy("report"),
    "method": lazy("by"),
    "network": lazy("from"),
    "role": lazy("role"),
    "why": lazy("reason"),
    "provider": lazy("partner"),
    "kind": lazy("kind"),
    "page": lazy("page"),
    "days": lazy("days"),
    "kept": lazy("days kept:"),
}


def word(verb: str) -> str:
    """What was done, in the reader's language."""
    return str(WORDS.get(verb, verb))


def verbs_of(kind: str) -> list[str]:
    """The verbs that belong to this kind; none for one that does not exist."""
    return list(KINDS[kind][1]) if kind in KINDS else []


def roles(details: Mapping[str, Any]) -> str:
    """In what quality somebody acted."""
    known = {role.value for role in Role}
    return ", ".join(role_name(Role(one)) for one in details.get("roles", ()) if one in known)


def details(said: Mapping[str, Any]) -> str:
    """What else a line says, in a few words: ``lines 40, report progress``."""
    found = [str(FILES[said["what"]])] if said.get("what") in FILES else []
    if said.get("what") in _PURGED:
        found.append(str(_PURGED[said["what"]]))
    found += [
        f"{label} {_value(name, said[name])}"
        for name, label in _DETAILS.items()
        if said.get(name) not in (None, "", [])
    ]
    return ", ".join(found)


def _page(rule: str) -> str:
    """Which page was opened, as far as people need to know."""
    first = f"/{rule.split('/')[1]}"
    return str(_PAGES.get(rule) or _PAGES.get(f"{first}/") or first)


def _value(name: str, value: Any) -> str:
    if name == "page":
        return _page(str(value))
    if name == "role" and value in {role.value for role in Role}:
        return role_name(Role(value))
    if isinstance(value, str) and value in _SAID.get(name, {}):
        return str(_SAID[name][value])
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return number_(value)
    if name == "kept":
        return ", ".join(f"{_PURGED[one]} {number_(days)}" for one, days in value.items() if one in _PURGED)
    if isinstance(value, dict):
        return number_(len(value))
    if isinstance(value, list):
        is_ids = all(isinstance(one, int) for one in value)
        return number_(len(value)) if is_ids else ", ".join(map(str, value))
    return str(value)
