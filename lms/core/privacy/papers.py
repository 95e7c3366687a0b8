"""What the core itself holds on people: the journal, mails, work that they asked for."""

from sqlalchemy import ColumnElement, and_, or_, select

from lms.core import post, walls
from lms.core.db import session
from lms.core.i18n import lazy
from lms.core.jobs import Job
from lms.core.journal import Entry
from lms.core.post import Mail
from lms.core.privacy.contract import Erased, Holding, Whose


class Journal(Holding):
    """What they did, and what was done about them: whoever read their file, or changed their rights."""

    name = "journal_entry"
    table = Entry
    label = lazy("What I did here, and what was done about me")
    columns = {
        "at": lazy("When"),
        "verb": lazy("What"),
        "person_id": lazy("By (a number)"),
        "for_id": lazy("In the name of (a number)"),
        "subject_id": lazy("About (a number)"),
        "details": lazy("Details"),
    }
    stays = ("details",)
    reason = lazy("The security journal holds numbers, no names. It is kept for at most 12 months.")

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        theirs = [
            column.in_(whose.person_ids) for column in (Entry.person_id, Entry.for_id, Entry.subject_id)
        ]
        as_person = and_(Entry.tenant_id == whose.tenant_id, or_(*theirs))
        here = Entry.tenant_id == whose.tenant_id, Entry.person_id.is_(None)
        return or_(as_person, and_(*here, Entry.account_id.in_(whose.account_ids)))

    def of_nobody(self, whose: Whose) -> ColumnElement[bool]:
        return and_(Entry.tenant_id.is_(None), Entry.account_id.in_(whose.account_ids))

    def erase(self, whose: Whose) -> Erased:
        kept = self.count(self.mine(whose))
        with walls.visiting(None):
            return Erased(kept=kept + self.count(self.of_nobody(whose)))


class Mails(Holding):
    """What was written to them, or waits to be."""

    name = "mail"
    table = Mail
    label = lazy("Messages that I was sent")
    columns = {
        "kind": lazy("What"),
        "way": lazy("Way"),
        "address": lazy("To"),
        "state": lazy("State"),
        "sent_at": lazy("Sent"),
        "answer": lazy("Answer of the server"),
    }

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        return self._about(whose, whose.account_ids)

    def of_nobody(self, whose: Whose) -> ColumnElement[bool]:
        return self._of_nobody(whose.account_ids)

    def erase(self, whose: Whose) -> Erased:
        deleted = self._erase(self._about(whose, whose.ending_ids))
        with walls.visiting(None):
            return Erased(deleted=deleted + self._erase(self._of_nobody(whose.ending_ids)))

    def _erase(self, which: ColumnElement[bool]) -> int:
        """The rows, and the files where mails are files."""
        post.drop_copies(session.scalars(select(Mail.key).where(which)).all())
        return self.delete(which)

    def _about(self, whose: Whose, account_ids: tuple[int, ...]) -> ColumnElement[bool]:
        as_person = and_(Mail.tenant_id == whose.tenant_id, Mail.person_id.in_(whose.person_ids))
        here = Mail.tenant_id == whose.tenant_id, Mail.person_id.is_(None)
        return or_(as_person, and_(*here, Mail.account_id.in_(account_ids)))

    def _of_nobody(self, account_ids: tuple[int, ...]) -> ColumnElement[bool]:
        return and_(Mail.tenant_id.is_(None), Mail.account_id.in_(account_ids))


class Jobs(Holding):
    """What they asked to be done."""

    name = "job"
    table = Job
    label = lazy("Work that I asked for")
    columns = {"asked_at": lazy("When"), "kind": lazy("What"), "state": lazy("State")}
    stays = ("arguments", "unique_key", "token", "worker", "result", "error")
    reason = lazy("Work that is not finished goes on. It holds numbers, no names.")

    def erase(self, whose: Whose) -> Erased:
        is_over = Job.state.in_(("done", "failed", "cancelled"))
        return Erased(
            deleted=self.delete(self.mine(whose), is_over), kept=self.count(self.mine(whose), ~is_over)
        )
