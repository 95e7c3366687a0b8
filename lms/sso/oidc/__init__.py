"""OpenID Connect spoken to one provider. Takes and gives plain values, touches no database, speaks only through ``core.http``."""
