"""What this room holds on people: their cohorts and courses, what was shared with them, files that name them."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, String, and_, cast, literal, select

from lms.core.db import AnySelect, session
from lms.core.i18n import lazy
from lms.core.privacy import Erased, Holding, Whose
from lms.enrolment.models import (
    Batch,
    CohortTrainer,
    Declaration,
    Enrolment,
    ImportRun,
    ImportState,
    LastSaid,
    Member,
    MovedOut,
    Place,
    PoolShare,
    Reminder,
    Rule,
    RuleCondition,
    Share,
    StagedRow,
    Trace,
    Wish,
)
from lms.enrolment.services import uploads

_FIGURES = lazy(
    "Figures without a name bear out that the training took place: 6 years, 10 with European funds."
)


class ByThem:
    """What they did for others: it names nobody, and outlives whoever did it."""

    table: ClassVar[Any]

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        return and_(self.table.tenant_id == whose.tenant_id, self.table.by_id.in_(whose.person_ids))


class OfEnrolment:
    """What belongs to their enrolments, in rooms above."""

    table: ClassVar[Any]

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        theirs = select(Enrolment.id).where(
            Enrolment.tenant_id == whose.tenant_id, Enrolment.person_id.in_(whose.person_ids)
        )
        return and_(self.table.tenant_id == whose.tenant_id, self.table.enrolment_id.in_(theirs))


class Shares(Holding):
    """Cohorts that were shared with them, as partners."""

    name = "cohort_share"
    table = Share
    label = lazy("Cohorts shared with me")
    columns = {
        "cohort_id": lazy("Cohort (its number)"),
        "level": lazy("Names of people"),
        "created_at": lazy("Since"),
    }

    def erase(self, whose: Whose) -> Erased:
        return Erased(deleted=self.delete(self.mine(whose)))


class Wishes(Holding):
    """Cohorts that they asked to enter."""

    name = "cohort_wish"
    table = Wish
    label = lazy("My requests to enter cohorts")
    columns = {
        "cohort_id": lazy("Cohort (its number)"),
        "state": lazy("State"),
        "why": lazy("Why I asked"),
        "asked_at": lazy("When"),
        "answer": lazy("Answer"),
        "decided_at": lazy("Answered"),
    }

    def erase(self, whose: Whose) -> Erased:
        return Erased(deleted=self.delete(self.mine(whose)))


class Funders(Holding):
    """Pools that are shown to them, as funders."""

    name = "place_pool_share"
    table = PoolShare
    label = lazy("Pools of places that I fund")
    columns = {"pool_id": lazy("Pool (its number)"), "created_at": lazy("Since")}

    def erase(self, whose: Whose) -> Erased:
        return Erased(deleted=self.delete(self.mine(whose)))


class Trainers(Holding):
    """Cohorts that were given to them, to teach."""

    name = "cohort_trainer"
    table = CohortTrainer
    label = lazy("Cohorts that I teach")
    columns = {"cohort_id": lazy("Cohort (its number)"), "created_at": lazy("Since")}

    def erase(self, whose: Whose) -> Erased:
        return Erased(deleted=self.delete(self.mine(whose)))


class Rules(Holding):
    """Rules of cohorts that they switched on: off, once nobody answers for them."""

    name = "cohort_rule"
    table = Rule
    label = lazy("Rules of cohorts that I switched on")
    columns = {"cohort_id": lazy("Cohort (its number)"), "on_since": lazy("Since")}

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        return and_(Rule.tenant_id == whose.tenant_id, Rule.owner_id.in_(whose.person_ids))

    def erase(self, whose: Whose) -> Erased:
        return Erased(emptied=self.empty(self.mine(whose), owner_id=None, on_since=None, refusal=""))


class RuleConditions(Holding):
    """Conditions that name them as whoever follows: a rule that lost one would mean others."""

    name = "cohort_rule_condition"
    table = RuleCondition
    label = lazy("Rules of cohorts that look at whom I follow")
    columns = {"rule_id": lazy("Rule (its number)")}
    stays = ("settings",)
    reason = lazy("It holds the number of whoever follows, no name.")

    def erase(self, whose: Whose) -> Erased:
        return Erased(kept=self.count(self.mine(whose)))


class MovedOuts(Holding):
    """Cohorts out of which they were moved."""

    name = "cohort_moved_out"
    table = MovedOut
    label = lazy("Cohorts from which I was moved")
    columns = {"cohort_id": lazy("Cohort (its number)"), "at": lazy("When")}

    def erase(self, whose: Whose) -> Erased:
        return Erased(deleted=self.delete(self.mine(whose)))


def _their_batches(whose: Whose) -> AnySelect:
    """Ids of the receipts by which they came."""
    theirs = Member.tenant_id == whose.tenant_id, Member.person_id.in_(whose.person_ids)
    return select(Member.batch_id).where(*theirs)


class Batches(ByThem, Holding):
    """Receipts of those who enrolled others; and, when somebody is erased, the names of files by which they came."""

    name = "enrolment_batch"
    table = Batch
    label = lazy("People whom I enrolled")
    columns = {"at": lazy("When"), "kind": lazy("What"), "total": lazy("Lines")}
    stays = ("file_name", "file_sha256")
    reason = lazy("Receipts of enrolments hold counts, and the number of whoever enrolled.")

    def erase(self, whose: Whose) -> Erased:
        """A file is often called after whom it brings."""
        came = Batch.tenant_id == whose.tenant_id, Batch.id.in_(_their_batches(whose)), Batch.file_name != ""
        number = literal("n° ").concat(cast(Batch.id, String))
        return Erased(emptied=self.empty(*came, file_name=number), kept=self.count(self.mine(whose)))


class Traces(Holding):
    """How their rows stood before and after they were enrolled, moved or changed: what an undo goes by."""

    name = "enrolment_trace"
    table = Trace
    label = lazy("How my file stood before it was changed")
    columns = {"kind": lazy("What"), "before": lazy("Before"), "after": lazy("After")}
    reason = lazy("Kept for a month, so that a mistake can be taken back.")

    def erase(self, whose: Whose) -> Erased:
        return Erased(deleted=self.delete(self.mine(whose)))


class Members(Holding):
    """Their places in cohorts."""

    name = "cohort_member"
    table = Member
    label = lazy("My cohorts")
    columns = {
        "state": lazy("State"),
        "joined_at": lazy("Since"),
        "enters_on": lazy("Start"),
        "leaves_on": lazy("End"),
        "action_number": lazy("Action no."),
        "session_number": lazy("Session no."),
        "funder": lazy("Funder"),
        "scheme": lazy("Scheme"),
        "agency": lazy("Agency"),
        "adviser": lazy("Adviser"),
        "siret": lazy("SIRET"),
        "steps_done": lazy("Steps done"),
        "steps_total": lazy("Steps in all"),
        "seconds": lazy("Seconds measured"),
        "convoked_at": lazy("Convoked"),
        "entered_at": lazy("Entered"),
        "suspended_at": lazy("On hold"),
        "completed_at": lazy("Completed"),
        "withdrawn_at": lazy("Left"),
        "withdrawal_reason": lazy("Reason"),
    }
    stays = ("action_number", "session_number", "funder", "scheme", "agency", "siret", "withdrawal_reason")
    reason = _FIGURES

    def erase(self, whose: Whose) -> Erased:
        return Erased(emptied=self.empty(self.mine(whose), adviser=""))


class Places(Holding):
    """What they take of pools of places."""

    name = "cohort_place"
    table = Place
    label = lazy("My places in pools")
    columns = {
        "pool_id": lazy("Pool (its number)"),
        "taken_at": lazy("Since"),
        "used_at": lazy("Begun"),
    }
    reason = lazy("A place that was used was paid for: it holds numbers and dates, no name.")

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        theirs = select(Member.id).where(
            Member.tenant_id == whose.tenant_id, Member.person_id.in_(whose.person_ids)
        )
        return and_(Place.tenant_id == whose.tenant_id, Place.member_id.in_(theirs))

    def erase(self, whose: Whose) -> Erased:
        return Erased(kept=self.count(self.mine(whose)))


class Declarations(Holding):
    """What was declared of them in Kairos or EDOF."""

    name = "declaration"
    table = Declaration
    label = lazy("What was declared of me in Kairos or EDOF")
    columns = {
        "portal": lazy("Portal"),
        "fact": lazy("What"),
        "day": lazy("Day"),
        "cause": lazy("Reason"),
        "rate": lazy("Share of the training done"),
        "at": lazy("When"),
        "reference": lazy("Number given by the portal"),
    }
    stays = ("cause",)
    reason = lazy(
        "What was declared bears out that the training took place: it holds days and words of ours, no name."
    )

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        theirs = select(Member.id).where(
            Member.tenant_id == whose.tenant_id, Member.person_id.in_(whose.person_ids)
        )
        return and_(Declaration.tenant_id == whose.tenant_id, Declaration.member_id.in_(theirs))

    def erase(self, whose: Whose) -> Erased:
        """The portal's number would lead to their file there."""
        return Erased(emptied=self.empty(self.mine(whose), reference=""))


