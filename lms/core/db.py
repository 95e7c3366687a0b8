"""One piece of work, one transaction: its mode, its tenant, and what happens once it is over.

A request, a step of a job and a command each run in one transaction. Services only write; whoever
opened the transaction commits it. The mode is known before the first statement, because SQLite
cannot turn a reader into a writer without risking ``database is locked``.
"""

import enum
import errno
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    BigInteger,
    Connection,
    CursorResult,
    Engine,
    Enum,
    Executable,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Row,
    Select,
    Table,
    UniqueConstraint,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    SessionTransaction,
    mapped_column,
    scoped_session,
    sessionmaker,
)

from lms.core import engines as pools
from lms.core.replica import Replica

log = logging.getLogger("lms")

BigId = BigInteger().with_variant(Integer, "sqlite")
#: Marks of columns that hold an id without a foreign key, so that ``privacy`` finds them: ``mapped_column(BigId, info=PERSON)``.
PERSON, ACCOUNT = {"id of": "person"}, {"id of": "account"}
Work = Callable[[], object]
if TYPE_CHECKING:  # SQLAlchemy 2.1 counts the columns of a statement, 2.0 wrapped them in a tuple
    AnySelect = Select[*tuple[Any, ...]]
    AnyRow = Row[*tuple[Any, ...]]
else:
    AnySelect, AnyRow = Select, Row


#: The database does not answer, has no time, or no connection is free: to be waited for, not a fault of ours.
AWAY = (OperationalError, InterfaceError, PoolEmpty)


class Mode(enum.Enum):
    """What a transaction may do; chosen before its first statement."""

    READ = "read"
    WRITE = "write"
    LIST = "list"  # reads only, from the replica where there is one and it is near: may be some seconds old
    REPORT = "report"  # reads only, from the replica once it has everything, and with more time


_MANY = 500  #: rows written by one statement, after which a plan for a small table is a bad one
SECONDS = {Mode.READ: 15, Mode.WRITE: 15, Mode.LIST: 15, Mode.REPORT: 300}  #: statement timeout of each mode


class Model(DeclarativeBase):
    """Base of every table. Constraints get names, so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


class Owned:
    """What belongs to a tenant. Other tables point at it with ``link``, tenant and all."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"))


def owned(*more: Any) -> tuple[Any, ...]:
    """The ``__table_args__`` of an owned table: the key that links point at, then ``more``."""
    return (UniqueConstraint("tenant_id", "id"), *more)


def link(column: str, table: str, **options: Any) -> ForeignKeyConstraint:
    """A foreign key that cannot leave the tenant: (tenant_id, column) to (tenant_id, id) of ``table``.

    Every link needs an index that begins with its two columns (a house test): without it, deleting
    the parent reads the whole child table.
    """
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"], **options)


def words(kind: type[enum.StrEnum]) -> Enum:
    """The column type of an enum: its values as text, so that a new word needs no ALTER TYPE."""
    return Enum(kind, native_enum=False, length=20, values_callable=lambda e: [one.value for one in e])


class HouseSession(Session):
    """A session that asks the engine of its mode."""

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine:
        if self.info.get("of_all") and _OF_ALL in _engines:
            return _engines[_OF_ALL]
        if self.info.get("is_on_replica") and _replica is not None:
            return _replica.engine
        return _engines[self.info.get("mode", Mode.READ)]


session: scoped_session[HouseSession] = scoped_session(
    sessionmaker(class_=HouseSession, expire_on_commit=False)
)
_OF_ALL = "of all"
_engines: dict[Mode | str, Engine] = {}
_replica: Replica | None = None


def connect(url: str, read_url: str = "", worker_url: str = "", pool_size: int = 5) -> Engine:
    """Point the process at its database, at the replica for lists and reports and at the workers' role if there are such."""
    global _replica  # a process has one database and one replica at most
    disconnect()
    _engines.clear()
    _replica = None
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        for mode in Mode:
            writes = mode is Mode.WRITE
            _engines[mode] = pools.sqlite(url, pool_size, writes=writes, seconds=SECONDS[mode])
        return _engines[Mode.WRITE]
    main = pools.postgresql(url, pool_size)
    _engines.update(dict.fromkeys(Mode, main))
    if read_url:
        _replica = Replica(pools.postgresql(read_url, pool_size), main)
    if worker_url:
        _engines[_OF_ALL] = pools.postgresql(worker_url, pool_size)
    return main


