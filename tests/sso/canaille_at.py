"""canaille, a whole identity server, on the loopback: ``python -m tests.sso.canaille_at PORT CALLBACK AFTER``.

One person (camille) and one client (kokoroe), kept in memory. It shows its own pages: who are you, your password, do you agree.
"""

import datetime as dt
import sys
import warnings

from joserfc.jwk import RSAKey

SECRET = "a secret that is long enough for anybody"
PASSWORD = "a password of the tests"


def main(port: int, callback: str, after: str) -> None:
    """Answer until stopped; says ``ready`` first."""
    warnings.simplefilter("ignore")
    from canaille import create_app
    from canaille.app import models
    from canaille.backends import Backend
    from werkzeug.serving import make_server

    key = RSAKey.generate_key(2048, auto_kid=True)
    app = create_app(
        {
            "SECRET_KEY": "for tests only",
            "SERVER_NAME": f"127.0.0.1:{port}",
            "PREFERRED_URL_SCHEME": "http",
            "CANAILLE": {"DATABASE": "memory", "HTMX": False, "LOGGING": {"version": 1}},
            "CANAILLE_OIDC": {"ACTIVE_JWKS": [key.as_dict(private=True)], "TRUSTED_DOMAINS": []},
        }
    )
    with app.app_context():
        camille = models.User(
            user_name="camille", given_name="Camille", family_name="Roux", formatted_name="Camille Roux",
            emails=["camille@region.example"], password=PASSWORD,
        )  # fmt: skip
        Backend.instance.save(camille)
        client = models.Client(
            client_id="kokoroe", client_secret=SECRET, client_name="Kokoroe", client_uri="https://kokoroe.example",
            client_id_issued_at=dt.datetime.now(dt.UTC), redirect_uris=[callback], post_logout_redirect_uris=[after],
            grant_types=["authorization_code"], response_types=["code"], scope=["openid", "profile", "email"],
            token_endpoint_auth_method="client_secret_basic",
        )  # fmt: skip
        Backend.instance.save(client)
        client.audience = [client]
        Backend.instance.save(client)
    server = make_server("127.0.0.1", port, app, threaded=True)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