class Enrolments(Holding):
    """Their courses."""

    name = "enrolment"
    table = Enrolment
    label = lazy("My courses")
    columns = {
        "course_id": lazy("Course (its number)"),
        "attempt": lazy("Attempt"),
        "due_on": lazy("Deadline"),
        "due_reason": lazy("Why this deadline"),
        "opens_on": lazy("Opens on"),
        "started_at": lazy("Begun"),
        "last_at": lazy("Last time"),
        "completed_at": lazy("Completed"),
        "suspended_at": lazy("On hold"),
        "withdrawn_at": lazy("Left"),
        "withdrawal_reason": lazy("Reason"),
        "steps_done": lazy("Steps done"),
        "steps_total": lazy("Steps in all"),
        "score": lazy("Mark"),
        "seconds": lazy("Seconds measured"),
    }
    stays = ("due_reason", "withdrawal_reason")
    reason = _FIGURES

    def erase(self, whose: Whose) -> Erased:
        return Erased(kept=self.count(self.mine(whose)))


class Reminders(Holding):
    """Which of their courses they were reminded of: the mail itself is told with the others."""

    name = "enrolment_reminder"
    table = Reminder
    label = lazy("Reminders of my courses")
    columns = {
        "enrolment_id": lazy("Course (its number)"),
        "due_on": lazy("Deadline"),
        "sent_on": lazy("When"),
    }

    def erase(self, whose: Whose) -> Erased:
        return Erased(deleted=self.delete(self.mine(whose)))


