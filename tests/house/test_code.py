"""What the code of every room owes: names that say something, pure policies, services that never end a transaction."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from config.settings import ROOT
from lms.core import events
from lms.core.kinds import Kind
from tests.house.staircase import STEPS

ROOMS = [ROOT / "lms" / room for room in STEPS]
#: Names under which anything may be hidden.
NOWHERE = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"}
#: What a room's business is made of: it is called inside of a transaction, and never ends one.
BUSINESS = (
    "models",
    "queries",
    "policies",
    "services",
    "events",
    "handlers",
    "privacy",
    "messages",
    "sights",
)
#: A try is written down before it is judged, whatever becomes of the request: its own transaction, as its first lines say.
OWN_TRANSACTION = {"lms/people/services/tries.py"}


def sources(*parts: str) -> Iterator[tuple[str, str, ast.Module]]:
    """Place, text and tree of these files or folders of every room but the core; of all of them where none is named."""
    for room in ROOMS:
        for file in sorted(room.rglob("*.py")):
            inside = file.relative_to(room).parts
            if not parts or (room.name != "core" and inside[0].removesuffix(".py") in parts):
                text = file.read_text(encoding="utf-8")
                yield file.relative_to(ROOT).as_posix(), text, ast.parse(text)


def calls(tree: ast.AST) -> Iterator[str]:
    """Names of what is called, with what stands before the dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            yield ast.unparse(node.func)


def test_names_of_files_say_what_is_in_them() -> None:
    folders = [*ROOT.glob("lms/**/*.py"), *ROOT.glob("tests/**/*.py"), *ROOT.glob("config/**/*.py")]
    hiding = {
        path.relative_to(ROOT).as_posix()
        for path in folders
        if NOWHERE & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}
    }
    assert hiding == set()


def test_a_room_has_one_name_everywhere(app: Flask) -> None:
    """The package, its blueprint, its templates, its tests and its translations are called the same."""
    for room in ROOMS:
        assert (ROOT / "tests" / room.name).is_dir(), room.name
        assert (ROOT / "translations/fr" / f"{room.name}.po").is_file(), room.name
        has_views = (room / "views.py").exists() or (room / "views").is_dir()
        assert has_views == (room.name in app.blueprints), room.name
    assert set(app.blueprints) <= set(STEPS)
    folders = {path.name for path in (ROOT / "templates").iterdir() if path.is_dir()}
    assert folders - {"ui", "layouts"} <= set(STEPS)


def test_a_rooms_templates_are_shown_by_that_room() -> None:
    """A page of another room's folder would be a second place to look for it."""
    strange = [
        (place, name)
        for place, text, _tree in sources()
        for name in re.findall(r"[\"']([a-z_]+)/[\w/]+\.html[\"']", text)
        if name in STEPS and STEPS[name] > STEPS[place.split("/")[1]]
    ]
    assert strange == []


