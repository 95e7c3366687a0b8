"""People of a whole country: first names of their years, family names as frequent as they are, ages, means of contact.

Telephone numbers come from ranges kept for fiction, addresses from a domain of ours: nobody is reached by them.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import accumulate

from config.demo.names import LAST
from config.demo.scale.places import Region
from lms.core.i18n import sort_key
from lms.people.models import Situation

#: Years of birth, how many of the learners were born then, and the first names of those years, the most given first.
_GENERATIONS: tuple[tuple[int, int, float, str], ...] = (
    (1959, 1969, 0.19, ("Philippe Patrick Michel Catherine Martine Pascal Isabelle Sylvie Thierry Nathalie Brigitte Alain Christine "
     "Véronique Bruno Didier Dominique Corinne Laurent Valérie Éric Christophe Françoise Jean-Pierre Chantal Nadine Gilles "
     "Marie-Christine Mohamed Fatima Joëlle Évelyne Hervé Serge Annie Ahmed Rachid Maria Antonio José Marie-Thérèse Régine")),
    (1970, 1984, 0.31, ("Stéphane Sandrine Christophe Nathalie Céline Sébastien David Nicolas Stéphanie Frédéric Karine Virginie Laurent "
     "Olivier Valérie Jérôme Cédric Aurélie Émilie Julien Delphine Laëtitia Guillaume Sophie Magali Fabrice Mohamed Karim Samira "
     "Nadia Ludovic Séverine Élodie Vanessa Grégory Fatima Malika Hélène Mickaël Aïcha Oumar Thi-Lan")),
    (1985, 1996, 0.30, ("Julien Nicolas Kévin Marine Laura Thomas Alexandre Camille Mathieu Anthony Maxime Marion Pauline Mélanie Jonathan "
     "Audrey Élodie Romain Florian Charlotte Clément Sarah Mathilde Amélie Jérémy Aurélien Manon Anaïs Quentin Mohamed Mehdi "
     "Inès Yasmine Sofiane Amandine Fanny Benjamin Fatoumata Moussa Loïc Gaëlle Awa")),
    (1997, 2008, 0.20, ("Léa Lucas Théo Manon Emma Enzo Chloé Hugo Camille Clara Mathis Océane Inès Maxime Sarah Nathan Thomas Louis Jade "
     "Mohamed Lola Noémie Adam Rayan Yanis Léo Noa Lina Aya Mathéo Zoé Ibrahim Aminata Maëlys Loïc Gaëtan Élise Amadou Assia Maëva")),
)  # fmt: skip
#: The most frequent family names, in that order; rarer ones come from ``names.LAST``.
_FAMILIES = (
    "Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre Leroy Roux David Bertrand "
    "Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Müller Lefèvre Faure André Mercier Blanc Guérin Boyer "
    "Garnier Chevalier François Legrand Gauthier Garcia Perrin Robin Clément Morin Nicolas Henry Roussel Mathieu Gautier Masson "
    "Marchand Duval Denis Dumont Marie Lemaire Noël Meyer Dufour Meunier Brun Blanchard Giraud Joly Rivière Lucas Brunet Gaillard "
    "Barbier Arnaud Martinez Gérard Roche Renard Schmitt Roy Leroux Colin Vidal Caron Picard Roger Fabre Aubert Lemoine Renaud "
    "Dumas Lacroix Olivier Philippe Bourgeois Pierre Benoît Rey Leclerc Payet Rolland Leclercq Guillaume Lecomte López Jean Dupuy "
    "Guillot Hubert Berger Carpentier Sánchez Dupuis Moulin Louis Deschamps Huet Vasseur Perez Boucher Fleury Royer Klein Jacquet "
    "Adam Paris Poirier Marty Aubry Guyot Carré Charles Renault Charpentier Ménard Maillard Baron Bertin Bailly Hervé Schneider "
    "Fernández Le Gall Collet Léger Bouvier Julien Prévost Millet Perrot Daniel Le Roux Cousin Germain Breton Besson Langlois Rémy "
    "Diallo Traoré Nguyen Da-Silva Benali Fernandes Kaya Pereira Haddad Camara Yilmaz Rodrigues N’Diaye Belaïd Konaté Hamidi"
).replace("Le ", "Le\u00a0").split()  # fmt: skip
_SITUATIONS = (
    (Situation.JOB_SEEKER, 0.83), (Situation.EMPLOYEE, 0.08), (Situation.APPRENTICE, 0.03), (Situation.SELF_EMPLOYED, 0.03),
    (Situation.OTHER, 0.03),
)  # fmt: skip
_SITUATION_NAMES, _SITUATION_WEIGHTS = (
    [name for name, _share in _SITUATIONS],
    [share for _name, share in _SITUATIONS],
)
_ELSEWHERE = ("free", "voisin", "courrier")
_NO_EMAIL = {0: 0.34, 1: 0.19, 2: 0.08, 3: 0.05}  #: by generation
_DOUBLE = 0.03  #: how many bear two family names


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person before it has a row. ``email`` and ``phone`` may be None; ``handle``: name and number, as a login has them."""

    number: int
    first_name: str
    last_name: str
    sort_name: str
    handle: str
    email: str | None
    phone: str | None
    birth_date: date
    postcode: str
    situation: Situation


