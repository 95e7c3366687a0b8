"""Settings: what is refused is refused with a sentence; the key is made once, for its owner alone."""

import os
import stat
import subprocess
import sys
import threading
from dataclasses import fields
from pathlib import Path

import pytest

from config.settings import ROOT, Settings, SettingsError, load


def said(tmp_path: Path, **more: str) -> Settings:
    return load({"LMS_VAR": str(tmp_path)} | more)


def test_nothing_said_is_an_installation(tmp_path: Path) -> None:
    chosen = said(tmp_path)
    assert chosen.database_url == f"sqlite:///{tmp_path}/lms.db"
    assert chosen.storage_url == f"file://{tmp_path}/files"
    assert (chosen.base_url, chosen.port, chosen.env) == ("http://localhost:5000", 5000, "production")
    assert (chosen.is_secure, chosen.smtp_url, chosen.outgoing_allow) == (False, "", ())


def test_what_is_said_is_used(tmp_path: Path) -> None:
    chosen = said(
        tmp_path, LMS_DATABASE_URL="postgresql://u@h/n", LMS_SECRET_KEY="k", LMS_BASE_URL="https://a.example/",
        LMS_SMTP_URL="smtps://u:p%40@m.example:465", LMS_PORT="8080", LMS_ENV="demo",
        LMS_OUTGOING_ALLOW="10.0.0.0/8, idp.example",
    )  # fmt: skip
    assert chosen.database_url == "postgresql+psycopg://u@h/n"
    assert (chosen.base_url, chosen.is_secure, chosen.port) == ("https://a.example", True, 8080)
    assert chosen.outgoing_allow == ("10.0.0.0/8", "idp.example")


def test_what_operations_say_is_used(tmp_path: Path) -> None:
    chosen = said(
        tmp_path, LMS_TRUSTED_PROXIES="127.0.0.1, 10.0.0.0/8 fd00::/8", LMS_WEB_WORKERS="6",
        LMS_METRICS_TOKEN="a token long enough", LMS_SNAPSHOT_MINUTES="5", LMS_SNAPSHOTS="/elsewhere",
        LMS_KEEP_DAYS="mail=90, job=30", LMS_UPLOAD_QUOTA="0",
    )  # fmt: skip
    assert chosen.trusted_proxies == ("127.0.0.1", "10.0.0.0/8", "fd00::/8")
    assert (chosen.web_workers, chosen.snapshot_minutes, chosen.upload_quota) == (6, 5, 0)
    assert (chosen.snapshots, chosen.keep_days) == (Path("/elsewhere"), (("mail", 90), ("job", 30)))
    assert said(tmp_path).snapshots == tmp_path / "snapshots"
    with pytest.raises(SettingsError) as caught:
        said(tmp_path, LMS_METRICS_TOKEN="hunter2")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["amqp://u:p@h:5672/v", "amqps://h", "redis://h:6379/3", "rediss://:p@h/0"])
def test_brokers_are_named_as_celery_names_them(tmp_path: Path, url: str) -> None:
    assert said(tmp_path, LMS_QUEUE_URL=url).queue_url == url


def test_blank_is_not_said(tmp_path: Path) -> None:
    assert said(tmp_path, LMS_PORT=" ", LMS_SMTP_URL="").port == 5000


def test_relative_paths_are_counted_from_the_project(tmp_path: Path) -> None:
    for name in ("DATABASE", "OWNER_DATABASE", "READ_DATABASE", "WORKER_DATABASE"):
        chosen = said(tmp_path, **{f"LMS_{name}_URL": "sqlite:///var/x.db"})
        assert getattr(chosen, f"{name.lower()}_url") == f"sqlite:///{ROOT}/var/x.db"


def test_a_folder_with_strange_letters_can_be_used(tmp_path: Path) -> None:
    from lms.core import files

    folder = tmp_path / "a b#c%41é"
    chosen = said(folder)
    kept = files._storage
    try:
        assert files.configure(chosen.storage_url).folder == folder / "files"  # type: ignore[attr-defined]
    finally:
        files._storage = kept


