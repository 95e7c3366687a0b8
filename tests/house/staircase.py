"""What the walkers of the house know: the rooms in their order, and a subject for every kind of address."""

from flask import Flask
from werkzeug.routing import Rule

from lms.app import ROOMS
from tests.support.worlds import World

#: Position of each room on the staircase; rooms on one step do not know each other.
STEPS = {name.removeprefix("lms."): n for n, name in enumerate(ROOMS)}


def room_of(module: str) -> str:
    """``lms.people.models`` -> ``people``."""
    return module.split(".")[1]


def rules(app: Flask, method: str) -> list[Rule]:
    """Every route that answers this method to people; those for programs are tried by themselves."""
    found = [
        rule
        for rule in app.url_map.iter_rules()
        if method in (rule.methods or ()) and rule not in for_machines(app)
    ]
    return sorted(found, key=lambda rule: rule.rule)


def for_machines(app: Flask) -> list[Rule]:
    """Every route for programs: it knows no cookie and no form."""
    return [
        rule
        for rule in app.url_map.iter_rules()
        if hasattr(app.view_functions[rule.endpoint], "is_for_machines")
    ]


def subjects(app: Flask, world: World) -> dict[str, object]:
    """For each name of a URL parameter, something of the first tenant. A new kind of subject is added here once."""
    from tests.house import seeds

    return seeds.subjects(world)


def addresses(app: Flask, world: World, method: str) -> list[tuple[Rule, str]]:
    """Every route of this method with its parameters filled. An unknown parameter is a KeyError: nobody forgets."""
    known, urls = subjects(app, world), app.url_map.bind("localhost")
    return [
        (rule, urls.build(rule.endpoint, {name: known[key(rule, name)] for name in rule.arguments}, method))
        for rule in rules(app, method)
    ]


def key(rule: Rule, name: str) -> str:
    """The subject of a parameter. Two rooms may both say ``slug``: then the room's name goes before it."""
    from tests.house import seeds

    full = f"{rule.endpoint.split('.')[0]}.{name}"
    return full if full in seeds.NAMES else name