def engines() -> list[Engine]:
    """Every engine of this process, once each: for those who count statements."""
    more = [_replica.engine] if _replica else []
    return list({id(engine): engine for engine in [*_engines.values(), *more]}.values())


def disconnect() -> None:
    """Close every connection of this process."""
    session.remove()
    disconnect_idle()


def disconnect_idle() -> None:
    """Close the connections that rest in the pools; the next statement opens its own."""
    for engine in engines():
        engine.dispose()


def disconnect_inherited() -> None:
    """Right after a fork: forget the parent's connections without closing them."""
    session.registry.clear()
    for engine in engines():
        engine.dispose(close=False)


def begin(
    mode: Mode, tenant_id: int | None = None, person_id: int | None = None, *, of_all: bool = False
) -> None:
    """Say what the coming transaction may do, and for whom. No statement of it is sent yet.

    ``of_all``: it is about the jobs and mails of every tenant; the workers' role sees these, and nothing else.
    """
    current = session()
    if current.in_transaction():
        if current.info.get("mode") is Mode.WRITE:
            raise RuntimeError("this transaction writes: commit or roll back before the next one")
        current.rollback()  # a reader may end at any time, nothing is lost
    current.expire_all()  # what an earlier transaction read may be old by now
    on_replica = _is_for_replica(mode)
    current.info.update(
        mode=mode, tenant_id=tenant_id, person_id=person_id, of_all=of_all, is_on_replica=on_replica
    )


def is_writing() -> bool:
    """Whether the transaction in hand may write."""
    return session().info.get("mode") is Mode.WRITE


def has_replica() -> bool:
    """Whether lists and reports have a database of their own."""
    return _replica is not None


def leave_replica(error: Exception) -> bool:
    """Whether the transaction that failed was one of the replica: it is not used for a while, so try again."""
    if _replica is None or not session().info.get("is_on_replica"):
        return False
    _replica.leave(error)
    session.remove()
    return True


def commit() -> None:
    """Keep what was written, then do what was put off with ``apart`` and ``then``."""
    try:
        session.commit()
    except BaseException:
        rollback()  # else what was put off would be done after the next transaction, whosever that is
        raise
    _over(kept=True)


def rollback() -> None:
    """Forget what was written, then do what was put off with ``apart``."""
    session.rollback()
    _over(kept=False)


@contextmanager
def transaction(
    mode: Mode = Mode.WRITE,
    tenant_id: int | None = None,
    person_id: int | None = None,
    *,
    of_all: bool = False,
) -> Iterator[scoped_session[HouseSession]]:
    """One transaction outside of a request: commands, workers, tests."""
    begin(mode, tenant_id, person_id, of_all=of_all)
    try:
        yield session
    except BaseException:
        rollback()
        raise
    commit()


def apart(work: Work, tenant_id: int | None = None) -> None:
    """Do ``work`` in a transaction of its own once this one is over, however it ends.

    For what must survive a refusal: failed sign-ins, the audit of refusals. It waits for the end
    because SQLite has one writer: a second write transaction inside the first waits for itself.
    ``work`` takes plain values, as a rollback empties every loaded object.
    """
    session().info.setdefault("apart", []).append((work, tenant_id or session().info.get("tenant_id")))


def then(work: Work) -> None:
    """Do ``work`` once this transaction is kept; a hint to hurry, never the only way."""
    session().info.setdefault("then", []).append(work)


def rows(statement: AnySelect, values: Mapping[str, Any]) -> Sequence[AnyRow]:
    """The rows of a statement that selects columns, not objects: at half the cost of the session's own ``execute``."""
    return run(statement, values).all()


def run(
    statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]
) -> CursorResult[*tuple[Any, ...]]:
    """Execute a statement that was built once, beneath the session: for the few that every step of a learner sends.

    Objects that the session holds are not told of what it changes.
    """
    current = session()
    if current.info.get("mode") is Mode.WRITE:
        current.flush()  # what the session still holds back, as its own execute would
    return current.connection().execute(statement, values)


def table_of(model: type[Model]) -> Table:
    """The table behind a model, for statements that ``run`` executes."""
    return cast(Table, model.__table__)


def is_postgresql() -> bool:
    """Whether the database of this process is PostgreSQL, and not SQLite."""
    return session.get_bind().dialect.name == "postgresql"


