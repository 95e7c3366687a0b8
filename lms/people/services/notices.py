"""What an account's owner is told by mail when the ways into it change: whoever did not do it learns of it."""

from lms.core import post
from lms.core.clock import now
from lms.core.db import session
from lms.people.models import Account


def tell(account_id: int, what: str, *, address: str = "", subject: str = "") -> None:
    """Mail the owner that ``what`` was done (see ``messages/ways_in.py``), to ``address`` or the account's own, if any.

    ``subject`` is what it was done to: the name of a passkey, an address.
    """
    account = session.get_one(Account, account_id)
    to = address or account.email
    if not to:
        return
    post.send(
        "people.ways_in",
        to,
        {"what": what, "login": account.login, "subject": subject},
        key=f"ways-in/{account_id}/{what}/{now().isoformat()}",
        language=account.language,
        account_id=account_id,
    )
