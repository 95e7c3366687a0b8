"""Makes ``static/dist/`` from our sources and the npm packages: ``python -m config.assets``.

Copies, minifies lightly, puts a hash in every served name, compresses beside, and writes ``manifest.json`` and
``icons.json``, which ``lms.core.assets`` reads. Also cuts the two TrueType files that PDFs embed, since xhtml2pdf
reads no woff2. A second run with the same inputs does nothing.
"""

import gzip
import hashlib
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "static"
DIST = SOURCES / "dist"
NPM = ROOT / "node_modules"
FONT = NPM / "@fontsource-variable/atkinson-hyperlegible-next"
ICONS = NPM / "@tabler/icons"
#: Served name of a font file and the subset it holds.
FONTS = {"atkinson.woff2": "latin", "atkinson-ext.woff2": "latin-ext"}
#: The static instances for PDFs: file name and weight.
INSTANCES = {"kokoroe-regular.ttf": 400, "kokoroe-bold.ttf": 700}
#: The parts of ``app.css``, in their order; any other sheet is served by itself.
STYLES = ("tokens", "frame", "parts", "forms", "lists", "learn", "screens", "print")
COMPRESSED = {".css", ".js", ".svg", ".txt"}


class AssetsError(Exception):
    """The build cannot go on; the text says what is missing and what to do."""


def main() -> int:
    """Build unless nothing has changed; exit status 1 with a sentence when something is missing."""
    try:
        done = build()
    except AssetsError as error:
        print(error, file=sys.stderr)
        return 1
    print("Assets built." if done else "Assets are up to date.", file=sys.stderr)
    return 0


def build() -> bool:
    """Make ``static/dist/``; False when it was already up to date."""
    if not FONT.is_dir() or not ICONS.is_dir():
        raise AssetsError("The npm packages are missing. Run: npm ci --ignore-scripts")
    digest = _digest(_inputs())
    kept = _read_json(DIST / "manifest.json")
    if kept.get("inputs") == digest and all((DIST / name).is_file() for name in _made(kept)):
        return False
    DIST.mkdir(parents=True, exist_ok=True)
    font_digest = _digest([Path(__file__), *_font_files()])
    if kept.get("fonts") != font_digest or not all((DIST / "fonts" / name).is_file() for name in INSTANCES):
        _cut_fonts()
    files = dict(_served())
    (DIST / "icons.json").write_text(json.dumps(_symbols(), separators=(",", ":")), "utf-8")
    manifest: dict[str, object] = {"inputs": digest, "fonts": font_digest, "files": files}
    _sweep(set(_made(manifest)))
    (DIST / "manifest.json").write_text(json.dumps(manifest, indent=1), "utf-8")
    return True


def _inputs() -> list[Path]:
    ours = [p for p in SOURCES.rglob("*") if p.is_file() and DIST not in p.parents]
    return sorted([Path(__file__), ROOT / "package-lock.json", *ours])


def _font_files() -> list[Path]:
    return [_font_file(subset) for subset in FONTS.values()]


def _font_file(subset: str) -> Path:
    return FONT / f"files/atkinson-hyperlegible-next-{subset}-wght-normal.woff2"


def _digest(paths: list[Path]) -> str:
    seen = hashlib.sha256()
    for path in paths:
        seen.update(f"{path.relative_to(ROOT)}\0".encode())
        seen.update(path.read_bytes())
    return seen.hexdigest()


