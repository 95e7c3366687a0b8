"""What holds in an organisation, and what a person switched off. Nothing here writes."""

from lms.notifications.queries.chosen import (
    Place,
    Preferences,
    has_stopped,
    line_of,
    own_rules,
    places,
    preferences,
    rules_above,
    rules_of,
    stop_asked,
)
from lms.notifications.queries.texts import Draft, Origin, Texts, draft_in_sight, origins, texts

__all__ = [
    "Draft",
    "Origin",
    "Place",
    "Preferences",
    "Texts",
    "draft_in_sight",
    "has_stopped",
    "line_of",
    "origins",
    "own_rules",
    "places",
    "preferences",
    "rules_above",
    "rules_of",
    "stop_asked",
    "texts",
]
