"""How long what is kept: the table that a customer's administrator reads, and shortens where they may.

A reason that names a law or an authority is one that we read; the others are ours, and are said as such.
"""

from dataclasses import dataclass

from lms.core import retention
from lms.core.i18n import Lazy, lazy
from lms.core.i18n import gettext as _
from lms.organisations.invitation import KEPT as INVITATIONS


@dataclass(frozen=True, slots=True)
class Line:
    """What is kept, and why so long."""

    name: str
    label: Lazy
    why: Lazy


#: What a customer may shorten: names of ``core.retention``, in the order of the page.
CHOSEN = (
    Line("report_file", lazy("Files of reports"), lazy("They name people. Who asked for which one stays in the journal.")),
    Line("import_file", lazy("Files of people that were sent"), lazy("To correct and send them again; what was written stays.")),
    Line("mail", lazy("Mails that were sent"), lazy("To be able to say what was written to whom.")),
    Line("proof", lazy("Proof of convocations and reminders"), lazy("Funders and inspectors ask when somebody was convoked, and how. What the mail said is not kept.")),
    Line("job", lazy("Work that ended"), lazy("To be able to say why something failed.")),
    Line("mandate", lazy("Mandates that are over, or were never signed"), lazy("They bear out in whose name something was done.")),
    Line("request", lazy("Requests about personal data, once they were answered"), lazy("They bear out that an answer was given in time.")),
    Line(
        "journal",
        lazy("Journal of sign-ins, of files that were read, of changes"),
        lazy("The CNIL recommends six months to a year (deliberation 2021-122). People read in it who opened their file."),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fixed:
    """What nobody shortens here: for how long, in words."""

    label: Lazy
    long: str
    why: Lazy


def said(name: str) -> str:
    """Between what days one chooses, what holds without a choice, and why."""
    least, most = retention.limits(name)
    why = next(line.why for line in CHOSEN if line.name == name)
    return _("From %(least)s to %(most)s days; left empty: %(most)s.", least=least, most=most) + f" {why}"


def fixed() -> list[Fixed]:
    """What is kept as long as the law or the house says."""
    return [
        Fixed(
            lazy("Certificates, once their person was erased"),
            _("until the end of the sixth year after the training"),
            lazy(
                "They are the evidence that funders and inspectors ask for. Administrators alone see them meanwhile."
            ),
        ),
        Fixed(
            lazy("Enrolments, steps done, time and marks"),
            _("as long as the cohort; without a name once the person was erased"),
            lazy("Evidence of a training: six years after its end, ten where European funds contribute."),
        ),
        Fixed(
            lazy("Files of people: names, contacts, roles"),
            _("until somebody erases them"),
            lazy(
                "Archived people sign in no more and are in no list; whoever asks to be forgotten is answered within a month."
            ),
        ),
        Fixed(
            lazy("Sessions that ended"),
            _("%(days)s days", days=retention.days("session")),
            lazy("An account may belong to several customers: it is for the whole installation."),
        ),
        Fixed(
            lazy("Invitations that are over, with the address that they were sent to"),
            _("%(days)s days", days=INVITATIONS.days),
            lazy("Whoever never came is no longer known by them."),
        ),
    ]
