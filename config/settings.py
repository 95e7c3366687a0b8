"""Everything an installation may set: environment variables, typed, each with its meaning.

``load`` refuses a variable it does not know and a value it cannot use, with a sentence for people.
"""

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit

ROOT = Path(__file__).resolve().parents[1]
BROKERS = ("amqp", "amqps", "redis", "rediss")
_EXAMPLES = {
    "smtp": "smtp://mail.example.org:587",
    "amqp": "amqp://user:password@broker.example.org:5672/kokoroe",
}
ENVIRONMENTS = ("production", "demo", "test")
#: Variables of the tests and scripts, which the application itself does not read.
ELSEWHERE = {"LMS_TEST_DATA", "LMS_TEST_SERVER", "LMS_TEST_ROLE", "LMS_TEST_DATABASE", "LMS_HOST"}


class SettingsError(Exception):
    """A setting is unknown, missing or wrong; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation. Each field is the variable ``LMS_<NAME>``."""

    #: Where the data live: ``sqlite:///path`` or ``postgresql+psycopg://user@host/name``.
    database_url: str = ""
    #: A replica of PostgreSQL for lists and reports; empty: the same database. Unused while it is away or behind.
    read_database_url: str = ""
    #: The role of workers where row-level security is on; empty: the same as ``database_url``.
    worker_database_url: str = ""
    #: The owner of the tables, for migrations; empty: the same as ``database_url``.
    owner_database_url: str = ""
    #: Folder of everything this installation writes: database, uploads, exports, mail without SMTP.
    var: Path = Path("var")
    #: Signs cookies and links. Made once in ``LMS_VAR`` with a SQLite database; required otherwise.
    secret_key: str = ""
    #: The address people type. Cookies are Secure and ``__Host-`` when it is https.
    base_url: str = ""
    #: ``smtp://user:password@host:port`` (``smtps://`` for TLS from the start); empty: mails are files in ``LMS_VAR/mail``.
    smtp_url: str = ""
    #: Where texts for telephones go: an address that takes a JSON POST (docs/messages.md), or ``file://`` for files in
    #: ``LMS_VAR/sms``. Empty: none are sent, and whoever has no e-mail address gets a letter.
    sms_url: str = ""
    #: Sent to that address as a bearer token; empty: none is.
    sms_token: str = ""
    #: Empty: the embedded worker. ``amqp://user:password@host:port/vhost`` or ``redis://host:port/number`` (``amqps``,
    #: ``rediss`` for TLS): Celery's workers do the jobs, fed by a relay; one vhost or number an installation.
    queue_url: str = ""
    #: ``file://`` and a folder (default: ``LMS_VAR/files``), or ``s3://bucket/prefix``: then keys, region and endpoint are
    #: those of the usual ``AWS_`` variables.
    storage_url: str = ""
    #: ``production`` unless said; ``demo`` shows demo accounts; ``test``.
    env: str = "production"
    #: Port of the web server.
    port: int = 5000
    #: Hosts or networks, separated by commas, that the outgoing client may reach besides public ones.
    outgoing_allow: tuple[str, ...] = ()
    #: Addresses or networks of the proxies in front of us, separated by commas. What they say of the client (its address,
    #: https, the request's number) is believed; nobody else's word is. Empty: there is no proxy.
    trusted_proxies: tuple[str, ...] = ()
    #: Processes of the web server; 0: one in the demo, otherwise one a core, four at most.
    web_workers: int = 0
    #: Whoever sends it as a bearer token may read ``/metrics`` from elsewhere than this machine; empty: nobody.
    metrics_token: str = ""
    #: Minutes between two snapshots of a SQLite database, which is as much as a lost disk can cost; 0: none are made.
    snapshot_minutes: int = 60
    #: Folder of the snapshots, best on another disk; empty: ``LMS_VAR/snapshots``.
    snapshots: Path = Path("var/snapshots")
    #: Days after which rows that are logs go, where that differs from the table in docs/operations.md: ``mail=90,job=30``.
    keep_days: tuple[tuple[str, int], ...] = ()
    #: MiB of uploads that one customer may keep at a time; 0: no limit.
    upload_quota: int = 20_480
    #: Personal files that somebody may open within an hour before the administrators are told; 0: they never are.
    reads_per_hour: int = 60

    @property
    def is_secure(self) -> bool:
        """Whether people come by https."""
        return self.base_url.startswith("https://")


