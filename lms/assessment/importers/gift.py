"""A file of questions as a course of one quiz."""

from pathlib import Path

from lms.assessment import drafting
from lms.core.i18n import gettext as _
from lms.courses import lessons
from lms.courses.front_matter import Head
from lms.courses.importer import Draft, Importer, StepDraft, Unread, Unusable

LONGEST = 5_000_000  #: bytes


class GiftFile(Importer):
    """``questions.gift`` (or ``.gift.txt``): the title comes from the file's name."""

    name = "gift"

    def takes(self, path: Path) -> bool:
        return path.is_file() and path.name.lower().endswith((".gift", ".gift.txt"))

    def read(self, path: Path) -> Draft:
        if path.stat().st_size > LONGEST:
            raise Unusable(_("This file is too long."), _("Cut it into several files."))
        try:
            text = path.read_text("utf-8-sig")
        except UnicodeDecodeError:
            said = _("This file is not in UTF-8. Save it again in that encoding.")
            raise Unusable(said) from None
        result = drafting.quiz(text, 1, Head(), pass_mark=70, tries=3)
        unread = [Unread(path.name, one.line, one.reason) for one in result.problems]
        if result.is_empty:
            first = f" {unread[0].reason}" if unread else ""
            raise Unusable(_("There is no question in %(name)s that can be asked.", name=path.name) + first)
        title = lessons.title_of_file(path.name.partition(".")[0])
        minutes = lessons.minutes_for(text)
        step = StepDraft("quiz", "", result.kind, title, minutes, result.content, questions=result.questions)
        return Draft(title, modules={"": title}, steps=[step], unread=unread)
