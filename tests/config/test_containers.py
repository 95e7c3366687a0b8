"""The files of containers, proxies and units: pinned, without rights and secrets, and in step with the settings.

No engine builds them here; what can be judged by reading is judged, and the roles are made on a real server.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import html5lib
import psycopg
import pytest
import sqlalchemy as sa
import yaml
from flask import Flask

from config import programs, settings
from config.settings import ROOT, Settings
from lms.app import _flask
from tests.support import databases, servers

DEPLOY = sorted(path for path in (ROOT / "deploy").rglob("*") if path.is_file())
_SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY")
_PINNED = re.compile(r"[\w./-]+:\d+\.\d+(\.\d+)?(-[\w.-]+)?(@sha256:[0-9a-f]{64})?")


def steps() -> list[tuple[str, str]]:
    """Each instruction of the Dockerfile and its words; lines that go on are joined."""
    text = re.sub(r"(?m)^\s*#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"))
    joined = re.sub(r"\\\n\s*", " ", text)
    found = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [(name.upper(), words.strip()) for name, _, words in found]


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    return found


def services() -> Iterator[tuple[str, dict[str, Any]]]:
    yield from compose()["services"].items()


def last_stage() -> list[tuple[str, str]]:
    found = steps()
    return found[max(n for n, (name, _) in enumerate(found) if name == "FROM") :]


def test_bases_are_pinned_to_a_patch() -> None:
    bases = [words.split()[0] for name, words in steps() if name == "FROM"]
    assert len(bases) == 2
    assert [base for base in bases if not _PINNED.fullmatch(base)] == []
    assert len(set(bases)) == 1, "what was built is run on the same"
    images = {name: one["image"] for name, one in services() if not one["image"].startswith("kokoroe:")}
    assert {name: image for name, image in images.items() if not _PINNED.fullmatch(image)} == {}


def test_the_program_runs_without_rights_and_cannot_change_itself() -> None:
    stage = last_stage()
    users = [words for name, words in stage if name == "USER"]
    assert users == ["kokoroe"]
    made = next(words for name, words in stage if name == "RUN")
    assert "useradd --system" in made
    assert "nologin" in made
    assert not [words for name, words in stage if name == "COPY" and "--chown" in words]
    for name, one in services():
        if one["image"].startswith("kokoroe:"):
            assert (one["read_only"], one["cap_drop"]) == (True, ["ALL"]), name
            assert "no-new-privileges:true" in one["security_opt"], name


def test_no_secret_is_baked_in() -> None:
    for name, words in steps():
        if name in ("ENV", "ARG"):
            assert not _SECRET.search(words), words
    for name, one in services():
        for variable, value in one.get("environment", {}).items():
            if _SECRET.search(variable) or re.search(r"://[^@/]+:[^@]*@", str(value)):
                assert re.search(r"\$\{[A-Z_]+(:[-?][^}]*)?\}", str(value)), f"{name}: {variable}"
                assert not re.search(r"://[^$@/]+:[^$@/]+@", str(value)), f"{name}: {variable}"
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert {".git", ".env", "var", "**/secret-key", "**/*.db"} <= set(ignored)


def test_it_is_asked_whether_it_lives_and_stops_in_good_order() -> None:
    stage = dict(last_stage())
    assert "/healthz" in stage["HEALTHCHECK"]
    assert stage["STOPSIGNAL"] == "SIGTERM"
    assert stage["CMD"].startswith("["), "no shell between the signal and the program"
    for name, one in services():
        assert "healthcheck" in one or one["image"].startswith("kokoroe:"), name
        if one["image"].startswith("kokoroe:"):
            assert int(one["stop_grace_period"].rstrip("s")) > 30, name


def test_what_is_copied_is_there() -> None:
    for name, words in steps():
        if name == "COPY" and "--from" not in words:
            assert [one for one in words.split()[:-1] if not (ROOT / one).exists()] == []
    for name, one in services():
        for volume in one.get("volumes", []):
            source = volume.split(":")[0]
            assert not source.startswith("./") or (ROOT / source).exists(), f"{name}: {source}"
            assert source.startswith("./") or source in compose()["volumes"], f"{name}: {source}"


def test_nothing_listens_to_the_world() -> None:
    ports = {name: one["ports"] for name, one in services() if "ports" in one}
    assert list(ports) == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in ports["web"])


def test_every_setting_that_is_named_exists() -> None:
    known = {f"LMS_{field.name.upper()}" for field in fields(Settings)} | settings.ELSEWHERE
    passwords = {"LMS_APP_PASSWORD", "LMS_WORKER_PASSWORD", "LMS_OWNER_PASSWORD"}  # of roles.sh, not ours
    for path in (ROOT / "Dockerfile", ROOT / "compose.yaml", *DEPLOY):
        said = set(re.findall(r"\bLMS_[A-Z_]*[A-Z]\b", path.read_text("utf-8")))
        assert said - known - passwords == set(), path
    for name, one in services():
        if one["image"].startswith("kokoroe:"):
            assert set(one["environment"]) <= known, name


def test_commands_exist() -> None:
    text = "\n".join(
        path.read_text("utf-8") for path in (ROOT / "Dockerfile", ROOT / "compose.yaml", *DEPLOY)
    )
    for module in set(re.findall(r"-m,? (config\.[\w.]+)", text)) | set(
        re.findall(r'"-m", "(config\.[\w.]+)"', text)
    ):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists(), module
    for name, one in services():
        command = one.get("command", [])
        if "config.server" in command:
            assert command[-1] == name


def test_the_proxies_say_what_we_believe_and_refuse_what_we_refuse() -> None:
    nginx = (ROOT / "deploy/nginx.conf").read_text("utf-8")
    most = int(_flask(Settings(secret_key="k"))["MAX_CONTENT_LENGTH"])  # type: ignore[call-overload]
    assert f"client_max_body_size {most // 1024 // 1024}m" in nginx
    assert f"max_size {most // 1024 // 1024}MB" in (ROOT / "deploy/Caddyfile").read_text("utf-8")
    for header in ("X-Forwarded-For $remote_addr", "X-Forwarded-Proto $scheme", "X-Request-Id $request_id"):
        assert f"proxy_set_header {header};" in nginx
    assert "$request_uri" not in nginx.split("log_format")[1].splitlines()[0], "no query string in the log"
    assert nginx.count("{") == nginx.count("}")


def test_the_page_of_a_proxy_alone_is_a_page() -> None:
    text = (ROOT / "deploy/resting.html").read_text("utf-8")
    html5lib.HTMLParser(strict=True).parse(text)
    assert "<h1>" in text
    assert 'lang="fr"' in text
    assert "http" not in re.sub(r'http-equiv="refresh"', "", text), "it needs nobody"


def test_units_give_work_in_hand_its_time() -> None:
    for path in (ROOT / "deploy/systemd").glob("*.service"):
        unit = dict(re.findall(r"(?m)^(\w+)=(.*)$", path.read_text("utf-8")))
        assert unit["User"] == "kokoroe", path.name
        assert unit["UMask"] == "0077", path.name
        if "config.server" in unit["ExecStart"]:
            assert int(unit["TimeoutStopSec"]) > 35, path.name


def test_scripts_are_sound() -> None:
    for path in DEPLOY:
        if path.suffix == ".sh":
            assert os.access(path, os.X_OK), path
            assert subprocess.run(["sh", "-n", str(path)], check=False).returncode == 0, path


@pytest.mark.postgresql
@pytest.mark.timeout(120)
def test_the_roles_are_those_of_an_installation(app: Flask, request: pytest.FixtureRequest) -> None:
    """Made by the script, given their rights by `flask db upgrade`: the application owns nothing, the workers see queues."""
    said: Settings = request.getfixturevalue("settings")
    tools = programs.postgresql()
    assert tools is not None
    if not (tools / "psql").exists():
        pytest.skip("this PostgreSQL comes without psql")
    with servers.ground() as place:
        servers.initialise(place, "data")
        with servers.running(place, "data") as address:
            parts = sa.make_url(address)
            environ = os.environ | {
                "PATH": f"{tools}:{os.environ['PATH']}", "PGHOST": str(parts.host), "PGPORT": str(parts.port),
                "LMS_OWNER_PASSWORD": "it's", "LMS_APP_PASSWORD": "a", "LMS_WORKER_PASSWORD": "w",
            }  # fmt: skip
            done = subprocess.run(
                [str(ROOT / "deploy/roles.sh")], check=False, env=environ, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
            owner, application, worker = (
                databases.as_role(address, role, "lms") for role in ("lms_owner", "lms_app", "lms_worker")
            )
            settings.use(
                replace(said, database_url=application, owner_database_url=owner, worker_database_url=worker)
            )
            migrated = app.test_cli_runner().invoke(args=["db", "upgrade"])
            settings.use(said)
            assert migrated.exit_code == 0, migrated.output
            _may(
                application,
                "select count(*) from person",
                "create table mine ()",
                "drop table person",
                "truncate person",
            )
            _may(worker, "select count(*) from job", "select count(*) from person")


def _may(url: str, allowed: str, *forbidden: str) -> None:
    plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as server:
        server.execute(allowed)
        for statement in forbidden:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                server.execute(statement)
