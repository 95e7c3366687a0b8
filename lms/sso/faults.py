"""What can go wrong between a provider and us: a short code for the rows, and words for whoever must put it right."""

from dataclasses import dataclass
from typing import Any

from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.sso.profile import Language, Profile, plain

_SUPPORT = lazy("Show this line to whoever runs the provider.")
_FORGED = lazy("Do not switch this provider on. If you changed nothing there, tell whoever runs it.")
_METADATA_PAGE = lazy(
    "Take the address or the file that the provider calls federation metadata, or IdP metadata."
)
#: code -> (what is wrong, what to do). What was seen stands behind it.
_WORDS: dict[str, tuple[Any, Any]] = {
    # While it is read
    "address": (
        lazy("This address does not lead to the public network."),
        lazy("Write the address that people outside reach, or ask whoever runs this platform to allow it."),
    ),
    "scheme": (lazy("This is no address of the web."), lazy("An address begins with https://.")),
    "unknown_host": (
        lazy("The name in this address is unknown."),
        lazy("Look for a typing mistake: copy the address from the provider’s own page."),
    ),
    "silent": (
        lazy("Nothing answered within five seconds."),
        lazy("Check that the address can be reached from outside your network, then try again."),
    ),
    "certificate": (
        lazy("The certificate of this address is not good."),
        lazy("Whoever runs the provider must renew it, or complete its chain."),
    ),
    "status": (
        lazy("The address answers, but not with what a provider publishes."),
        lazy("The issuer is the part before /.well-known/openid-configuration: open that page in a browser."),
    ),
    "not_json": (
        lazy("What came back cannot be read."),
        lazy("The issuer is the part before /.well-known/openid-configuration: open that page in a browser."),
    ),
    "too_large": (lazy("What came back is too long for a provider’s page."), _SUPPORT),
    "other_issuer": (
        lazy("This provider says that it is another one."),
        lazy("Write the issuer as it says it itself, to the letter."),
    ),
    "lacks": (lazy("The provider does not publish all that is needed."), _SUPPORT),
    "unsafe": (
        lazy("One of the provider’s addresses is not encrypted."),
        lazy("Whoever runs the provider must publish addresses that begin with https://."),
    ),
    "no_keys": (lazy("The provider publishes no key that its answers could be checked with."), _SUPPORT),
    "program": (
        lazy("This platform lacks the program that checks SAML signatures (xmlsec1)."),
        lazy("Whoever runs this platform must install xmlsec1; until then nobody comes in by this provider."),
    ),
    "not_xml": (lazy("What came back cannot be read as XML."), _METADATA_PAGE),
    "doctype": (
        lazy("What came back begins with a document type (DTD), which is never taken."),
        lazy("Ask whoever runs the provider for a file without <!DOCTYPE."),
    ),
    "no_metadata": (lazy("This is no SAML metadata."), _METADATA_PAGE),
    "no_provider": (
        lazy("This metadata describes no identity provider (SAML 2.0)."),
        lazy("You may have taken the metadata of a service: ask for that of the identity provider (IdP)."),
    ),
    "several": (
        lazy("This metadata describes several identity providers."),
        lazy("Write in the settings which one is yours: its entity ID."),
    ),
    "outdated": (
        lazy("This metadata was good until a day that is past."),
        lazy("Take it anew from the provider, or give the address where it is kept up to date."),
    ),
    "wants_signed": (
        lazy("The provider wants requests to be signed, which this platform does not do."),
        lazy("Switch this off for this platform over there (WantAuthnRequestsSigned)."),
    ),
    "no_certificate": (
        lazy("The metadata holds no certificate that signatures could be checked with."),
        lazy("It must be of an RSA key of 2,048 bits or more, or of an elliptic curve."),
    ),
    # While somebody is on the way
    "denied": (
        lazy("The provider let nobody through: the person stopped, or has no right to this service."),
        lazy("Give yourself the right to this application over there, and try again."),
    ),
    "provider": (lazy("The provider reported a fault."), _SUPPORT),
    "client": (
        lazy("The provider does not accept our number and secret."),
        lazy("Copy both anew. A secret may have run out, or belong to another application."),
    ),
    "code": (
        lazy("The provider took its own code back."),
        lazy("Try again without waiting. If it stays so, compare the address of return to the letter."),
    ),
    "token": (lazy("The provider did not answer when it was asked for the token."), _SUPPORT),
    # What it said does not hold
    "no_token": (
        lazy("The provider did not say who came."),
        lazy("Its application must allow OpenID Connect, and the scope openid."),
    ),
    "kind": (lazy("What came back is no ID token."), _SUPPORT),
    "signature": (lazy("The signature does not hold."), _FORGED),
    "key": (
        lazy("The answer is signed with a key that the provider does not publish."),
        lazy("If keys were changed there just now, wait some minutes and read the provider again."),
    ),
    "algorithm": (
        lazy("The answer is not signed in the way that was agreed."),
        lazy("Compare the algorithm registered over there with the one chosen here."),
    ),
    "encrypted": (
        lazy("What came back cannot be decrypted."),
        lazy("Register the address of our keys over there, with ECDH-ES and A256GCM."),
    ),
    "issuer": (
        lazy("The answer comes from another issuer."),
        lazy("Write the issuer as the tokens say it, to the letter. With Entra, use the address of one tenant, not “common”."),
    ),
    "audience": (
        lazy("The answer was meant for another application."),
        lazy("Compare the application’s number here and over there."),
    ),
    "expired": (
        lazy("The answer is too old."),
        lazy("Compare the clocks: theirs and ours may differ by a minute at most."),
    ),
    "future": (
        lazy("The answer comes from the future."),
        lazy("Compare the clocks: theirs and ours may differ by a minute at most."),
    ),
    "nonce": (lazy("The answer belongs to another sign-in."), _FORGED),
    "hash": (lazy("Two parts of the answer do not belong together."), _FORGED),
    "claims": (lazy("The answer lacks something that every ID token has."), _SUPPORT),
    "level": (
        lazy("The provider did not reach the level of assurance that you ask for."),
        lazy("Ask for a lower level, or have the level raised over there."),
    ),
    "userinfo": (
        lazy("The provider does not say more about the person."),
        lazy("Compare the scopes with those that the application was granted."),
    ),
    "userinfo_form": (lazy("What is said about the person is not signed as it must be."), _SUPPORT),
    "subject": (lazy("The provider spoke of two different people."), _FORGED),
    "no_answer": (lazy("What came back is no SAML answer."), _SUPPORT),
    "comment": (lazy("The answer holds comments, which may hide a part of a name."), _FORGED),
    "two_ways": (lazy("The answer can be read in two ways."), _FORGED),
    "wrapped": (lazy("What is signed is not the whole of what the answer says."), _FORGED),
    "unsigned": (
        lazy("The assertion is not signed."),
        lazy("Let the provider sign assertions, not only the answer around them."),
    ),
    "weak": (
        lazy("The answer is signed in a way that can be forged today."),
        lazy("Let the provider sign with RSA-SHA256 or better; SHA-1 is not taken."),
    ),
    "encrypted_saml": (
        lazy("The assertion is encrypted, and this platform has given no key for that."),
        lazy("Switch the encryption of assertions off for this platform: the connection is encrypted already."),
    ),
    "recipient": (
        lazy("The answer was meant for another address."),
        lazy("Compare the address of return (ACS) over there with the one on this page, to the letter."),
    ),
    "used": (lazy("What the provider said was used already."), _FORGED),
    "name_format": (
        lazy("The provider names people in a way that may change or pass to somebody else."),
        lazy("Let it send a persistent NameID, or write in the settings which attribute holds a number that never changes."),
    ),
    "no_number": (
        lazy("The attribute that holds the number of people is not in the answer, or holds several."),
        lazy("Compare its name in the settings with what the provider sends."),
    ),
    "no_name": (
        lazy("The provider gives no name, so nobody could be told apart."),
        lazy("Ask for the scope profile, or write below which claims hold the names."),
    ),
}  # fmt: skip

