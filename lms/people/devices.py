"""A browser, its place and how it came in, in a few words, so that people recognise their own in a list."""

from lms.core.i18n import lazy

_BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrom", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("CrOS", "Chromebook"), ("Mac OS", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def device_of(user_agent: str) -> str:
    """``Firefox, Windows``; empty where nothing is recognised."""
    found = [
        next((name for sign, name in known if sign in user_agent), "") for known in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(filter(None, found))


_WAYS = {
    "password": lazy("password"),
    "card": lazy("access card"),
    "code": lazy("access card"),
    "passkey": lazy("passkey"),
    "sso": lazy("your organisation's sign-in"),
    "invitation": lazy("invitation"),
}


def way_in(method: str) -> str:
    """How a session began, in the reader's language."""
    return str(_WAYS.get(method, method))


def place_of(network: str) -> str:
    """``198.51.100.…`` of ``198.51.100.0/24``: enough to tell home from the office; empty where nothing is known."""
    start = network.partition("/")[0]
    if "." in start:
        return start.rpartition(".")[0] + ".…"
    return start.rstrip(":") + ":…" if ":" in start else ""
