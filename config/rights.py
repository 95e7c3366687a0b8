"""``python -m config.rights`` writes docs/rights.md: who may do what, in the words of the policies themselves."""

import inspect
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from flask import Flask
from werkzeug.routing import Rule

from config.settings import ROOT, Settings

PAGE = ROOT / "docs/rights.md"
_HEAD = """# Who may do what

Written by `python -m config.rights` from the policies of the rooms and from the routes that name them: change those, not this page.
Before a policy is asked, the page looks for its subject among what the person has in sight; what is not in sight does not exist (404).
Which role gets which answer at which address is the table `tests/house/rights.txt`.
"""


def page(app: Flask) -> str:
    """The whole page, for this application."""
    lines = [_HEAD]
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint in app.view_functions]
    for room in dict.fromkeys(sorted(rule.endpoint.partition(".")[0] for rule in rules)):
        inside = [rule for rule in rules if rule.endpoint.partition(".")[0] == room]
        lines += [f"## {room}\n", *_by_policy(app, inside), *_inside_pages(app, room, inside)]
    return "\n".join(lines).rstrip() + "\n"


def _by_policy(app: Flask, rules: list[Rule]) -> Iterator[str]:
    """Each rule of the room, and the addresses where it holds."""
    found: dict[Callable[..., bool], list[str]] = {}
    for rule in sorted(rules, key=lambda rule: (rule.rule, sorted(rule.methods or ()))):
        policy = vars(app.view_functions[rule.endpoint])["policy"]
        verb = next(iter(sorted({"GET", "POST"} & (rule.methods or set()))), "GET")
        found.setdefault(policy, []).append(f"{verb} `{rule.rule}`")
    for policy in sorted(found, key=lambda one: one.__name__):
        yield f"**{policy.__name__}**: {_words(policy)}\n"
        yield f"{' · '.join(found[policy])}\n"


def _inside_pages(app: Flask, room: str, rules: list[Rule]) -> Iterator[str]:
    """Rules that no address names: pages and services ask them, for a button or a row."""
    module = sys.modules.get(f"lms.{room}.policies")
    named = {vars(app.view_functions[rule.endpoint])["policy"] for rule in rules}
    for policy in _policies(module) if module else ():
        if policy not in named:
            yield f"**{policy.__name__}** (asked inside pages): {_words(policy)}\n"


def _policies(module: ModuleType) -> list[Callable[..., bool]]:
    found = inspect.getmembers(module, inspect.isfunction)
    return [one for name, one in found if name.startswith("may_") and one.__module__ == module.__name__]


def _words(policy: Callable[..., bool]) -> str:
    return " ".join((policy.__doc__ or "").split())


def main() -> int:
    """Write the page; says whether it changed."""
    from lms.app import create_app

    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        app = create_app(
            Settings(
                database_url=f"sqlite:///{var / 'none.db'}", var=var, secret_key="asked for nothing",  # signs nothing  # nosec B106
                base_url="http://localhost", storage_url=f"file://{var}", env="test",
            )
        )  # fmt: skip
        new = page(app)
    changed = not PAGE.exists() or PAGE.read_text("utf-8") != new
    PAGE.write_text(new, "utf-8")
    print(f"{PAGE.relative_to(ROOT)} {'is new' if changed else 'was up to date'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
