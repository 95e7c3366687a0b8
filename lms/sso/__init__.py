"""Signing in by somebody else's word: a partner's identity provider, set up per organisation."""