#: The same where SAML wants another remedy.
_BY_SAML: dict[str, tuple[Any, Any]] = {
    "status": (lazy("The address answers, but not with what a provider publishes."), _METADATA_PAGE),
    "other_issuer": (
        lazy("This metadata is that of another provider."),
        lazy("Write its address or give the metadata anew in the settings, and there its entity ID where it holds several."),
    ),
    "no_token": (lazy("The provider did not say who came."), lazy("Its answer holds no assertion: let it send one.")),
    "issuer": (
        lazy("The answer comes from another issuer."),
        lazy("Read the provider again: its metadata says the name (entity ID) that it signs with."),
    ),
    "audience": (
        lazy("The answer was meant for another application."),
        lazy("Compare our entity ID over there (audience) with the one on this page, to the letter."),
    ),
    "no_name": (
        lazy("The provider gives no name, so nobody could be told apart."),
        lazy("Let it send givenName and sn, or write in the settings which attributes hold the names."),
    ),
}  # fmt: skip


class ProviderAway(Refused):
    """The provider does not answer, or not as the standard says."""

    status = 503

    def __init__(self, code: str, detail: str = "") -> None:
        self.code, self.detail = code, plain(detail, 300)
        super().__init__(
            _("Your organisation's sign-in does not answer."),
            _("Try again in a few minutes. If you also have a password here, you can use it on the sign-in page."),
        )  # fmt: skip


class NotBelieved(Refused):
    """What came back does not hold: forged, stale, or meant for somebody else."""

    status = 403

    def __init__(self, code: str, detail: str = "", reason: str = "", remedy: str = "") -> None:
        self.code, self.detail = code, plain(detail, 300)
        super().__init__(
            reason or _("The provider's answer could not be verified."),
            remedy or _("Start again. If it happens again, tell the person who runs this site."),
        )


@dataclass(frozen=True, slots=True)
class Explained:
    """A fault in words: what is wrong, what to do, and what was seen."""

    what: str
    remedy: str
    seen: str


def explain(code: str, detail: str, profile: Profile) -> Explained | None:
    """A fault of a row for whoever sets the provider up; None: there is none. The profile's own codes come first."""
    if not code:
        return None
    own = next((words for known, words in profile.troubles.items() if known in detail.split()), None)
    by_saml = _BY_SAML.get(code) if profile.language is Language.SAML else None
    what, remedy = own or by_saml or _WORDS.get(code, _WORDS["provider"])
    return Explained(str(what), str(remedy), detail)
