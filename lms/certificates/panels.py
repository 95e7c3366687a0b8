"""What this room adds to a person's file: what they earned."""

from collections.abc import Sequence

from lms.certificates.queries import of_people
from lms.core.i18n import gettext as _
from lms.organisations.actor import Actor
from lms.people.panel import Moment, Panel, Shown
from lms.people.queries import PersonFile


class Certificates(Panel):
    """Certificates, as far as the reader may open them."""

    name = "certificates"

    def show(self, actor: Actor, file: PersonFile) -> Shown | None:
        rows = of_people(actor, file.ids)
        return (
            Shown(self.name, _("Certificates"), "certificates/panel.html", {"rows": rows}) if rows else None
        )

    def moments(self, actor: Actor, file: PersonFile) -> Sequence[Moment]:
        return [
            Moment(row.issued_at, _("Certificate %(number)s issued: %(course)s", number=row.number, course=row.title))
            for row in of_people(actor, file.ids)
        ]  # fmt: skip