REFUSED = [
    ("LMS_PORT", "x", "LMS_PORT is a number between 1 and 65535"),
    ("LMS_PORT", "0", "LMS_PORT is a number"),
    ("LMS_PORT", "70000", "LMS_PORT is a number"),
    ("LMS_PORT", "²", "LMS_PORT is a number"),
    ("LMS_PORT", "-1", "LMS_PORT is a number"),
    ("LMS_ENV", "staging", "LMS_ENV is one of production, demo, test"),
    ("LMS_BASE_URL", "ecole.example", "LMS_BASE_URL is the address people type"),
    ("LMS_BASE_URL", "ftp://ecole.example", "LMS_BASE_URL is the address people type"),
    ("LMS_BASE_URL", "https://", "LMS_BASE_URL is the address people type"),
    ("LMS_BASE_URL", "https://[::1", "LMS_BASE_URL is no address"),
    ("LMS_BASE_URL", "https://a.example:x", "LMS_BASE_URL is no address"),
    ("LMS_BASE_URL", "https://a.example/?x=1", "LMS_BASE_URL is the address people type"),
    ("LMS_DATABASE_URL", "mysql://h/n", "LMS_DATABASE_URL is sqlite:///… or postgresql://…, not mysql:…"),
    ("LMS_DATABASE_URL", "sqlite:///:memory:", "LMS_DATABASE_URL names a file"),
    ("LMS_DATABASE_URL", "sqlite:///", "LMS_DATABASE_URL names a file"),
    ("LMS_DATABASE_URL", "postgresql://h/n", "LMS_SECRET_KEY is required with PostgreSQL"),
    ("LMS_READ_DATABASE_URL", "x", "LMS_READ_DATABASE_URL is sqlite"),
    ("LMS_WORKER_DATABASE_URL", "x", "LMS_WORKER_DATABASE_URL is sqlite"),
    ("LMS_OWNER_DATABASE_URL", "x", "LMS_OWNER_DATABASE_URL is sqlite"),
    ("LMS_SMTP_URL", "mail.example", "LMS_SMTP_URL begins with smtp:// or smtps://"),
    ("LMS_SMTP_URL", "smtp://", "LMS_SMTP_URL names a server"),
    ("LMS_SMTP_URL", "smtp://h:99999", "LMS_SMTP_URL is no address"),
    ("LMS_SMTP_URL", "smtp://[::1", "LMS_SMTP_URL is no address"),
    ("LMS_QUEUE_URL", "kafka://h", "LMS_QUEUE_URL begins with amqp://"),
    ("LMS_QUEUE_URL", "amqp://", "LMS_QUEUE_URL names a server, such as amqp://user"),
    ("LMS_QUEUE_URL", "redis:///0", "LMS_QUEUE_URL names a server"),
    ("LMS_QUEUE_URL", "redis://h:x", "LMS_QUEUE_URL is no address"),
    ("LMS_STORAGE_URL", "s3://", "LMS_STORAGE_URL is s3://bucket or s3://bucket/prefix; keys"),
    ("LMS_STORAGE_URL", "s3://key:secret@bucket", "LMS_STORAGE_URL is s3://bucket"),
    ("LMS_STORAGE_URL", "/files", "LMS_STORAGE_URL begins with file:// or s3://"),
    ("LMS_TRUSTED_PROXIES", "10.0.0.0/8, proxy.example", "LMS_TRUSTED_PROXIES holds addresses or networks"),
    ("LMS_WEB_WORKERS", "65", "LMS_WEB_WORKERS is a number between 0 and 64, not '65'"),
    ("LMS_WEB_WORKERS", "²", "LMS_WEB_WORKERS is a number"),
    ("LMS_METRICS_TOKEN", "guess", "LMS_METRICS_TOKEN is too short"),
    ("LMS_SNAPSHOT_MINUTES", "-5", "LMS_SNAPSHOT_MINUTES is a number"),
    ("LMS_UPLOAD_QUOTA", "10 GiB", "LMS_UPLOAD_QUOTA is a number"),
    ("LMS_KEEP_DAYS", "mail", "LMS_KEEP_DAYS holds pairs"),
    ("LMS_KEEP_DAYS", "mail=0", "LMS_KEEP_DAYS holds pairs"),
    ("LMS_KEEP_DAYS", "mail=9,job=x", "LMS_KEEP_DAYS holds pairs such as mail=90, in days, not 'job=x'"),
    ("LMS_NONSENSE", "1", "LMS_NONSENSE is no setting of this installation; known: LMS_BASE_URL, "),
]


@pytest.mark.parametrize(("name", "value", "sentence"), REFUSED)
def test_a_wrong_value_has_its_sentence(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        said(tmp_path, **{name: value})
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("url", ["smtp://bob:hunter2@h:x", "amqp://bob:hunter2@[h", "http://bob:hunter2@h"])
def test_a_refusal_repeats_no_password(tmp_path: Path, url: str) -> None:
    for name in ("LMS_SMTP_URL", "LMS_QUEUE_URL", "LMS_DATABASE_URL", "LMS_STORAGE_URL"):
        with pytest.raises(SettingsError) as caught:
            said(tmp_path, **{name: url})
        assert "hunter2" not in str(caught.value)


def test_variables_of_others_are_none_of_ours(tmp_path: Path) -> None:
    assert said(tmp_path, PATH="/bin", LMSX="1", LMS_TEST_DATA="x", LMS_HOST="0.0.0.0").port == 5000


def test_every_setting_has_its_meaning() -> None:
    source = (ROOT / "config/settings.py").read_text("utf-8").splitlines()
    for field in fields(Settings):
        at = next(n for n, line in enumerate(source) if line.startswith(f"    {field.name}: "))
        assert source[at - 1].strip().startswith("#: "), field.name


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    first = said(tmp_path).secret_key
    file = tmp_path / "secret-key"
    assert len(first) >= 48
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert said(tmp_path).secret_key == first == file.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]
    assert said(tmp_path, LMS_SECRET_KEY="mine").secret_key == "mine"


def test_processes_that_start_together_have_one_key(tmp_path: Path) -> None:
    for n in range(20):
        found: list[str] = []
        start = threading.Barrier(4)

        def one(
            folder: Path = tmp_path / str(n), start: threading.Barrier = start, found: list[str] = found
        ) -> None:
            start.wait()
            found.append(said(folder).secret_key)

        threads = [threading.Thread(target=one) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 4
        assert len(set(found)) == 1
        assert found[0]


def test_an_empty_key_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "secret-key").touch()
    with pytest.raises(SettingsError, match="secret-key is empty"):
        said(tmp_path)


def test_a_folder_that_is_none_has_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="LMS_VAR is a folder of ours"):
        said(tmp_path / "file" / "var")


def test_a_command_with_a_wrong_setting_is_one_sentence_and_status_2(tmp_path: Path) -> None:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("LMS_")}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "jobs", "list"], check=False, cwd=ROOT, capture_output=True, text=True,
        env=environ | {"LMS_VAR": str(tmp_path), "LMS_PORT": "x"},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "LMS_PORT is a number between 1 and 65535, not 'x'\n"
