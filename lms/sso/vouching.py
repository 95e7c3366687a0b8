"""Whether a provider that is trusted for it says of somebody that they showed two factors."""

from collections.abc import Mapping
from typing import Any

#: What ``amr`` may say (RFC 8176) that is one factor, or none; and levels that promise nothing.
ALONE = frozenset({
    "pwd", "pin", "otp", "sms", "tel", "hwk", "swk", "pop", "sc", "face", "fpt", "iris", "retina", "vbm", "kba", "geo", "rba",
    "user", "wia", "0", "1",
})  # fmt: skip


def says_two_factors(trusted: str, claims: Mapping[str, Any]) -> bool:
    """Whether one of the values ``trusted`` (with spaces between) stands in ``acr`` or ``amr``.

    Both are of the signed token alone: what userinfo says of them is not among ``claims``.
    """
    methods = claims.get("amr")
    said = [claims.get("acr"), *(methods if isinstance(methods, list) else [methods])]
    return not set(trusted.split()).isdisjoint(one for one in said if isinstance(one, str))
