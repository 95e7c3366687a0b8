"""What leaves by the log: ids and nothing else, one object a line, readable in the demo."""

import io
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.settings import ROOT
from lms.core import logs

SECRETS = [
    ("cannot reach postgresql://owner:hunter2@db/lms", "postgresql://owner:"),
    ("smtp: AUTH failed, password=hunter2, giving up", "giving up"),
    ('{"access_token": "hunter2", "kind": "x"}', "kind"),
    ("Authorization: Bearer hunter2.abc-def", ""),
    ("sent Bearer hunter2hunter2 to them", "to them"),
    ("Cookie: kokoroe=hunter2", ""),
    ("550 no such user hunter2@exemple.fr", "550 no such user"),
    ("GET https://a.example/cb?code=hunter2&state=1 failed", "https://a.example/cb"),
    ("GET /reset/x?token=hunter2 HTTP/1.1", "HTTP/1.1"),
    ("duplicate key\nDETAIL:  Key (login)=(hunter2) already exists.\nLINE 1", "duplicate key"),
    ('bad\nCONTEXT:  COPY person, line 2, column name: "hunter2"', "bad"),
]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where this process logs to meanwhile."""
    found, root = io.StringIO(), logging.getLogger()
    level = root.level
    handler = logs.configure("production", found)
    yield found
    assert handler
    root.removeHandler(handler)
    root.setLevel(level)
    for name in ("lms", "lms.requests"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize(("text", "kept"), SECRETS)
def test_no_secret_passes(text: str, kept: str, stream: io.StringIO) -> None:
    assert "hunter2" not in logs.cleaned(text)
    assert kept in logs.cleaned(text)
    try:
        raise OSError(text)
    except OSError:
        logging.getLogger("lms.x").exception("it broke: %s", text, extra={"answer": text})
    assert "hunter2" not in stream.getvalue()


@pytest.mark.parametrize("text", ["12 rows at 10:30", "/cohorts/7/people", "3.2 MiB/s", "état: prêt"])
def test_plain_words_pass(text: str) -> None:
    assert logs.cleaned(text) == text


def test_a_line_is_one_object_whatever_it_says(stream: io.StringIO) -> None:
    logging.getLogger("lms.x").warning("two\nlines %s", "é")
    try:
        raise ValueError("no\nway")
    except ValueError:
        logging.getLogger("another.library").exception("broke")
    first, second = lines(stream)
    assert (first["event"], first["level"], first["logger"]) == ("two\nlines é", "warning", "lms.x")
    assert first["at"].endswith("Z")
    assert "ValueError: no\nway" in second["exception"]


def test_the_work_in_hand_is_named_in_its_lines_alone(stream: io.StringIO) -> None:
    log = logging.getLogger("lms.x")

    def other() -> None:
        log.warning("of another thread")

    with logs.about(job=7, kind="reports.make", tenant=None):
        log.warning("inside")
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    log.warning("outside")
    inside, of_another, outside = lines(stream)
    assert (inside["job"], inside["kind"], "tenant" in inside) == (7, "reports.make", False)
    assert "job" not in of_another
    assert "job" not in outside


def test_a_second_call_takes_the_place_of_the_first(stream: io.StringIO) -> None:
    again = io.StringIO()
    handler = logs.configure("production", again)
    logging.getLogger("lms.x").warning("once")
    assert (stream.getvalue(), len(lines(again))) == ("", 1)
    assert handler
    logging.getLogger().removeHandler(handler)


def test_the_demo_is_read_by_people(stream: io.StringIO) -> None:
    shown = io.StringIO()
    handler = logs.configure("demo", shown)
    logging.getLogger("lms.requests").info("answered")
    logging.getLogger("lms.x").warning("the disk is nearly full", extra={"free": 3})
    assert handler
    logging.getLogger().removeHandler(handler)
    assert "the disk is nearly full" in shown.getvalue()
    assert "free=3" in shown.getvalue()
    assert "answered" not in shown.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(shown.getvalue())


def test_a_command_logs_beside_its_answer(tmp_path: Path) -> None:
    """Standard output is the command's answer alone."""
    code = (
        "import logging; from lms.core import logs; logs.configure('production');"
        "logging.getLogger('lms').warning('aside'); print('{}')"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "{}\n"
    assert json.loads(ran.stderr)["event"] == "aside"


def test_the_web_servers_own_words_have_the_same_shape() -> None:
    code = (
        "import json, logging, logging.config;"
        "logging.config.dictConfig(json.load(open('config/granian-logs.json')));"
        "logging.getLogger('_granian').warning('password=hunter2')"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(ran.stderr)["logger"] == "_granian"
    assert "hunter2" not in ran.stderr
