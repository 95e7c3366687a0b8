"""Sealed secrets: read by this installation alone, and never silently wrong."""

from dataclasses import replace

import pytest
from flask import Flask

from config import settings as house
from config.settings import Settings
from lms.core import sealing
from lms.core.sealing import Unsealable


@pytest.mark.parametrize("secret", ["", "s3cret", "mot de passe é ✓", "x" * 10_000, "line\nline"])
def test_what_is_sealed_comes_back(app: Flask, secret: str) -> None:
    sealed = sealing.seal(secret)
    assert sealing.unseal(sealed) == secret
    assert not secret or secret not in sealed


def test_two_seals_of_one_secret_differ(app: Flask) -> None:
    assert sealing.seal("secret") != sealing.seal("secret")


def test_another_installation_cannot_read_it(app: Flask, settings: Settings) -> None:
    sealed = sealing.seal("secret")
    house.use(replace(settings, secret_key="another key"))
    try:
        with pytest.raises(Unsealable):
            sealing.unseal(sealed)
    finally:
        house.use(settings)
    assert sealing.unseal(sealed) == "secret"


@pytest.mark.parametrize("damage", ["", "x", "gAAAA", "é✓", "\x00", "secret"])
def test_damage_is_told(app: Flask, damage: str) -> None:
    with pytest.raises(Unsealable):
        sealing.unseal(damage)


def test_every_altered_letter_is_told(app: Flask) -> None:
    sealed = sealing.seal("secret")
    for place in range(0, len(sealed) - 2, 7):
        other = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        with pytest.raises(Unsealable):
            sealing.unseal(other)


def test_a_fingerprint_finds_and_tells_nothing(app: Flask) -> None:
    made = sealing.fingerprint("token")
    assert made == sealing.fingerprint("token") != sealing.fingerprint("token ")
    assert (len(made), "token" in made) == (64, False)
