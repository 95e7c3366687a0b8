"""A text to read."""

from typing import Any

from lms.core.i18n import lazy
from lms.courses import markdown, queries
from lms.courses.activity import ActivityKind, Learner, Outcome, Scene
from lms.courses.models import Activity


class Page(ActivityKind):
    """A lesson: its text, and a plain version of it on demand. Done when it is left forwards."""

    name = "page"
    label = lazy("Lesson")
    icon = "book"

    def show(self, activity: Activity, learner: Learner, state: dict[str, Any]) -> Scene:
        content = activity.content
        slug, files, folder = queries.slug_of(activity), content.get("files"), content.get("folder", "")
        plain = str(content.get("simple", ""))
        values = {
            "html": markdown.to_html(str(content.get("markdown", "")), slug, files, folder),
            "simple_html": markdown.to_html(plain, slug, files, folder) if plain else "",
            "has_simple": bool(plain),
        }
        return Scene("courses/activities/page.html", values)

    def receive(
        self, activity: Activity, learner: Learner, state: dict[str, Any], sent: dict[str, list[str]]
    ) -> Outcome:
        return Outcome(done=True, state=state)