_current: Settings | None = None


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of ``environ``. Raises ``SettingsError``."""
    names = {f"LMS_{field.name.upper()}": field.name for field in fields(Settings)}
    unknown = [name for name in environ if name.startswith("LMS_") and name not in names.keys() | ELSEWHERE]
    if unknown:
        raise SettingsError(
            f"{unknown[0]} is no setting of this installation; known: {', '.join(sorted(names))}"
        )
    said = {field: environ[name].strip() for name, field in names.items() if environ.get(name, "").strip()}
    var = Path(said.get("var", "var"))
    var = var if var.is_absolute() else ROOT / var
    database = said.get("database_url") or f"sqlite:///{var / 'lms.db'}"
    port = _port(said.get("port", "5000"))
    snapshots = Path(said.get("snapshots") or var / "snapshots")
    return Settings(
        database_url=_database("LMS_DATABASE_URL", database),
        read_database_url=_database("LMS_READ_DATABASE_URL", said.get("read_database_url", "")),
        worker_database_url=_database("LMS_WORKER_DATABASE_URL", said.get("worker_database_url", "")),
        owner_database_url=_database("LMS_OWNER_DATABASE_URL", said.get("owner_database_url", "")),
        var=var,
        secret_key=said.get("secret_key") or _made_key(var, database),
        base_url=_base(said.get("base_url") or f"http://localhost:{port}"),
        smtp_url=_server("LMS_SMTP_URL", said.get("smtp_url", ""), "smtp", "smtps"),
        sms_url=_texts(said.get("sms_url", "")),
        sms_token=said.get("sms_token", ""),
        queue_url=_server("LMS_QUEUE_URL", said.get("queue_url", ""), *BROKERS),
        storage_url=_storage(said.get("storage_url") or f"file://{quote(str(var / 'files'))}"),
        env=_env(said.get("env", "production")),
        port=port,
        outgoing_allow=_allowed(said),
        trusted_proxies=_networks("LMS_TRUSTED_PROXIES", said.get("trusted_proxies", "")),
        web_workers=_count("LMS_WEB_WORKERS", said.get("web_workers", "0"), 64),
        metrics_token=_token("LMS_METRICS_TOKEN", said.get("metrics_token", "")),
        snapshot_minutes=_count("LMS_SNAPSHOT_MINUTES", said.get("snapshot_minutes", "60"), 10_080),
        snapshots=snapshots if snapshots.is_absolute() else ROOT / snapshots,
        keep_days=_days("LMS_KEEP_DAYS", said.get("keep_days", "")),
        upload_quota=_count("LMS_UPLOAD_QUOTA", said.get("upload_quota", "20480"), 2**31),
        reads_per_hour=_count("LMS_READS_PER_HOUR", said.get("reads_per_hour", "60"), 1_000_000),
    )


def use(settings: Settings) -> Settings:
    """Make these the settings of this process."""
    global _current
    _current = settings
    return settings


def current() -> Settings:
    """The settings of this process; they are said once, when the application is built."""
    if _current is None:
        raise SettingsError("no settings yet: build the application first")
    return _current


def _allowed(said: Mapping[str, str]) -> tuple[str, ...]:
    """The demo may speak to itself: its partner's provider answers on the loopback."""
    usual = "127.0.0.1" if said.get("env") == "demo" else ""
    return tuple(filter(None, re.split(r"[,\s]+", said.get("outgoing_allow", usual))))


def _rooted(url: str) -> str:
    """A relative SQLite path is counted from the project, wherever the command is typed."""
    path = url.removeprefix("sqlite:///")
    if path != url and path and not path.startswith("/"):
        return f"sqlite:///{ROOT / path}"
    return url


def _database(name: str, url: str) -> str:
    if url and not url.startswith(("sqlite:///", "postgresql+psycopg://", "postgresql://")):
        raise SettingsError(f"{name} is sqlite:///… or postgresql://…, not {url.split(':')[0]}:…")
    if url in ("sqlite:///", "sqlite:///:memory:"):
        raise SettingsError(
            f"{name} names a file: in memory, each connection would have a database of its own"
        )
    return _rooted(re.sub(r"^postgresql://", "postgresql+psycopg://", url))