class Imports(ByThem, Holding):
    """Files that they sent; and, when somebody is erased, what was said about the lines of files that named them."""

    name = "enrolment_import"
    table = ImportRun
    label = lazy("Files of people that I sent")
    columns = {
        "at": lazy("When"),
        "file_name": lazy("File"),
        "cohort_name": lazy("Cohort"),
        "state": lazy("State"),
    }
    stays = ("file_name", "cohort_name", "report")
    reason = lazy(
        "A file that is not written yet goes with all that was said about it, 30 days after it was sent."
    )

    def erase(self, whose: Whose) -> Erased:
        named = select(ImportRun).where(
            ImportRun.tenant_id == whose.tenant_id,
            ImportRun.state == ImportState.DONE,
            ImportRun.batch_id.in_(_their_batches(whose)),
        )
        runs = session.scalars(named).all()
        uploads.forget(runs)
        for run in runs:
            run.file_name = f"n° {run.id}"
        return Erased(emptied=len(runs), kept=self.count(self.mine(whose)))


class StagedRows(Holding):
    """Lines on their way in: theirs go; in those of people whom they follow, they are followed by nobody."""

    name = "enrolment_import_row"
    table = StagedRow
    label = lazy("Lines of files on their way in")
    columns = {
        "line": lazy("Line"),
        "staged_at": lazy("When"),
        "last_name": lazy("Last name"),
        "first_name": lazy("First name"),
    }

    def erase(self, whose: Whose) -> Erased:
        followed = StagedRow.tenant_id == whose.tenant_id, StagedRow.follower_id.in_(whose.person_ids)
        emptied = self.empty(*followed, follower_id=None, adviser=None, adviser_key=None)
        return Erased(deleted=self.delete(self.mine(whose)), emptied=emptied)


class LastSaidOfThem(Holding):
    """What the last file said of them, to be compared with the next one."""

    name = "enrolment_last_said"
    table = LastSaid
    label = lazy("What files of people said of me")
    columns = {
        "last_name": lazy("Last name"),
        "first_name": lazy("First name"),
        "email": lazy("E-mail"),
        "phone": lazy("Phone"),
        "birth_date": lazy("Date of birth"),
        "postcode": lazy("Postcode"),
        "agency_identifier": lazy("France Travail identifier"),
        "hr_number": lazy("Staff number"),
        "situation": lazy("Situation"),
        "session_number": lazy("Session no."),
        "action_number": lazy("Action no."),
        "enters_on": lazy("Start"),
        "leaves_on": lazy("End"),
        "funder": lazy("Funder"),
        "scheme": lazy("Scheme"),
        "agency": lazy("Agency"),
        "adviser": lazy("Adviser"),
        "siret": lazy("SIRET"),
    }

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        places = select(Member.id).where(
            Member.tenant_id == whose.tenant_id, Member.person_id.in_(whose.person_ids)
        )
        return and_(LastSaid.tenant_id == whose.tenant_id, LastSaid.member_id.in_(places))

    def erase(self, whose: Whose) -> Erased:
        return Erased(deleted=self.delete(self.mine(whose)))
