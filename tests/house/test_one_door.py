"""What is dangerous goes through one module each: tables, archives, PDF, the outgoing client, mail."""

import ast
from collections.abc import Iterator
from pathlib import Path

from config.settings import ROOT

#: A library, and the places that may import it (a folder ends in a slash; ``*`` ends a beginning).
DOORS = {
    "openpyxl": ["lms/core/tables/"],
    "python_calamine": ["lms/core/tables/"],
    "csv": ["lms/core/tables/"],
    "xlsxwriter": [],
    "pandas": [],
    "zipfile": ["lms/core/archives.py", "lms/core/tables/"],
    "tarfile": ["lms/core/backup/archive.py"],
    "requests": ["lms/core/http.py"],
    "urllib3": ["lms/core/http.py"],
    "urllib.request": [],
    "http.client": [],
    "httpx": [],
    "aiohttp": [],
    "boto3": ["lms/core/buckets.py"],
    "botocore": ["lms/core/buckets.py"],
    "celery": ["lms/core/carrier.py"],
    "kombu": ["lms/core/carrier.py"],
    "redis": [],
    "smtplib": ["lms/core/post*", "lms/core/courier.py"],
    "ftplib": [],
    "xhtml2pdf": ["lms/core/pdf/"],
    "pypdf": ["lms/core/pdf/"],
    "subprocess": ["lms/core/pdf/", "lms/core/backup/postgresql.py"],
    "multiprocessing": [],
    "pickle": [],
    "shelve": [],
    "marshal": [],
    "saml2": ["lms/sso/saml/"],
}


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_within(place: str, doors: list[str]) -> bool:
    return any(place.startswith(door.rstrip("*")) if door[-1] in "/*" else place == door for door in doors)


def _intruders(root: Path) -> list[str]:
    found = []
    for path in sorted((root / "lms").rglob("*.py")):
        place = path.relative_to(root).as_posix()
        for name in set(_imports(ast.parse(path.read_text(encoding="utf-8")))):
            for library, doors in DOORS.items():
                if (name == library or name.startswith(f"{library}.")) and not _is_within(place, doors):
                    found.append(f"{place} imports {name}: go through {', '.join(doors) or 'lms/core'}")
    return found


def test_nobody_goes_round_the_door() -> None:
    assert _intruders(ROOT) == []


def test_an_intruder_is_seen(tmp_path: Path) -> None:
    room = tmp_path / "lms" / "enrolment"
    room.mkdir(parents=True)
    (room / "services.py").write_text(
        "def f():\n    import csv\n    from urllib import request\n", encoding="utf-8"
    )
    (room / "fine.py").write_text("import csvkit\nfrom http import HTTPStatus\n", encoding="utf-8")
    assert sorted(line.split(":")[0] for line in _intruders(tmp_path)) == [
        "lms/enrolment/services.py imports csv",
        "lms/enrolment/services.py imports urllib.request",
    ]
