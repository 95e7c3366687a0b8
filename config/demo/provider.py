"""The demo's identity provider, on the loopback: ``python -m config.demo.provider [PORT]``.

It stands in for a partner's own (PyPI oidc-provider-mock): whoever comes picks an account, and no password is asked.
Never part of a real installation: ``config.server`` starts it only with ``LMS_ENV=demo``.
"""

import os
import sys
import warnings

PORT = int(os.environ.get("LMS_PORT") or 5000) + 998  #: so that two installations do not meet
SUBJECT = "claude.renard"  #: whom the demo's partner is, over there


def issuer(port: int = PORT) -> str:
    """Its address."""
    return f"http://127.0.0.1:{port}"


def serve(port: int = PORT) -> None:
    """Answer until stopped."""
    with warnings.catch_warnings(record=True):  # the stand-in's own library speaks of its future
        import oidc_provider_mock
        from werkzeug.serving import make_server

    people = [
        oidc_provider_mock.User(
            sub=SUBJECT,
            claims={
                "given_name": "Claude",
                "family_name": "Renard",
                "email": "claude.renard@region.exemple.fr",
            },
        )
    ]
    app = oidc_provider_mock.app(user_claims=people)
    make_server("127.0.0.1", port, app, threaded=True).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]) if len(sys.argv) > 1 else PORT)
