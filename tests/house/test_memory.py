"""No process remembers what another one needs: what lives longer than a request is listed here, with the reason why it may.

Any number of web servers and workers answer for one installation. A throttle, a session or a count that one of them kept to
itself would hold for every n-th request only; such things are rows, or stand in the signed cookie.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from config.settings import ROOT

_FOUND_AT_START = "found by a folder scan, alike in every process"
_OF_THE_SETTINGS = "what the settings name, opened once"
_OF_THE_CODE = "worked out from the code and its files alone: the same everywhere, and never out of date"
_OF_THE_TEXT = "worked out from its arguments alone"
_OF_THE_THREAD = "who is spoken to, for the time of a request or a mail"
_OF_THE_PROCESS = "about this very process"
#: ``place: name`` -> why each process may have its own.
MAY = {
    "lms/api/scim.py: service": _OF_THE_CODE,
    "lms/assessment/wording.py: _long": _OF_THE_TEXT,
    "lms/assessment/wording.py: _short": _OF_THE_TEXT,
    "lms/certificates/document.py: _templates": _OF_THE_CODE,
    "lms/certificates/style.py: on_paper": _OF_THE_CODE,
    "lms/certificates/style.py: on_screen": _OF_THE_CODE,
    "lms/core/acting.py: _find": _FOUND_AT_START,
    "lms/core/assets.py: _icons": _OF_THE_CODE,
    "lms/core/assets.py: _names": _OF_THE_CODE,
    "lms/core/assets.py: _pointer": _OF_THE_CODE,
    "lms/core/carrier.py: _at_work": _OF_THE_PROCESS,
    "lms/core/carrier.py: _lease": _OF_THE_SETTINGS,
    "lms/core/db.py: _engines": _OF_THE_SETTINGS,
    "lms/core/db.py: _replica": _OF_THE_SETTINGS,
    "lms/core/events.py: _handlers": _FOUND_AT_START,
    "lms/core/files.py: _storage": _OF_THE_SETTINGS,
    "lms/core/i18n.py: _day": _OF_THE_TEXT,
    "lms/core/i18n.py: _number": _OF_THE_TEXT,
    "lms/core/i18n.py: _reader": _OF_THE_THREAD,
    "lms/core/i18n.py: reader": _OF_THE_CODE,
    "lms/core/jobs.py: leaving": _OF_THE_PROCESS,
    "lms/core/jobs.py: tasks": _FOUND_AT_START,
    "lms/core/metrics.py: _answered": "counted a process each, and added up in a folder that they share",
    "lms/core/pdf/look.py: _family": _OF_THE_CODE,
    "lms/core/pdf/look.py: _usual": _OF_THE_CODE,
    "lms/core/pdf/pool.py: _idle": _OF_THE_PROCESS,
    "lms/core/pdf/pool.py: _lock": _OF_THE_PROCESS,
    "lms/core/pdf/pool.py: _slots": _OF_THE_PROCESS,
    "lms/core/post.py: example": _OF_THE_CODE,
    "lms/core/retention.py: _chosen": _FOUND_AT_START,
    "lms/core/schedule.py: duties": _FOUND_AT_START,
    "lms/core/working_days.py: _closed": _OF_THE_TEXT,
    "lms/courses/markdown.py: _line": _OF_THE_TEXT,
    "lms/courses/markdown.py: _page": _OF_THE_TEXT,
    "lms/enrolment/reading/lines.py: plain_name": _OF_THE_TEXT,
    "lms/notifications/worded.py: _known": _OF_THE_CODE,
    "lms/notifications/worded.py: places": _OF_THE_CODE,
    "lms/people/hashing.py: _line": "who hashes in this process, on its share of the cores; it counts nobody's tries",
    "lms/people/hashing.py: _making": _OF_THE_PROCESS,
    "lms/people/leaked.py: _lists": _OF_THE_CODE,
    "lms/people/weakness.py: _common": _OF_THE_CODE,
    "lms/people/words.py: all_words": _OF_THE_CODE,
    "lms/reports/scope.py: _level": _OF_THE_TEXT,
}

_CONTAINERS = {
    "dict", "list", "set", "defaultdict", "OrderedDict", "Counter", "deque", "ChainMap", "WeakKeyDictionary",
    "WeakValueDictionary", "WeakSet", "Event", "Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "local",
    "Queue", "SimpleQueue", "ContextVar", "count", "LRUCache",
}  # fmt: skip
_CACHES = {"lru_cache", "cache", "cached"}


def _called(node: ast.AST | None) -> str:
    """``threading.Lock()`` -> ``Lock``."""
    target = node.func if isinstance(node, ast.Call) else node
    if isinstance(target, ast.Subscript):
        target = target.value
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def _is_memory(value: ast.AST | None) -> bool:
    if isinstance(value, ast.Dict | ast.List | ast.Set):
        return not (value.keys if isinstance(value, ast.Dict) else value.elts)
    if not isinstance(value, ast.Call) or _called(value) not in _CONTAINERS:
        return False
    return not value.args or _called(value) not in (
        "dict",
        "list",
        "set",
    )  # these, filled, are tables of ours


def _names(tree: ast.Module) -> Iterator[str]:
    bodies = [tree.body, *(node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
    for statement in (one for body in bodies for one in body):
        if isinstance(statement, ast.Assign | ast.AnnAssign) and _is_memory(statement.value):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            yield from (one.id for one in targets if isinstance(one, ast.Name))
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield from node.names
        elif isinstance(node, ast.FunctionDef) and _CACHES & {_called(one) for one in node.decorator_list}:
            yield node.name


def _remembered(root: Path) -> set[str]:
    return {
        f"{path.relative_to(root).as_posix()}: {name}"
        for path in (root / "lms").rglob("*.py")
        for name in _names(ast.parse(path.read_text(encoding="utf-8")))
    }


def test_whatever_a_process_remembers_was_thought_of() -> None:
    found = _remembered(ROOT)
    assert sorted(found - set(MAY)) == [], (
        "keep it in the database; or say in MAY why each process may have its own"
    )
    assert sorted(set(MAY) - found) == [], "it is gone: take it out of MAY"


def test_a_new_memory_is_seen(tmp_path: Path) -> None:
    room = tmp_path / "lms" / "people"
    room.mkdir(parents=True)
    (room / "tries.py").write_text(
        "from functools import lru_cache\n"
        "FAILURES: dict[str, int] = {}\nLIMITS = {'a': 1}\nwords = list('abc')\n"
        "class Gate:\n    waiting = []\n\n    @lru_cache(maxsize=9)\n    def who(self): ...\n"
        "def count():\n    global total\n    total += 1\n",
        encoding="utf-8",
    )
    seen = {name.rpartition(" ")[2] for name in _remembered(tmp_path)}
    assert seen == {"FAILURES", "waiting", "who", "total"}
