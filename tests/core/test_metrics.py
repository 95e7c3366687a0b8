"""``/metrics``: who may read it, what it says of work that waits, and that several processes are one figure."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.settings import ROOT, Settings
from lms.core import beats, db
from lms.core.clock import now
from lms.core.db import session
from lms.core.jobs import Job
from lms.core.post import Mail
from tests.core import probe

TOKEN = "a token that is long enough"


def figures(client: FlaskClient, **headers: str) -> dict[str, float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    lines = [line for line in answer.get_data(as_text=True).splitlines() if not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


@pytest.mark.parametrize(
    ("token", "peer", "headers", "status"),
    [
        ("", "127.0.0.1", {}, 200),
        ("", "127.0.0.1", {"X-Forwarded-For": "198.51.100.7"}, 404),
        ("", "198.51.100.7", {}, 404),
        ("", "198.51.100.7", {"Authorization": "Bearer "}, 404),
        ("", "198.51.100.7", {"Authorization": "Bearer é"}, 404),
        (TOKEN, "198.51.100.7", {"Authorization": f"Bearer {TOKEN}"}, 200),
        (TOKEN, "198.51.100.7", {"Authorization": f"bearer {TOKEN}"}, 200),
        (TOKEN, "198.51.100.7", {"Authorization": f"Basic {TOKEN}"}, 404),
        (TOKEN, "198.51.100.7", {"Authorization": f"Bearer {TOKEN}x"}, 404),
        (TOKEN, "198.51.100.7", {}, 404),
    ],
)
def test_figures_are_for_this_machine_and_for_the_token(
    app: Flask, settings: Settings, token: str, peer: str, headers: dict[str, str], status: int
) -> None:
    with probe.application(settings, metrics_token=token) as made:
        client = made.test_client()
        answer = client.get("/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": peer})
        assert answer.status_code == status


def test_what_waits_is_counted_and_its_age_told(app: Flask) -> None:
    old = now() - timedelta(seconds=120)
    with db.transaction():
        session.add_all(
            [
                Job(kind="a", run_at=old),
                Job(kind="a", run_at=now()),
                Job(kind="a", run_at=now() + timedelta(hours=1)),  # not due yet
                Job(kind="a", state="failed", run_at=old),
                Job(kind="a", state="done", run_at=old),
                Mail(key="1", kind="a", address="a@b.fr", due_at=old),
                Mail(key="2", kind="a", address="a@b.fr", state="sent", due_at=old),
            ]
        )
    beats.beat("host:1")
    said = figures(app.test_client())
    assert said['kokoroe_jobs{state="waiting"}'] == 2
    assert said['kokoroe_jobs{state="failed"}'] == 1
    assert said['kokoroe_mails{state="waiting"}'] == 1
    assert 119 < said["kokoroe_oldest_job_seconds"] < 180
    assert 119 < said["kokoroe_oldest_mail_seconds"] < 180
    assert said["kokoroe_workers"] == 1
    assert 0 <= said["kokoroe_last_beat_seconds"] < 60
    assert said["kokoroe_database_up"] == 1
    assert 0 < said["kokoroe_disk_free_bytes"] < said["kokoroe_disk_bytes"]


def test_nothing_that_waits_is_nought(app: Flask) -> None:
    said = figures(app.test_client())
    assert (said["kokoroe_oldest_job_seconds"], said['kokoroe_jobs{state="waiting"}']) == (0, 0)
    assert "kokoroe_last_beat_seconds" not in said, "nobody ever worked here"


def test_a_database_that_is_away_is_a_figure(app: Flask, settings: Settings) -> None:
    with probe.application(settings, database_url="postgresql+psycopg://nobody@127.0.0.1:1/none") as made:
        said = figures(made.test_client())
    assert said["kokoroe_database_up"] == 0
    assert "kokoroe_workers" not in said


def test_requests_are_counted_by_route_and_never_by_what_was_typed(app: Flask) -> None:
    client = app.test_client()
    before = figures(client)
    for path in ("/jobs/1", "/jobs/2", "/nowhere/1", "/nowhere/2"):
        client.get(path)
    client.open("/display", method="BREW")
    after = figures(client)
    grown = {name: after[name] - before.get(name, 0) for name in after if "requests_total" in name}
    assert grown['kokoroe_requests_total{method="GET",route="/jobs/<int:job_id>",status="302"}'] == 2
    assert grown['kokoroe_requests_total{method="GET",route="-",status="404"}'] == 2
    assert [name for name in grown if 'method="other"' in name]
    assert not [name for name in grown if "BREW" in name or "/nowhere" in name]
    took = 'kokoroe_request_seconds_count{room="core"}'
    assert after[took] > before.get(took, 0)


def test_processes_are_added_up_even_those_that_are_gone(tmp_path: Path) -> None:
    environ = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    count = "from lms.core import metrics; metrics.count('GET', 'core', '/', 200, 0.1)"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", count], cwd=ROOT, env=environ, check=True)
    read = (
        "from prometheus_client import CollectorRegistry, generate_latest;"
        "from prometheus_client.multiprocess import MultiProcessCollector;"
        "r = CollectorRegistry(); MultiProcessCollector(r); print(generate_latest(r).decode())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", f"{count}; {read}"],
        cwd=ROOT,
        env=environ,
        check=True,
        capture_output=True,
        text=True,
    )
    assert 'kokoroe_requests_total{method="GET",route="/",status="200"} 3.0' in ran.stdout
    assert 'kokoroe_request_seconds_count{room="core"} 3.0' in ran.stdout