def draw(
    chance: random.Random, count: int, first_number: int, region: Region, postcode: str
) -> list[Somebody]:
    """So many people who live around a town. ``first_number``: what tells their addresses from all others'."""
    return [_one(chance, first_number + n, region, postcode) for n in range(count)]


def _one(chance: random.Random, number: int, region: Region, postcode: str) -> Somebody:
    generation = chance.choices(range(len(_GENERATIONS)), _shares())[0]
    begins, ends, _share, _names = _GENERATIONS[generation]
    firsts, first_weights = _firsts(generation)
    families, family_weights = _families()
    first = chance.choices(firsts, cum_weights=first_weights)[0]
    last = chance.choices(families, cum_weights=family_weights)[0]
    if chance.random() < _DOUBLE:
        last = f"{last}-{chance.choices(families, cum_weights=family_weights)[0]}"
    handle = f"{_plain(first)}.{_plain(last)}.{number}"
    has_email = chance.random() >= _NO_EMAIL[generation]
    born = date(begins, 1, 1) + timedelta(days=chance.randrange((ends - begins + 1) * 365))
    return Somebody(
        number=number,
        first_name=first,
        last_name=last,
        sort_name=f"{_sorted(last)} {_sorted(first)}",
        handle=handle,
        email=f"{handle}@{chance.choice(_ELSEWHERE)}.exemple.fr" if has_email else None,
        phone=_phone(chance, region),
        birth_date=born,
        postcode=postcode if chance.random() < 0.6 else f"{postcode[:2]}{chance.randrange(1, 90):02d}0",
        situation=chance.choices(_SITUATION_NAMES, _SITUATION_WEIGHTS)[0],
    )


def _phone(chance: random.Random, region: Region) -> str | None:
    drawn = chance.random()
    if drawn < 0.04:
        return None
    return f"{region.landline if drawn < 0.2 else '063998'}{chance.randrange(10_000):04d}"


@cache
def _shares() -> tuple[float, ...]:
    return tuple(share for _begins, _ends, share, _names in _GENERATIONS)


@cache
def _firsts(generation: int) -> tuple[Sequence[str], Sequence[float]]:
    return _ranked(_GENERATIONS[generation][3].split(), 8)


@cache
def _families() -> tuple[Sequence[str], Sequence[float]]:
    known = [name.replace("\u00a0", " ") for name in _FAMILIES]
    return _ranked([*known, *(name for name in LAST if name not in known)], 40)


def _ranked(names: Sequence[str], even: int) -> tuple[Sequence[str], Sequence[float]]:
    """Names and their cumulative weights: the nth is given so much less often than the first. ``even``: flatter."""
    return names, tuple(accumulate(1 / (rank + even) for rank in range(len(names))))


@cache
def _sorted(name: str) -> str:
    return sort_key(name)


@cache
def _plain(name: str) -> str:
    return "".join(c for c in sort_key(name) if c.isalpha() or c == "-")
