"""Rules of signing in by a partner's provider: the door is public, what lies behind it is not."""


def may_knock(_actor: object, _provider: object = None) -> bool:
    """Anyone may go to their own provider and come back."""
    return True
