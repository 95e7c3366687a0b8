"""A device that keeps passkeys, in software: it answers as a good one does, or with one thing wrong."""

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn import base64url_to_bytes
from webauthn.helpers import bytes_to_base64url

ORIGIN = "http://localhost"
PRESENT, VERIFIED, ATTESTED = 1, 4, 64  #: flags of what was seen


@dataclass
class Device:
    """One passkey and its counter."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    count: int = 0
    handle: str = ""

    def make(self, question: dict[str, Any], **wrong: Any) -> str:
        """What the browser sends for a new passkey. ``wrong``: origin, flags, challenge, kind."""
        self.handle = question["user"]["id"]
        seen = self._seen(question["rp"]["id"], wrong.get("flags", PRESENT | VERIFIED) | ATTESTED)
        seen += bytes(16) + struct.pack(">H", len(self.credential)) + self.credential + self._cose()
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": seen})
        said = self._said("webauthn.create", question, wrong)
        return self._told(clientDataJSON=said, attestationObject=attestation)

    def use(self, question: dict[str, Any], **wrong: Any) -> str:
        """What the browser sends to sign in. ``wrong``: origin, flags, challenge, kind, site, handle, count, key."""
        self.count = wrong.get("count", self.count + 1)
        seen = self._seen(wrong.get("site", question["rpId"]), wrong.get("flags", PRESENT | VERIFIED))
        said = self._said("webauthn.get", question, wrong)
        signed = seen + hashlib.sha256(said).digest()
        signature = wrong.get("key", self.key).sign(signed, ec.ECDSA(hashes.SHA256()))
        handle = base64url_to_bytes(wrong.get("handle", self.handle))
        return self._told(clientDataJSON=said, authenticatorData=seen, signature=signature, userHandle=handle)

    def _said(self, kind: str, question: dict[str, Any], wrong: dict[str, Any]) -> bytes:
        said = {
            "type": wrong.get("kind", kind),
            "challenge": wrong.get("challenge", question["challenge"]),
            "origin": wrong.get("origin", ORIGIN),
            "crossOrigin": False,
        }
        return json.dumps(said).encode()

    def _seen(self, site: str, flags: int) -> bytes:
        return hashlib.sha256(site.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count)

    def _cose(self) -> bytes:
        point = self.key.public_key().public_numbers()
        x, y = (one.to_bytes(32, "big") for one in (point.x, point.y))
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def _told(self, **response: bytes) -> str:
        name = bytes_to_base64url(self.credential)
        told = {key: bytes_to_base64url(value) for key, value in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": told})
