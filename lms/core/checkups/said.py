"""The settings go together. What is wrong with one alone has stopped the start already."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from sqlalchemy import make_url

from config import settings
from lms.core import roles
from lms.core.doctor import Checkup, Finding
from lms.core.i18n import gettext as _

_SHORTEST_KEY = 32  #: characters of a secret that nobody guesses
_HERE = ("localhost", "127.0.0.1", "::1")


class SettingsCheckup(Checkup):
    """The settings go together."""

    name = "settings"

    def findings(self) -> Iterator[Finding]:
        chosen = settings.current()
        if len(chosen.secret_key) < _SHORTEST_KEY:
            yield Finding(
                _("LMS_SECRET_KEY is so short that it could be guessed."),
                _("Make a long random one: `openssl rand -base64 48`."),
            )
        if not chosen.is_secure and urlsplit(chosen.base_url).hostname not in _HERE:
            yield Finding(
                _("LMS_BASE_URL is not https: passwords can be read on their way."),
                _("Put a proxy with a certificate before the application, and name its https address."),
                is_warning=chosen.env != "production",
            )
        if roles.walls_are_wanted(chosen):
            yield from _roles(chosen)


def _roles(chosen: settings.Settings) -> Iterator[Finding]:
    of_application = make_url(chosen.database_url).username
    of_worker = make_url(chosen.worker_database_url).username if chosen.worker_database_url else None
    if of_worker in (None, of_application):
        yield Finding(
            _("The workers have no role of their own: they would find no job of any customer."),
            _("Name one in LMS_WORKER_DATABASE_URL, then run `flask db upgrade`. See docs/postgresql.md."),
        )