def test_policies_are_pure_and_say_their_rule() -> None:
    """``may_<verb>(actor, subject) -> bool``: no session, no statement, no request; the docstring is the rule."""
    faults = []
    for place, _text, tree in sources("policies"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {getattr(node, "module", "") or "", *(alias.name for alias in node.names)}
                if names & {"session", "db", "select"} or any(
                    n.startswith(("flask", "sqlalchemy")) for n in names
                ):
                    faults.append(f"{place}:{node.lineno} imports {', '.join(sorted(names))}")
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                said = ast.unparse(node.returns) if node.returns else ""
                if not node.name.startswith("may_") or said != "bool" or not ast.get_docstring(node):
                    faults.append(f"{place}:{node.lineno} {node.name} -> {said}")
    assert faults == []


def test_business_never_begins_or_ends_a_transaction() -> None:
    ending = re.compile(r"(session|db)\.(commit|rollback|begin|transaction)$")
    faults = [
        f"{place} calls {name}"
        for place, _text, tree in sources(*BUSINESS)
        for name in calls(tree)
        if ending.search(name) and place not in OWN_TRANSACTION
    ]
    assert faults == []


def test_a_flush_says_why() -> None:
    mute = []
    for place, text, _tree in sources():
        lines = text.splitlines()
        for number, line in enumerate(lines, 1):
            if "session.flush()" in line and "#" not in line + lines[number - 2].partition("#")[1]:
                mute.append(f"{place}:{number}")
    assert mute == []


def test_nobody_points_up_by_a_relationship() -> None:
    """Rows are found by statements: a ``backref`` would give a lower room's class something of a higher one."""
    assert [
        place
        for place, _text, tree in sources()
        for name in calls(tree)
        if name.split(".")[-1] in ("relationship", "backref")
    ] == []


def test_only_views_know_who_is_there() -> None:
    knowing = {
        place
        for place, text, _tree in sources()
        if "current_user" in text and not re.match(r"lms/\w+/views", place)
    }
    assert knowing == {"lms/core/web.py"}


def test_events_are_frozen_facts_with_words() -> None:
    found = [one for one in events.Event.__subclasses__() if one.__module__.startswith("lms.")]
    assert found
    for one in found:
        assert vars(one)["__dataclass_params__"].frozen, one
        assert (one.__doc__ or "").strip(), one
        assert not (one.__doc__ or "").startswith(f"{one.__name__}("), f"{one} has no words of its own"
        assert re.search(r"(ed|en|ne|de|wn)$", one.__name__), f"{one.__name__}: a fact, in the past tense"
        assert one.__module__.endswith(".events"), one


def test_tables_say_what_they_hold(app: Flask) -> None:
    from lms.core.db import Model

    mute = [
        mapper.class_.__name__
        for mapper in Model.registry.mappers
        if not (mapper.class_.__doc__ or "").strip()
    ]
    assert mute == []


def test_an_unknown_word_in_a_template_is_an_error(app: Flask) -> None:
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError), app.test_request_context():
        app.jinja_env.from_string("{{ there_is_no_such_word }}").render()


def kinds() -> list[type[Kind]]:
    """Every member of every family of the house."""
    families = [one for one in Kind.__subclasses__() if one.__module__.startswith("lms.")]
    return [
        kind for one in families for kind in one.registered.values() if kind.__module__.startswith("lms.")
    ]


def test_every_kind_is_documented_and_whole(app: Flask) -> None:
    """Its docstring, a name that may stand in an address or a row, and every verb that its family asks for."""
    assert len(kinds()) > 20
    for kind in kinds():
        assert "__doc__" in vars(kind), kind
        assert kind.__doc__, kind
        assert re.fullmatch(r"[^\W\d_][\w.-]*", kind.name), kind
        assert kind.name.islower(), kind
        family = next(one for one in kind.__mro__ if Kind in one.__bases__)
        for name, verb in inspect.getmembers(family, inspect.isfunction):
            if "raise NotImplementedError" in inspect.getsource(verb):
                assert getattr(kind, name) is not verb, f"{kind.__name__}.{name}"


#: Where the contract of each family stands: tried over every member.
CONTRACTS = {
    "ActivityKind": "tests/courses/test_activities.py",
    "Belonging": "tests/house/test_kinds.py",
    "Checkup": "tests/core/test_doctor.py",
    "Condition": "tests/enrolment/test_conditions.py",
    "CourseSight": "tests/house/test_kinds.py",
    "Directory": "tests/house/test_kinds.py",
    "Door": "tests/house/test_kinds.py",
    "Fence": "tests/house/test_kinds.py",
    "Handover": "tests/house/test_handover.py",
    "Holding": "tests/house/test_privacy.py",
    "Importer": "tests/house/test_kinds.py",
    "Layout": "tests/enrolment/test_layouts.py",
    "Message": "tests/core/test_messages.py",
    "Panel": "tests/house/test_kinds.py",
    "Profile": "tests/sso/test_public_providers.py",
    "Report": "tests/reports/test_contract.py",
    "Sight": "tests/house/test_kinds.py",
    "Traced": "tests/enrolment/test_undo.py",
    "UndoObjection": "tests/enrolment/test_undo.py",
    "Weight": "tests/house/test_kinds.py",
}


def test_every_family_has_its_contract() -> None:
    families = {one.__name__ for one in Kind.__subclasses__() if one.__module__.startswith("lms.")}
    assert families == set(CONTRACTS)
    for family, file in CONTRACTS.items():
        assert f"{family}.registered" in Path(ROOT / file).read_text(encoding="utf-8"), family
