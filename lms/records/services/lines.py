"""What is done about the journal: an alert is sent, lines are taken away."""

import io
from collections.abc import Sequence

from config import settings
from lms.core import journal, post, tables
from lms.core.clock import now
from lms.core.events import ManyFilesOpened
from lms.core.i18n import gettext as _
from lms.core.i18n import language
from lms.core.tables import Column, Kind, Properties, Sheet
from lms.organisations.actor import Actor
from lms.records import queries
from lms.records.queries import Line


def warn_administrators(event: ManyFilesOpened) -> None:
    """Write a mail to each administrator of the organisation in hand and of those above: one an hour about a person."""
    chosen = settings.current()
    details = {"files": event.files, "limit": chosen.reads_per_hour, "url": f"{chosen.base_url}/records"}
    for admin in queries.administrators(event.tenant_id, event.organisation_id):
        post.send(
            "records.many_files", admin.email or "", details,
            key=f"many-files/{event.tenant_id}/{event.person_id}/{event.at:%Y-%m-%dT%H}/{admin.id}",
            language=admin.language, tenant_id=event.tenant_id, person_id=admin.id,
        )  # fmt: skip


def export(actor: Actor, lines: Sequence[Line]) -> io.BytesIO:
    """These lines as a workbook; the journal says who took how many."""
    columns = [
        Column("at", _("When"), Kind.DATETIME),
        Column("by", _("Who"), width=28),
        Column("for", _("In the name of"), width=28),
        Column("what", _("What"), width=40),
        Column("about", _("About whom"), width=28),
        Column("more", _("Details"), width=48),
    ]
    rows = ((one.at, one.by, one.on_behalf_of, one.word, one.about, one.more) for one in lines)
    out = io.BytesIO()
    tables.write_xlsx(
        out,
        [Sheet(_("Journal"), columns, rows)],
        Properties(_("Journal"), language=language(), created=now()),
    )
    out.seek(0)
    journal.note("journal-exported", actor, rows=len(lines))
    return out