def _parts(name: str, url: str) -> SplitResult:
    """The parts of an address, its port among them. The address itself is not repeated: it may hold a password."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise SettingsError(f"{name} is no address: {error}") from error
    return parts


def _scheme(name: str, url: str, *schemes: str) -> str:
    if url and _parts(name, url).scheme not in schemes:
        raise SettingsError(f"{name} begins with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    return url


def _storage(url: str) -> str:
    parts = _parts("LMS_STORAGE_URL", _scheme("LMS_STORAGE_URL", url, "file", "s3"))
    if parts.scheme == "s3" and (not parts.netloc or "@" in parts.netloc or parts.query):
        raise SettingsError(
            "LMS_STORAGE_URL is s3://bucket or s3://bucket/prefix; keys and endpoint are in the AWS_ variables"
        )
    return url


def _server(name: str, url: str, *schemes: str) -> str:
    if _scheme(name, url, *schemes) and not _parts(name, url).hostname:
        raise SettingsError(f"{name} names a server, such as {_EXAMPLES[schemes[0]]}")
    return url


def _texts(url: str) -> str:
    parts = _parts("LMS_SMS_URL", _scheme("LMS_SMS_URL", url, "file", "http", "https"))
    if parts.scheme in ("http", "https") and (not parts.hostname or "@" in parts.netloc):
        raise SettingsError(
            "LMS_SMS_URL is an address such as https://sms.example.org/send; its secret is LMS_SMS_TOKEN"
        )
    return url


def _base(url: str) -> str:
    parts = _parts("LMS_BASE_URL", url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError("LMS_BASE_URL is the address people type, such as https://formation.example.org")
    return url.rstrip("/")


def _env(name: str) -> str:
    if name not in ENVIRONMENTS:
        raise SettingsError(f"LMS_ENV is one of {', '.join(ENVIRONMENTS)}, not {name!r}")
    return name


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SettingsError(f"LMS_PORT is a number between 1 and 65535, not {text!r}")
    return int(text)


def _count(name: str, text: str, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) > most:
        raise SettingsError(f"{name} is a number between 0 and {most}, not {text!r}")
    return int(text)


def _token(name: str, text: str) -> str:
    """A secret that strangers may guess at: it is long, or it is none. It is not repeated."""
    if text and len(text) < 16:
        raise SettingsError(f"{name} is too short to be a secret: 16 letters at least")
    return text


def _networks(name: str, text: str) -> tuple[str, ...]:
    found = tuple(filter(None, re.split(r"[,\s]+", text)))
    for one in found:
        try:
            ipaddress.ip_network(one, strict=False)
        except ValueError as error:
            raise SettingsError(
                f"{name} holds addresses or networks, such as 127.0.0.1 or 10.0.0.0/8, not {one!r}"
            ) from error
    return found


def _days(name: str, text: str) -> tuple[tuple[str, int], ...]:
    found = []
    for one in filter(None, re.split(r"[,\s]+", text)):
        what, _, days = one.partition("=")
        if not what.isidentifier() or not re.fullmatch(r"[0-9]{1,5}", days) or int(days) < 1:
            raise SettingsError(f"{name} holds pairs such as mail=90, in days, not {one!r}")
        found.append((what, int(days)))
    return tuple(found)


def _made_key(var: Path, database: str) -> str:
    """The key of an embedded installation: written once, readable by its owner alone."""
    if not database.startswith("sqlite"):
        raise SettingsError(
            "LMS_SECRET_KEY is required with PostgreSQL: the same long random text on every machine"
        )
    file = var / "secret-key"
    try:
        var.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            _write_once(file, secrets.token_urlsafe(48))
        key = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(
            f"{file} cannot be read or written ({error.strerror}): LMS_VAR is a folder of ours"
        ) from error
    if not key:
        raise SettingsError(
            f"{file} is empty: put the key of this installation back, or delete the file for a new one"
        )
    return key


def _write_once(file: Path, text: str) -> None:
    """A private file that is there whole or not at all; of two processes that write it, one is heard."""
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        os.link(draft, file)
    except FileExistsError:
        pass  # the other process's key is as good
    finally:
        draft.unlink()
