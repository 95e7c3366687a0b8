"""SAML 2.0 spoken to one provider. Takes and gives plain values, touches no database, speaks only through ``core.http``.

The library (pysaml2) takes a second to be loaded, so it is named inside of functions: whoever has no such provider waits for nothing.
"""

import logging

# Its lines hold whole answers, with names and addresses of people. What was wrong stands in our journal.
logging.getLogger("saml2").setLevel(logging.CRITICAL + 1)
