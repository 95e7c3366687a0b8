"""What we announce to identity systems, by the library that speaks SCIM (RFC 7643 and 7644)."""

from functools import cache
from typing import Any

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    ETag,
    Filter,
    InvalidValueException,
    Patch,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
)
from scim2_server.service import ScimService
from scim2_server.utils import load_default_resource_types, load_default_schemas

ROOT = "/scim/v2"  #: where identity systems find us
MOST_RESULTS = 200  #: resources of a page
MOST_OPERATIONS = 100  #: of a bulk request: they share one transaction
LARGEST_BODY = 1024 * 1024  #: bytes; a group of some 10,000 members sent in whole


class Service(ScimService):
    """The protocol; with what no database of ours keeps refused at the door."""

    def read_body(self, model: Any, body: bytes, content_type: str | None, scim_ctx: Any) -> Any:
        if b"\x00" in body or b"\\u0000" in body:
            raise InvalidValueException(detail="A text contains a NUL character, which cannot be kept")
        return super().read_body(model, body, content_type, scim_ctx)


@cache
def service() -> Service:
    """Users and groups with the schemas of RFC 7643, and what of RFC 7644 we do."""
    return Service(
        ScimProvider.from_discovery(
            load_default_schemas().values(),
            load_default_resource_types().values(),
            config=_config(),
            policy=_policy(),
        )
    )


def _config() -> ServiceProviderConfig:
    return ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=True, max_operations=MOST_OPERATIONS, max_payload_size=LARGEST_BODY),
        filter=Filter(supported=True, max_results=MOST_RESULTS),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        change_password=ChangePassword(supported=False),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="The token that an administrator made for the organisation",
                primary=True,
            )
        ],
    )


def _policy() -> ScimPolicy:
    """As the RFC says; but Microsoft Entra removes members by value, and writes to entries that are not there yet."""
    return ScimPolicy(
        remove_value_as_filter=ScimPolicy.RemoveValue.apply,
        unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
    )
