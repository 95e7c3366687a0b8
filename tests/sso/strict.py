"""The three public providers, as strict as the real ones: what those refuse is refused here, with their own codes.

FranceConnect and ProConnect refuse parameters that they do not know, client authentication by header, short nonces, codes
that are used twice or too late, and addresses that were not registered to the letter; France Travail wants its realm in the
query of each question.
"""

import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from joserfc import jwe, jwt
from joserfc.jwk import ECKey, KeySet

from tests.sso.forger import Claims, half, rsa

Sent = dict[str, list[str]]
Answer = tuple[int, Any]


class Refusal(Exception):
    """The real one would refuse: its status, and what it says."""

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.status = code, status


@dataclass
class Code:
    """A code that was given out."""

    asked: dict[str, str]
    until: float
    is_used: bool = False


@dataclass
class Strict:
    """What the three have in common. ``url`` is set once it answers."""

    client_id: str = "a-client-of-theirs"
    secret: str = "a secret of the client that is long enough"
    redirect_uri: str = "http://localhost/sso/public/callback"
    after: str = "http://localhost/sso/public/left"
    url: str = ""
    person: Claims = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    key: Any = field(
        default_factory=lambda: ECKey.generate_key("P-256", {"kid": "fc", "use": "sig", "alg": "ES256"})
    )
    alg: str = "ES256"
    lasts: int = 30  #: seconds for which a code is good
    known: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    logout: frozenset[str] = frozenset()

    @property
    def issuer(self) -> str:
        return f"{self.url}/api/v2"

    def answer(self, path: str, sent: Sent, headers: dict[str, str]) -> Answer:
        """Status and JSON (or a token, or an address to go to)."""
        self.seen.append(path)
        plain = {name.lstrip("?"): values[0] for name, values in sent.items()}
        try:
            if path == "/api/v2/.well-known/openid-configuration":
                return 200, self.metadata()
            if path == "/api/v2/jwks":
                return 200, dict(KeySet([self.key]).as_dict(private=False))
            if path == "/api/v2/authorize":
                return 302, self.authorize(plain)
            if path == "/api/v2/token":
                return self.token(plain, headers)
            if path == "/api/v2/userinfo":
                return 200, self.userinfo(headers)
            if path == "/api/v2/session/end":
                return 302, self.end(plain)
        except Refusal as refusal:
            return refusal.status, {"error": refusal.code, "error_description": refusal.code}
        return 404, {}

    def metadata(self) -> Claims:
        api = self.issuer
        return {
            "issuer": api, "authorization_endpoint": f"{api}/authorize", "token_endpoint": f"{api}/token",
            "jwks_uri": f"{api}/jwks", "userinfo_endpoint": f"{api}/userinfo", "end_session_endpoint": f"{api}/session/end",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        }  # fmt: skip

    def authorize(self, asked: dict[str, str]) -> str:
        """The address to which the browser goes back."""
        if set(asked) - self.known:
            raise Refusal("Y000400")
        if self.required - {name for name, value in asked.items() if value}:
            raise Refusal("Y000400")
        if asked["client_id"] != self.client_id:
            raise Refusal("Y04A586")
        if asked["redirect_uri"] != self.redirect_uri:
            raise Refusal("Y030031")
        wanted = set(asked["scope"].split())
        if "openid" not in wanted or not wanted <= self.scopes or asked["response_type"] != "code":
            raise Refusal("invalid_scope")
        self.judge(asked)
        code = f"code-{len(self.codes)}"
        self.codes[code] = Code(asked, time.time() + self.lasts)
        return f"{self.redirect_uri}?{urlencode({'code': code, 'state': asked['state']} | self.brought())}"

    def judge(self, asked: dict[str, str]) -> None:
        """What only this one wants."""

    def brought(self) -> dict[str, str]:
        """What it gives back besides code and state."""
        return {"iss": self.issuer}

    def token(self, sent: dict[str, str], headers: dict[str, str]) -> Answer:
        if (
            "Authorization" in headers
            or sent.get("client_id") != self.client_id
            or sent.get("client_secret") != self.secret
        ):
            raise Refusal("invalid_client", 401)
        code = self.codes.get(sent.get("code", ""))
        if (
            code is None
            or code.is_used
            or time.time() > code.until
            or sent.get("redirect_uri") != self.redirect_uri
        ):
            raise Refusal("invalid_grant")
        if set(sent) != {"grant_type", "code", "redirect_uri", "client_id", "client_secret"}:
            raise Refusal("invalid_request")
        code.is_used = True
        access = f"access-{sent['code']}"
        self.tokens[access] = (sent["code"], time.time() + 60)
        return 200, {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": 60,
            "id_token": self.signed(self.id_claims(code, access)),
        }

    def id_claims(self, code: Code, access: str) -> Claims:
        now = int(time.time())
        return {
            "iss": self.issuer, "aud": self.client_id, "sub": self.person["sub"], "iat": now, "exp": now + 60,
            "nonce": code.asked["nonce"], "at_hash": half(access), "acr": self.acr(code.asked),
        }  # fmt: skip

    def acr(self, _asked: dict[str, str]) -> str:
        return "eidas1"

    def userinfo(self, headers: dict[str, str]) -> Any:
        """The person as a signed token."""
        code, _until = self._bearer(headers)
        scopes = self.codes[code].asked["scope"].split()
        now = int(time.time())
        shown = {name: value for name, value in self.person.items() if self.shows(name, scopes)}
        return self.signed({"iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 60} | shown)

    def shows(self, name: str, scopes: list[str]) -> bool:
        return name == "sub" or name in scopes

    def signed(self, claims: Claims) -> str:
        return jwt.encode({"alg": self.alg, "kid": self.key.kid}, claims, self.key)

    def end(self, asked: dict[str, str]) -> str:
        if set(asked) != self.logout:
            raise Refusal("Y000400")
        if asked["post_logout_redirect_uri"] != self.after:
            raise Refusal("Y030111")
        jwt.decode(asked["id_token_hint"], self.key, algorithms=[self.alg])
        return f"{self.after}?{urlencode({'state': asked['state']})}"

    def _bearer(self, headers: dict[str, str]) -> tuple[str, float]:
        found = self.tokens.get(headers.get("Authorization", "").removeprefix("Bearer "))
        if found is None or time.time() > found[1]:
            raise Refusal("invalid_token", 401)
        return found


@dataclass
class StrictFranceConnect(Strict):
    """FranceConnect version 2."""

    person: Claims = field(
        default_factory=lambda: {
            "sub": "b6048e95bb134ec5b1d1e1fa69f287172e91722b9354d637a1bcf2ebb0fd2ef5v1", "given_name": "Angela Claire Louise",
            "given_name_array": ["Angela", "Claire", "Louise"], "family_name": "DUBOIS", "birthdate": "1962-08-24",
            "email": "angela@exemple.fr", "gender": "female", "birthplace": "75107", "birthcountry": "99100",
        }
    )  # fmt: skip
    known: frozenset[str] = frozenset(
        {
            "client_id",
            "acr_values",
            "claims",
            "response_type",
            "nonce",
            "state",
            "redirect_uri",
            "scope",
            "prompt",
            "idp_hint",
        }
    )
    required: frozenset[str] = frozenset(
        {"client_id", "acr_values", "response_type", "nonce", "state", "redirect_uri", "scope"}
    )
    scopes: frozenset[str] = frozenset(
        [
            "openid",
            "profile",
            "birth",
            "identite_pivot",
            "email",
            "given_name",
            "family_name",
            "gender",
            "birthdate",
            "birthplace",
            "birthcountry",
            "preferred_username",
            "idp_id",
            "amr",
        ]
    )
    logout: frozenset[str] = frozenset({"id_token_hint", "state", "post_logout_redirect_uri"})
    offered: tuple[str, ...] = ("eidas1",)
    asks_keys: Any = None  #: where our keys are read; None: nothing is encrypted

    def judge(self, asked: dict[str, str]) -> None:
        if asked["acr_values"] not in self.offered or len(asked["nonce"]) < 22:
            raise Refusal("Y000400")

    def acr(self, asked: dict[str, str]) -> str:
        return asked["acr_values"]

    def shows(self, name: str, scopes: list[str]) -> bool:
        return super().shows(name, scopes) or (name == "given_name_array" and "given_name" in scopes)

    def userinfo(self, headers: dict[str, str]) -> Any:
        signed = super().userinfo(headers)
        if self.asks_keys is None:
            return signed
        keys = KeySet.import_key_set(self.asks_keys())
        key = keys.keys[0]
        header = {"alg": "ECDH-ES", "enc": "A256GCM", "cty": "JWT", "kid": key.kid}
        return jwe.encrypt_compact(header, signed, key, algorithms=["ECDH-ES", "A256GCM"])


@dataclass
class StrictProConnect(Strict):
    """ProConnect."""

    person: Claims = field(
        default_factory=lambda: {
            "sub": "pc-4f6a", "given_name": "Angela", "usual_name": "Dubois", "email": "angela.dubois@agence.example", "uid": "adubois",
            "siret": "90000123100019", "idp_id": "fia1", "organization_label": "Agence", "roles": ["agent_public"],
        }
    )  # fmt: skip
    key: Any = field(default_factory=lambda: rsa("pc"))
    alg: str = "RS256"
    lasts: int = 60
    has_two_factors: bool = True
    is_private: bool = False
    known: frozenset[str] = frozenset(
        [
            "response_type",
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
            "claims",
            "prompt",
            "idp_hint",
            "login_hint",
            "siret_hint",
        ]
    )
    required: frozenset[str] = frozenset(
        {"response_type", "client_id", "redirect_uri", "scope", "state", "nonce"}
    )
    scopes: frozenset[str] = frozenset(
        [
            "openid",
            "given_name",
            "usual_name",
            "email",
            "uid",
            "siret",
            "idp_id",
            "organization_label",
            "roles",
            "phone",
            "custom",
        ]
    )
    logout: frozenset[str] = frozenset({"id_token_hint", "state", "post_logout_redirect_uri"})

    def judge(self, asked: dict[str, str]) -> None:
        if min(len(asked["nonce"]), len(asked["state"])) < 32:
            raise Refusal("Y000400")
        if "claims" in asked and set(json.loads(asked["claims"])) != {"id_token"}:
            raise Refusal("Y000400")

    def authorize(self, asked: dict[str, str]) -> str:
        address = super().authorize(asked)
        if not self.is_private:
            return address
        said = {
            "error": "access_denied",
            "error_description": "Y500015 private sector",
            "state": asked["state"],
        }
        return f"{self.redirect_uri}?{urlencode(said)}"

    def acr(self, asked: dict[str, str]) -> str:
        return "eidas1-mfa" if self.has_two_factors else "eidas1"

    def signed(self, claims: Claims) -> str:
        if self.alg != "HS256":
            return super().signed(claims)
        from joserfc.jwk import OctKey

        return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(self.secret))


@dataclass
class StrictFranceTravail(Strict):
    """France Travail Connect."""

    person: Claims = field(
        default_factory=lambda: {
            "sub": "ft-12", "given_name": "Angela Claire Louise", "family_name": "DUBOIS", "gender": "female",
            "email": "angela@exemple.fr",
        }
    )  # fmt: skip
    key: Any = field(default_factory=lambda: rsa("ft"))
    alg: str = "RS256"
    has_confirmed: bool = True

    @property
    def issuer(self) -> str:
        return f"{self.url}/connexion/oauth2/realms/root/realms/individu"

    def answer(self, path: str, sent: Sent, headers: dict[str, str]) -> Answer:
        self.seen.append(path)
        query = {name[1:]: values[0] for name, values in sent.items() if name.startswith("?")}
        body = {name: values[0] for name, values in sent.items() if not name.startswith("?")}
        try:
            if path == "/connexion/oauth2/authorize":
                return 302, self._authorized(query)
            if path == "/connexion/oauth2/access_token":
                return self._exchanged(query, body, headers)
            if path == "/partenaire/peconnect-individu/v1/userinfo":
                return 200, self._told(headers)
            if path == "/connexion/oauth2/realms/root/realms/individu/connect/jwk_uri":
                return 200, dict(KeySet([self.key]).as_dict(private=False))
            if path == "/compte/deconnexion" and set(query) == {"id_token_hint", "redirect_uri"}:
                jwt.decode(query["id_token_hint"], self.key, algorithms=[self.alg])
                return 302, query["redirect_uri"]
        except Refusal as refusal:
            return refusal.status, {"error": refusal.code, "error_description": refusal.code}
        return 404, {}

    def brought(self) -> dict[str, str]:
        return {"iss": self.issuer, "client_id": self.client_id}

    def acr(self, _asked: dict[str, str]) -> str:
        return ""

    def _authorized(self, asked: dict[str, str]) -> str:
        if asked.get("realm") != "/individu":
            raise Refusal("invalid_realm")
        needed = {"response_type", "client_id", "scope", "redirect_uri", "state", "nonce"}
        if (
            needed - set(asked)
            or asked["client_id"] != self.client_id
            or asked["redirect_uri"] != self.redirect_uri
        ):
            raise Refusal("invalid_request")
        code = f"code-{len(self.codes)}"
        self.codes[code] = Code(asked, time.time() + self.lasts)
        return f"{self.redirect_uri}?{urlencode({'code': code, 'state': asked['state']} | self.brought())}"

    def _exchanged(self, query: dict[str, str], body: dict[str, str], headers: dict[str, str]) -> Answer:
        if query.get("realm") != "/individu" or "realm" in body:
            raise Refusal("invalid_realm")
        body.pop("code_verifier", None)  # its public clients send one; of others it is not asked for
        return self.token(body, headers)

    def _told(self, headers: dict[str, str]) -> Claims:
        code, _until = self._bearer(headers)
        if "api_peconnect-individuv1" not in self.codes[code].asked["scope"].split():
            raise Refusal("insufficient_scope", 403)
        return {name: value for name, value in self.person.items() if name != "email" or self.has_confirmed}
