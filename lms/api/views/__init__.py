"""The addresses of programs, and the page on which administrators let them in."""

from lms.core.web import Room

room = Room("api")

from lms.api.views import scim, tokens  # noqa: E402, F401  (they hang their addresses in it)