def insert_new(table: type[Model], columns: list[str], rows: AnySelect) -> int:
    """``INSERT ... SELECT`` of the rows that are not there yet; says how many were new.

    SQLite needs a WHERE in ``rows``, or takes ON for a join.
    """
    statement = _insert(table).from_select(columns, rows, include_defaults=True)
    counted = statement.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    done = session.execute(counted)  # without the option psycopg's count is gone: -1
    written = cast("CursorResult[Any]", done).rowcount
    plan_anew(written)
    return written


def plan_anew(written: int) -> None:
    """After so many rows: PostgreSQL forgets how it looked up keys while their table was small.

    It keeps the plan of a foreign key's check, and one made for an almost empty table reads the whole of it for each
    row, until somebody gathers statistics: 10,000 new members took minutes instead of a second.
    """
    if written >= _MANY and session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql("DISCARD PLANS")


def as_written(table: type[Model], values: dict[str, Any], key: list[str]) -> Any:
    """An ``INSERT ... ON CONFLICT (key) DO UPDATE`` of one row, for both dialects; to be executed."""
    statement = _insert(table).values(**values)
    change = {name: statement.excluded[name] for name in values if name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=change)


def as_first_written(table: type[Model], values: dict[str, Any], key: list[str]) -> Any:
    """An ``INSERT ... ON CONFLICT (key) DO NOTHING`` of one row: whoever came first stands; to be executed."""
    return _insert(table).values(**values).on_conflict_do_nothing(index_elements=key)


def insert_first(table: type[Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert these rows, but for those of which another with the same key is there: whoever came first stands."""
    if rows:
        session.execute(_insert(table).on_conflict_do_nothing(), rows)


def too_slow(error: Exception) -> bool:
    """Whether the database stopped a statement because its time was up."""
    said = error.orig if isinstance(error, DBAPIError) else None
    return getattr(said, "sqlstate", "") == "57014" or "interrupted" in str(said)


def _is_for_replica(mode: Mode) -> bool:
    if _replica is None or mode not in (Mode.LIST, Mode.REPORT):
        return False
    return _replica.is_near() if mode is Mode.LIST else _replica.has_everything()


def no_space(error: BaseException) -> bool:
    """Whether a disk is full: the database says so, or the system does of a file."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    said = error.orig if isinstance(error, DBAPIError) else None
    return getattr(said, "sqlstate", "") == "53100" or getattr(said, "sqlite_errorname", "") == "SQLITE_FULL"


def _insert(table: type[Model]) -> Any:
    """The dialect's own INSERT: both write it alike, but only it knows ON CONFLICT."""
    dialects: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
    return dialects[session.get_bind().dialect.name](table)


def _over(kept: bool) -> None:
    info = session().info
    apart_from_it, afterwards = info.pop("apart", []), info.pop("then", [])
    tenant_id, person_id = info.get("tenant_id"), info.get("person_id")
    failed: list[Exception] = []
    for work, for_tenant in apart_from_it:
        try:
            with transaction(Mode.WRITE, for_tenant, person_id):
                work()
        except Exception as error:  # one that fails must not take the others with it
            log.exception("work put apart failed")
            failed.append(error)
    for work in afterwards if kept else ():
        try:
            work()
        except Exception:  # what is kept is kept: a hint that fails must not say otherwise
            log.exception("a hint after the commit failed")
    begin(Mode.READ, tenant_id, person_id)  # a streamed body may read on, never write
    if failed:
        raise failed[0]


@event.listens_for(HouseSession, "after_begin")
def _introduce(current: Session, _begun: SessionTransaction, connection: Connection) -> None:
    """Tell PostgreSQL whose rows may be seen, what may be done and for how long: one statement."""
    if connection.dialect.name != "postgresql":
        return
    info, mode = current.info, current.info.get("mode", Mode.READ)
    connection.exec_driver_sql(
        "select set_config('app.tenant', %s, true), set_config('app.person', %s, true),"
        " set_config('statement_timeout', %s, true), set_config('transaction_read_only', %s, true),"
        " set_config('max_parallel_workers_per_gather',"
        " coalesce(%s, current_setting('max_parallel_workers_per_gather')), true)",
        (
            str(info.get("tenant_id") or ""),
            str(info.get("person_id") or ""),
            str(SECONDS[mode] * 1000),
            "off" if mode is Mode.WRITE else "on",
            # A page needs few rows: to start helpers takes longer than to read them. A report has what the server grants.
            None if mode is Mode.REPORT else "0",
        ),
    )
