"""Ways in that this room adds to the sign-in page."""
