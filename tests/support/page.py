"""A client that behaves like a person: every page it gets is checked, every form it sends was on a page."""

from collections import Counter
from typing import Any

import html5lib
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

_TYPED = {"input", "select", "textarea"}
_SILENT = {"hidden", "submit", "button", "image", "reset"}
_POINTERS = ("aria-labelledby", "aria-describedby", "aria-controls", "for")


class Page:
    """A parsed answer. ``faults()`` is what any page of this house must not have."""

    def __init__(self, response: TestResponse) -> None:
        self.response, self.status = response, response.status_code
        self.html = response.get_data(as_text=True) if "text" in (response.mimetype or "") else ""
        parser = html5lib.HTMLParser(
            tree=html5lib.treebuilders.getTreeBuilder("etree"), namespaceHTMLElements=False
        )
        self.tree = parser.parse(self.html)
        self.errors = parser.errors

    def all(self, tag: str) -> list[Any]:
        """Every element of this name."""
        return list(self.tree.iter(tag))

    def text(self, tag: str) -> str:
        """The words of the first element of this name, spaces folded."""
        found = self.tree.find(f".//{tag}")
        return "" if found is None else " ".join("".join(found.itertext()).split())

    @property
    def words(self) -> str:
        """All that the page says, spaces folded."""
        return self.text("body")

    def links(self) -> list[str]:
        """Where the page leads."""
        return [a.get("href", "") for a in self.all("a")]

    def faults(self) -> list[str]:
        """Every reason for which this page is not good enough."""
        found = [f"html5: {error}" for _place, error, _details in self.errors]
        heads = self.all("h1")
        if len(heads) != 1:
            found.append(f"{len(heads)} h1")
        elif not self.text("title").startswith(self.text("h1")):
            found.append(f"the title {self.text('title')!r} does not start with the h1 {self.text('h1')!r}")
        if not self.tree.get("lang"):
            found.append("no language")
        ids = Counter(e.get("id") for e in self._elements() if e.get("id"))
        found += [f"id {name} {n} times" for name, n in ids.items() if n > 1]
        found += ["image without alt" for image in self.all("img") if image.get("alt") is None]
        found += [f"no label: {field.get('name')}" for field in self._unlabelled()]
        found += [f"a POST form without its token: {f.get('action')}" for f in self._tokenless()]
        return found + self._without_nonce() + self._loud() + self._dangling(set(ids))

    def form(self, action: str = "") -> dict[str, Any]:
        """What the browser would send if nothing were typed in the form whose action ends so."""
        for form in self.all("form"):
            if form.get("action", "").split("?")[0].endswith(action):
                return _values(form)
        raise LookupError(f"no form {action!r} on this page: {[f.get('action') for f in self.all('form')]}")

    def _elements(self) -> list[Any]:
        return [e for e in self.tree.iter() if isinstance(e.tag, str)]

    def _unlabelled(self) -> list[Any]:
        named = {label.get("for") for label in self.all("label")}
        inside = {id(f) for label in self.all("label") for f in label.iter() if f.tag in _TYPED}
        fields = [e for e in self._elements() if e.tag in _TYPED and e.get("type") not in _SILENT]
        return [
            f
            for f in fields
            if f.get("id") not in named
            and id(f) not in inside
            and not (f.get("aria-label") or f.get("aria-labelledby"))
        ]

    def _tokenless(self) -> list[Any]:
        posts = [f for f in self.all("form") if f.get("method", "get").lower() == "post"]
        ours = [
            f for f in posts if f.get("data-relay") is None
        ]  # what another site sent has a proof of its own
        return [f for f in ours if not any(i.get("name") == "csrf_token" for i in f.iter("input"))]

    def _without_nonce(self) -> list[str]:
        policy = self.response.headers.get("Content-Security-Policy", "")
        tags = [e for e in self._elements() if e.tag in ("script", "style")]
        return [
            f"<{e.tag}> without the nonce of its policy"
            for e in tags
            if f"'nonce-{e.get('nonce')}'" not in policy and e.get("type") != "application/json"
        ]

    def _loud(self) -> list[str]:
        loud = [e for e in self._elements() if any(a == "style" or a.startswith("on") for a in e.attrib)]
        return [f"<{e.tag}> with an inline style or script" for e in loud]

    def _dangling(self, ids: set[str]) -> list[str]:
        names = [n for e in self._elements() for a in _POINTERS for n in (e.get(a) or "").split()]
        return [f"points at nothing: {name}" for name in names if name not in ids]


class Visitor:
    """A person with a browser."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.page: Page | None = None

    def get(self, path: str, **options: Any) -> Page:
        """Open an address; redirects are followed. The page must have no fault."""
        return self._seen(self.client.get(path, follow_redirects=True, **options))

    def send(self, action: str, **typed: Any) -> Page:
        """Send the form of the page in hand whose action ends so, with what was typed; redirects are followed."""
        assert self.page is not None
        for form in self.page.all("form"):
            where = form.get("action", "")
            if where.split("?")[0].endswith(action):
                method = form.get("method", "get").lower()
                values = _values(form) | typed
                if method == "post":
                    answer = self.client.post(where, data=values, follow_redirects=True)
                else:
                    answer = self.client.get(where, query_string=values, follow_redirects=True)
                return self._seen(answer)
        raise LookupError(f"no form {action!r} here: {[f.get('action') for f in self.page.all('form')]}")

    def fetch(self, path: str) -> TestResponse:
        """What an address answers, be it a page or a file; no redirect is followed."""
        return self.client.get(path)

    def _seen(self, response: TestResponse) -> Page:
        self.page = page = Page(response)
        if response.mimetype == "text/html":
            assert page.faults() == [], response.request.path
        return page


def _values(form: Any) -> dict[str, Any]:
    found: dict[str, list[str]] = {}
    for field in _fields(form):
        name, kind = field.get("name"), field.get("type", "text")
        if not name or kind in ("submit", "button", "file"):
            continue
        if kind in ("radio", "checkbox") and field.get("checked") is None:
            continue
        found.setdefault(name, []).append(_value(field))
    return {name: one[0] if len(one) == 1 else one for name, one in found.items()}


def _value(field: Any) -> str:
    if field.tag == "textarea":
        return "".join(field.itertext())
    if field.tag == "select":
        options = list(field.iter("option"))
        chosen = [o for o in options if o.get("selected") is not None] or options[:1]
        return str(chosen[0].get("value", "")) if chosen else ""
    return str(field.get("value", "on" if field.get("type") == "checkbox" else ""))


def _fields(form: Any) -> list[Any]:
    return [e for e in form.iter() if e.tag in ("input", "select", "textarea")]
