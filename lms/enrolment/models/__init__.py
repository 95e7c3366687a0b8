"""Cohorts, their courses and members, enrolments, and the batches that made them; pools of places for them."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, validates

from lms.core.clock import Instant, now
from lms.core.db import PERSON, BigId, Model, Owned, link, owned, words
from lms.core.i18n import sort_key
from lms.enrolment.models.deadlines import DueRule
from lms.enrolment.models.declarations import Declaration
from lms.enrolment.models.places import PARTS, Deed, Part, Place, Pool, PoolDeed, PoolShare
from lms.enrolment.models.reminders import SOON, Reminder
from lms.enrolment.models.rules import Joins, MovedOut, Rule, RuleCondition
from lms.enrolment.models.wishes import OPEN_WISHES, Way, WayMode, WayState, Wish, WishState
from lms.enrolment.portals import Portal
from lms.enrolment.states import MemberState

__all__ = [
    "OPEN_WISHES",
    "PARTS",
    "SOON",
    "Batch",
    "BatchKind",
    "Cohort",
    "CohortCourse",
    "ColumnMapping",
    "Declaration",
    "Deed",
    "DueRule",
    "Enrolment",
    "ImportMode",
    "ImportRun",
    "ImportState",
    "Joins",
    "LastSaid",
    "Level",
    "Member",
    "MovedOut",
    "Outcome",
    "Part",
    "Place",
    "Pool",
    "PoolDeed",
    "PoolShare",
    "Reminder",
    "Rule",
    "RuleCondition",
    "Share",
    "StagedRow",
    "Trace",
    "Way",
    "WayMode",
    "WayState",
    "Wish",
    "WishState",
]


_OWN_SCHEME = text("scheme <> ''")


class Level(enum.StrEnum):
    """How much of people a partner sees."""

    NOMINATIVE = "nominative"
    PSEUDONYMOUS = "pseudonymous"
    AGGREGATE = "aggregate"


class Cohort(Owned, Model):
    """People who follow the same courses over the same weeks."""

    __tablename__ = "cohort"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "organisation_id", "name"),
        link("organisation_id", "organisation"),
        link("curriculum_id", "curriculum"),
        link("pool_id", "place_pool"),
        Index("ix_cohort_tenant_id_curriculum_id", "tenant_id", "curriculum_id"),
        Index("ix_cohort_tenant_id_pool_id", "tenant_id", "pool_id"),
        Index("ix_cohort_tenant_id_sort_name", "tenant_id", "sort_name", "id"),
        Index("ix_cohort_tenant_id_due_on", "tenant_id", "due_on", "id"),
        CheckConstraint("seats is null or seats > 0", name="seats"),
    )

    organisation_id: Mapped[int] = mapped_column(BigId)
    #: Unique in its organisation.
    name: Mapped[str]
    #: The name without accents or case: lists are sorted by it.
    sort_name: Mapped[str]
    #: The curriculum its courses came from, if one.
    curriculum_id: Mapped[int | None] = mapped_column(BigId)
    starts_on: Mapped[date | None]
    due_on: Mapped[date | None]
    funder: Mapped[str] = mapped_column(default="")
    scheme: Mapped[str] = mapped_column(default="")
    agreement: Mapped[str] = mapped_column(default="")
    #: The pool out of which its people get their places, if one.
    pool_id: Mapped[int | None] = mapped_column(BigId)
    #: Numbers of the session and of the action, as Carif-Oref or the region gave them; None where people have several.
    session_number: Mapped[str | None]
    action_number: Mapped[str | None]
    #: How many people it takes at most; None: as many as come.
    seats: Mapped[int | None]
    #: Where entries and ends are declared; None: where the scheme says.
    portal: Mapped[Portal | None] = mapped_column(words(Portal))
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)

    @validates("name")
    def _sort_by(self, _column: str, name: str) -> str:
        """Whatever it is called, it is sorted so."""
        self.sort_name = sort_key(name)
        return name


class CohortCourse(Owned, Model):
    """A course that every member of the cohort is put on."""

    __tablename__ = "cohort_course"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "cohort_id", "course_id"),
        link("cohort_id", "cohort", ondelete="CASCADE"),
        link("course_id", "course"),
        Index("ix_cohort_course_tenant_id_course_id", "tenant_id", "course_id"),
    )

    cohort_id: Mapped[int] = mapped_column(BigId)
    course_id: Mapped[int] = mapped_column(BigId)
    #: From 1: the order in which the path shows them.
    position: Mapped[int]
    #: What people who are put on it get: their deadline, by which rule; a day, or days after the entry, where that says so.
    due_rule: Mapped[DueRule] = mapped_column(words(DueRule), default=DueRule.COHORT)
    due_on: Mapped[date | None]
    due_days: Mapped[int | None]
    #: Nobody begins it before; None: at once.
    opens_on: Mapped[date | None]


class Share(Owned, Model):
    """A cohort shown to a partner (a person of this tenant with that role), at a level."""

    __tablename__ = "cohort_share"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "cohort_id", "person_id"),
        link("cohort_id", "cohort", ondelete="CASCADE"),
        link("person_id", "person"),
        Index("ix_cohort_share_tenant_id_person_id", "tenant_id", "person_id"),
    )

    cohort_id: Mapped[int] = mapped_column(BigId)
    person_id: Mapped[int] = mapped_column(BigId)
    level: Mapped[Level] = mapped_column(words(Level), default=Level.PSEUDONYMOUS)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)


class CohortTrainer(Owned, Model):
    """Who teaches a cohort: a person of this tenant with that role, who sees its people."""

    __tablename__ = "cohort_trainer"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "cohort_id", "person_id"),
        link("cohort_id", "cohort", ondelete="CASCADE"),
        link("person_id", "person"),
        Index("ix_cohort_trainer_tenant_id_person_id", "tenant_id", "person_id"),
    )

    cohort_id: Mapped[int] = mapped_column(BigId)
    person_id: Mapped[int] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)


class BatchKind(enum.StrEnum):
    """What made a batch."""

    IMPORT = "import"
    BY_HAND = "by-hand"
    WITHDRAWAL = "withdrawal"
    MOVE = "move"
    STATE = "state"  # staff said where people stand
    DIRECTORY = "directory"  # an identity system said so
    PLACES = "places"  # places of a pool were moved, frozen, or given to a cohort
    ASSIGNMENT = "assignment"  # people were put on courses, in three steps
    DEADLINE = "deadline"  # other days for people who are there
    UNDO = "undo"
    WISH = "wish"  # they asked themselves, and were let in
    RULE = "rule"  # the cohort's own rule said so


class Batch(Owned, Model):
    """One act of enrolling, however many it concerned: the receipt."""

    __tablename__ = "enrolment_batch"
    __table_args__ = owned(
        link("organisation_id", "organisation"),
        link("cohort_id", "cohort"),
        link("undoes_id", "enrolment_batch"),
        link("pool_id", "place_pool"),
        link("former_pool_id", "place_pool"),
        Index("ix_enrolment_batch_tenant_id_pool_id", "tenant_id", "pool_id"),
        Index("ix_enrolment_batch_tenant_id_former_pool_id", "tenant_id", "former_pool_id"),
        Index("ix_enrolment_batch_tenant_id_organisation_id", "tenant_id", "organisation_id", "id"),
        Index("ix_enrolment_batch_tenant_id_cohort_id", "tenant_id", "cohort_id"),
        Index("ix_enrolment_batch_tenant_id_undoes_id", "tenant_id", "undoes_id"),
    )

    #: Whose cohort it was about: who sees the receipt.
    organisation_id: Mapped[int] = mapped_column(BigId)
    #: None: the cohort was made by this batch or another, and went with its undo.
    cohort_id: Mapped[int | None] = mapped_column(BigId)
    #: What the cohort was called then.
    cohort_name: Mapped[str] = mapped_column(default="")
    kind: Mapped[BatchKind] = mapped_column(words(BatchKind))
    #: The person who did it; None: a command. Without a foreign key: the receipt outlives the person.
    by_id: Mapped[int | None] = mapped_column(BigId, info=PERSON)
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: What was done: of a change of state a word of ``states.Deed``, of places one of ``models.places.PoolDeed``.
    deed: Mapped[str] = mapped_column(default="")
    file_name: Mapped[str] = mapped_column(default="")
    file_sha256: Mapped[str] = mapped_column(default="")
    #: Rows of the file, and what became of them: total = imported + updated + ignored + invalid.
    total: Mapped[int] = mapped_column(default=0)
    imported: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    ignored: Mapped[int] = mapped_column(default=0)
    invalid: Mapped[int] = mapped_column(default=0)
    #: Of a deed on places: the pool; the one that the cohort used before; the transaction of the ledger, if one.
    pool_id: Mapped[int | None] = mapped_column(BigId)
    former_pool_id: Mapped[int | None] = mapped_column(BigId)
    transaction_id: Mapped[int | None] = mapped_column(BigId)
    #: The batch that this one took back.
    undoes_id: Mapped[int | None] = mapped_column(BigId)
    #: Since when it is taken back, wholly or but for those who were left out.
    undone_at: Mapped[datetime | None] = mapped_column(Instant)


class Trace(Owned, Model):
    """How a row stood before a batch and after it, as JSON: what an undo goes by. Kept for a month."""

    __tablename__ = "enrolment_trace"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "batch_id", "kind", "row_id"),
        link("batch_id", "enrolment_batch", ondelete="CASCADE"),
        Index("ix_enrolment_trace_person_id", "tenant_id", "person_id", "batch_id"),
    )

    batch_id: Mapped[int] = mapped_column(BigId)
    #: Name of a kind of ``traced``: which table.
    kind: Mapped[str]
    #: Without a foreign key: the row may be gone.
    row_id: Mapped[int] = mapped_column(BigId)
    #: Whom the row is about; None: a cohort, or one of its courses.
    person_id: Mapped[int | None] = mapped_column(BigId, info=PERSON)
    #: None: the batch made the row.
    before: Mapped[str | None]
    #: None: the batch took the row away.
    after: Mapped[str | None]
    #: Whether it was taken back.
    is_undone: Mapped[bool] = mapped_column(default=False)


class Member(Owned, Model):
    """A person in a cohort. The figures are those of all its courses, written by ``progress`` as things happen."""

    __tablename__ = "cohort_member"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "cohort_id", "person_id"),
        link("cohort_id", "cohort"),
        link("person_id", "person"),
        link("batch_id", "enrolment_batch"),
        Index("ix_cohort_member_tenant_id_person_id", "tenant_id", "person_id"),
        Index("ix_cohort_member_tenant_id_batch_id", "tenant_id", "batch_id"),
        Index("ix_cohort_member_session", "tenant_id", "cohort_id", "session_number"),
        # Walked from one scheme to the next; most people have none of their own.
        Index(
            "ix_cohort_member_scheme",
            "tenant_id",
            "scheme",
            sqlite_where=_OWN_SCHEME,
            postgresql_where=_OWN_SCHEME,
        ),
    )

    cohort_id: Mapped[int] = mapped_column(BigId)
    person_id: Mapped[int] = mapped_column(BigId)
    batch_id: Mapped[int] = mapped_column(BigId)
    state: Mapped[MemberState] = mapped_column(words(MemberState), default=MemberState.REGISTERED)
    #: Numbers of the action and of the session, as the agency or the region gave them.
    action_number: Mapped[str | None]
    session_number: Mapped[str | None]
    enters_on: Mapped[date | None]
    leaves_on: Mapped[date | None]
    #: Who pays and under which scheme, in the words of the file that brought this person.
    funder: Mapped[str] = mapped_column(default="")
    scheme: Mapped[str] = mapped_column(default="")
    #: Agency, adviser and employer as the file named them, kept as text where we know no such one.
    agency: Mapped[str] = mapped_column(default="")
    adviser: Mapped[str] = mapped_column(default="")
    siret: Mapped[str] = mapped_column(default="")
    #: Steps of all courses done, out of how many.
    steps_done: Mapped[int] = mapped_column(default=0)
    steps_total: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime | None] = mapped_column(Instant)
    joined_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: When they were asked to come; opened their first step; were stopped for a while; had done everything; left.
    convoked_at: Mapped[datetime | None] = mapped_column(Instant)
    entered_at: Mapped[datetime | None] = mapped_column(Instant)
    suspended_at: Mapped[datetime | None] = mapped_column(Instant)
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    #: Why somebody left: a word of the trade, never free text about health.
    withdrawal_reason: Mapped[str] = mapped_column(default="")


_RUNS = text("due_on is not null and completed_at is null and withdrawn_at is null")


class Enrolment(Owned, Model):
    """A person on a course, in a cohort. The figures are written by ``progress``: the one row that everything reads."""

    __tablename__ = "enrolment"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "cohort_id", "person_id", "course_id", "attempt"),
        link("member_id", "cohort_member", ondelete="CASCADE"),
        link("cohort_id", "cohort"),
        link("person_id", "person"),
        link("course_id", "course"),
        Index("ix_enrolment_tenant_id_member_id", "tenant_id", "member_id"),
        # In the order of a learner's path: without statistics, SQLite would read the whole tenant to save a sort.
        Index("ix_enrolment_tenant_id_person_id", "tenant_id", "person_id", "member_id", "position"),
        Index("ix_enrolment_tenant_id_course_id", "tenant_id", "course_id"),
        # Who is to be reminded: of those alone who have a last day, and are not done.
        Index("ix_enrolment_due_on", "tenant_id", "due_on", sqlite_where=_RUNS, postgresql_where=_RUNS),
    )

    member_id: Mapped[int] = mapped_column(BigId)
    cohort_id: Mapped[int] = mapped_column(BigId)
    person_id: Mapped[int] = mapped_column(BigId)
    course_id: Mapped[int] = mapped_column(BigId)
    batch_id: Mapped[int] = mapped_column(BigId)
    #: Order of the course in the path.
    position: Mapped[int]
    #: 1, then 2 where somebody begins again; the old one is kept.
    attempt: Mapped[int] = mapped_column(default=1)
    due_on: Mapped[date | None]
    #: The first day on which it can be begun; None: at once.
    opens_on: Mapped[date | None]
    #: Why this person has a deadline of their own: a word of the trade; None: they have that of the others.
    due_reason: Mapped[str | None]
    steps_done: Mapped[int] = mapped_column(default=0)
    steps_total: Mapped[int] = mapped_column(default=0)
    #: Best mark of its tests, 0 to 100.
    score: Mapped[int | None]
    #: Active time measured, in seconds.
    seconds: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    last_at: Mapped[datetime | None] = mapped_column(Instant)
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    #: Of the member, kept here too: whoever learns looks at this row alone.
    suspended_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    #: Why somebody left an attempt that another one followed; of the latest one, the member says it.
    withdrawal_reason: Mapped[str | None]


class ImportState(enum.StrEnum):
    """How far an uploaded file has come."""

    CHECKING = "checking"
    #: Its columns are not all known: somebody says what they are.
    ASKING = "asking"
    CHECKED = "checked"
    REFUSED = "refused"
    WRITING = "writing"
    DONE = "done"
    #: Its file and what was said about its lines are gone; the counts stay.
    FORGOTTEN = "forgotten"


class ImportMode(enum.StrEnum):
    """What a file may do to people who are there already."""

    #: What the file says otherwise than the last one; what was changed by hand since stays.
    CHANGES = "changes"
    #: Nothing: only people who are not there are enrolled.
    ADD = "add"
    #: Everything as the file says it.
    UPDATE = "update"
    #: The same, and whoever is not in the file leaves the cohort.
    REPLACE = "replace"


class ImportRun(Owned, Model):
    """A file that somebody sent: checked first, then written; ``batch_id`` while it is written part by part, and afterwards."""

    __tablename__ = "enrolment_import"
    __table_args__ = owned(
        link("organisation_id", "organisation"),
        Index("ix_enrolment_import_tenant_id_organisation_id", "tenant_id", "organisation_id"),
    )

    organisation_id: Mapped[int] = mapped_column(BigId)
    #: The person who sent it. No foreign key: it goes with the batch's receipt.
    by_id: Mapped[int] = mapped_column(BigId, info=PERSON)
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    file_name: Mapped[str]
    #: Bytes.
    file_size: Mapped[int] = mapped_column(default=0)
    #: Where the storage keeps the file, until it is written.
    file_key: Mapped[str]
    cohort_name: Mapped[str]
    course_id: Mapped[int | None] = mapped_column(BigId)
    curriculum_id: Mapped[int | None] = mapped_column(BigId)
    due_on: Mapped[date | None]
    mode: Mapped[ImportMode] = mapped_column(words(ImportMode), default=ImportMode.CHANGES)
    state: Mapped[ImportState] = mapped_column(words(ImportState), default=ImportState.CHECKING)
    job_id: Mapped[int | None] = mapped_column(BigId)
    batch_id: Mapped[int | None] = mapped_column(BigId)
    #: The five counts, errors and warnings line by line: what the command prints as JSON.
    report: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Outcome(enum.StrEnum):
    """What a line of a file comes to, or would."""

    IMPORTED = "imported"
    UPDATED = "updated"
    IGNORED = "ignored"
    INVALID = "invalid"


class StagedRow(Owned, Model):
    """A line of a file on its way in: cleaned, not yet compared. Gone as soon as the file is checked or written.

    Ids without foreign keys: they are found, line by line, while the rows wait here.
    """

    __tablename__ = "enrolment_import_row"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "stage", "line"),
        Index("ix_enrolment_import_row_person_key", "tenant_id", "stage", "person_key"),
        Index("ix_enrolment_import_row_person_id", "tenant_id", "stage", "person_id"),
    )

    #: Whose rows these are: one reading of one file.
    stage: Mapped[str]
    line: Mapped[int]
    staged_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: What tells this person from others: a number, else address and name, else name and birth date.
    person_key: Mapped[str]
    last_name: Mapped[str]
    first_name: Mapped[str]
    sort_name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    birth_date: Mapped[date | None]
    postcode: Mapped[str | None]
    agency_identifier: Mapped[str | None]
    hr_number: Mapped[str | None]
    #: A word of ``Situation``.
    situation: Mapped[str | None]
    session_number: Mapped[str | None]
    action_number: Mapped[str | None]
    enters_on: Mapped[date | None]
    leaves_on: Mapped[date | None]
    funder: Mapped[str | None]
    scheme: Mapped[str | None]
    agency: Mapped[str | None]
    adviser: Mapped[str | None]
    #: The adviser as names are sorted, or an address: what they are looked for by.
    adviser_key: Mapped[str | None]
    siret: Mapped[str | None]
    #: Found while the rows wait: the person, who follows them, their unit, their place in the cohort.
    person_id: Mapped[int | None] = mapped_column(BigId, info=PERSON)
    follower_id: Mapped[int | None] = mapped_column(BigId, info=PERSON)
    organisation_id: Mapped[int | None] = mapped_column(BigId)
    member_id: Mapped[int | None] = mapped_column(BigId)
    #: The line as it stood in the file (``PeopleFile``); None where it is to be looked at each time it comes.
    fingerprint: Mapped[int | None] = mapped_column(BigId)
    #: Whether the names are those we know, as the file says them no otherwise than last time.
    keeps_name: Mapped[bool] = mapped_column(default=False)
    #: Whether this line, the last one of this person, says what is written.
    is_leading: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[Outcome] = mapped_column(words(Outcome), default=Outcome.IMPORTED)
    #: Why the tables refuse this line, or what they say about it: a code of ``reading.faults``.
    fault: Mapped[str | None]
    #: What the fault speaks of: the name known so far.
    fault_about: Mapped[str | None]


class ColumnMapping(Owned, Model):
    """What somebody of an organisation once said of the columns of a file; it holds for those below as well."""

    __tablename__ = "enrolment_columns"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "organisation_id", "signature"), link("organisation_id", "organisation")
    )

    organisation_id: Mapped[int] = mapped_column(BigId)
    #: What tells the header from others (``reading.recognition``).
    signature: Mapped[str]
    #: The field of each column in its order, empty where nothing is read.
    fields: Mapped[list[str]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Instant, default=now)


class LastSaid(Owned, Model):
    """What a file said of a member when it was written: what the next one is compared with, to tell what changed in the
    file from what was changed by hand. The latest batch of a member holds; those before are there for an undo.
    """

    __tablename__ = "enrolment_last_said"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "member_id", "batch_id"),
        link("member_id", "cohort_member", ondelete="CASCADE"),
        Index("ix_enrolment_last_said_tenant_id_batch_id", "tenant_id", "batch_id"),
    )

    member_id: Mapped[int] = mapped_column(BigId)
    #: The receipt of that file. No foreign key: it is only compared.
    batch_id: Mapped[int] = mapped_column(BigId)
    #: Of its line; None where the line is to be looked at each time it comes.
    fingerprint: Mapped[int | None] = mapped_column(BigId)
    last_name: Mapped[str]
    first_name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    birth_date: Mapped[date | None]
    postcode: Mapped[str | None]
    agency_identifier: Mapped[str | None]
    hr_number: Mapped[str | None]
    situation: Mapped[str | None]
    session_number: Mapped[str | None]
    action_number: Mapped[str | None]
    enters_on: Mapped[date | None]
    leaves_on: Mapped[date | None]
    funder: Mapped[str | None]
    scheme: Mapped[str | None]
    agency: Mapped[str | None]
    adviser: Mapped[str | None]
    siret: Mapped[str | None]