def _read_json(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _made(manifest: dict[str, object]) -> list[str]:
    files = manifest.get("files")
    names = list(files.values()) if isinstance(files, dict) else []
    return [*names, "icons.json", "manifest.json", *(f"fonts/{name}" for name in INSTANCES)]


def _served() -> Iterator[tuple[str, str]]:
    """Write each served file under its hashed name; what others name comes before them."""
    names: dict[str, str] = {}
    for name, content in _contents():
        content = _with_hashed_names(content, names) if name.endswith((".css", ".js")) else content
        names[name] = _write(name, content)
        yield name, names[name]


def _contents() -> Iterator[tuple[str, bytes]]:
    for name, subset in FONTS.items():
        yield name, _font_file(subset).read_bytes()
    for path in sorted((SOURCES / "img").glob("*.svg")):
        yield path.name, path.read_bytes()
    styles = {path.stem: path.read_text("utf-8") for path in (SOURCES / "css").glob("*.css")}
    yield "app.css", _minified_css("\n".join(styles.pop(name) for name in STYLES)).encode()
    for name, text in sorted(styles.items()):
        yield f"{name}.css", _minified_css(text).encode()
    scripts = sorted((SOURCES / "js").glob("*.js"), key=lambda p: (p.name == "app.js", p.name))
    for path in scripts:
        yield path.name, _minified_js(path.read_text("utf-8")).encode()
    yield "licences.txt", _licences().encode()


def _with_hashed_names(content: bytes, names: dict[str, str]) -> bytes:
    """``"./table.js"`` and ``url("atkinson.woff2")`` become the names that are served."""

    def hashed(found: re.Match[bytes]) -> bytes:
        served = names.get(found[2].decode())
        return found[0] if served is None else found[1] + served.encode() + found[3]

    return re.sub(rb"""(["'](?:\./)?)([\w-]+\.\w+)(["'])""", hashed, content)


def _write(name: str, content: bytes) -> str:
    stem, _, suffix = name.rpartition(".")
    served = f"{stem}.{hashlib.sha256(content).hexdigest()[:8]}.{suffix}"
    (DIST / served).write_bytes(content)
    if f".{suffix}" in COMPRESSED:
        (DIST / f"{served}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
    return served


def _sweep(keep: set[str]) -> None:
    keep |= {f"{name}.gz" for name in keep}
    for path in DIST.rglob("*"):
        if path.is_file() and path.relative_to(DIST).as_posix() not in keep:
            path.unlink()


def _minified_css(text: str) -> str:
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" ?([{};,]) ?", r"\1", text)
    return re.sub(r":\s+", ":", text).replace(";}", "}").strip() + "\n"


def _minified_js(text: str) -> str:
    """Without comments that stand on their own lines, blank lines and indentation: gzip does the rest."""
    text = re.sub(r"^\s*/\*.*?\*/\s*$", "", text, flags=re.S | re.M)
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def _symbols() -> dict[str, str]:
    """The strokes of each icon named in ``static/icons.txt``."""
    names = (SOURCES / "icons.txt").read_text("utf-8").split()
    return {name: _strokes(name) for name in names}


def _strokes(name: str) -> str:
    path = ICONS / "icons/outline" / f"{name}.svg"
    if not path.is_file():
        raise AssetsError(f"static/icons.txt names “{name}”, which @tabler/icons does not have.")
    body = re.sub(r"^.*?<svg[^>]*>|</svg>.*$", "", path.read_text("utf-8"), flags=re.S)
    shapes = re.findall(r"<\w+[^>]*/>", body)
    return "".join(re.sub(r"\s*/>$", "/>", s) for s in shapes if 'stroke="none"' not in s)


def _licences() -> str:
    """The licences of what we serve, as they ask for."""
    parts = ["What this site serves and did not write itself, with its licences.\n"]
    for package in sorted(["@fontsource-variable/atkinson-hyperlegible-next", "@tabler/icons"]):
        version = _read_json(NPM / package / "package.json").get("version")
        text = (NPM / package / "LICENSE").read_text("utf-8")
        parts.append(f"{'=' * 72}\n{package} {version}\n{'=' * 72}\n{text}")
    return "\n".join(parts)


def _cut_fonts() -> None:
    """Static TrueType files of both Latin subsets: names such as Şahin or Łukasz are printed too."""
    import logging

    logging.getLogger("fontTools").setLevel(logging.ERROR)
    (DIST / "fonts").mkdir(exist_ok=True)
    for name, weight in INSTANCES.items():
        (DIST / "fonts" / name).write_bytes(_instance(weight))


def _instance(weight: int) -> bytes:
    from fontTools.merge import Merger

    merged = Merger().merge([_static(subset, weight) for subset in FONTS.values()])
    family, style = "Kokoroe Sans", "Bold" if weight >= 600 else "Regular"
    for number, text in ((1, family), (2, style), (4, f"{family} {style}"), (6, f"KokoroeSans-{style}")):
        merged["name"].setName(text, number, 3, 1, 0x409)
        merged["name"].setName(text, number, 1, 0, 0)
    out = io.BytesIO()
    merged.save(out)
    return out.getvalue()


def _static(subset: str, weight: int) -> io.BytesIO:
    """One subset at one weight, without layout tables: the PDF library does not read them."""
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    font = instancer.instantiateVariableFont(TTFont(_font_file(subset)), {"wght": weight}, inplace=True)
    for table in ("GSUB", "GPOS", "GDEF", "STAT", "HVAR", "MVAR"):
        if table in font:
            del font[table]
    font.flavor = None
    out = io.BytesIO()
    font.save(out)
    out.seek(0)
    return out


if __name__ == "__main__":
    raise SystemExit(main())
