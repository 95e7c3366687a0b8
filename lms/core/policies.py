"""Rules of the pages that belong to no room."""


def may_follow_job(_actor: object, _job: object) -> bool:
    """Whoever asked for the work may follow it, stop it and fetch what it made."""
    return True
