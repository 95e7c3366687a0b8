"""Pages of this room: the way in and out, one's own ties, and the setting up of providers."""

from lms.core.web import Room

room = Room("sso")

from lms.sso.views import coming, door, leaving, mine, people, providers, saml, steps, trust  # noqa: E402, F401  (they hang their pages in it)
