"""The pages of organisations: the tree, one of them, what is cut back and grafted, the one in hand, logos, how long data is kept; invitations into them."""

from lms.core.web import Room

room = Room("organisations")

from lms.organisations.views import branding, in_hand, invitations, keeping, one, pruning  # noqa: E402, F401  (they hang their pages in it)
