"""Names for partners who are not to know who somebody is."""

import base64
import hashlib
import hmac

from config import settings


def pseudonym(tenant_id: int, reader_id: int, of: str, number: int) -> str:
    """A name that stays the same for this reader, and means nothing to another: ``P-7K3M9QX2AB``.

    Two partners cannot join their lists by it, and nobody finds the person without the installation's key.
    """
    key = f"kokoroe/pseudonym/{settings.current().secret_key}".encode()
    digest = hmac.new(key, f"{tenant_id}/{reader_id}/{of}/{number}".encode(), hashlib.sha256).digest()
    return f"{of}-{base64.b32encode(digest)[:10].decode()}"
