"""Invented people. Telephone numbers come from ranges kept for fiction, addresses from a domain of ours."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

from lms.core.i18n import sort_key

FIRST = (
    *("Adama", "Aïcha", "Alban", "Aline", "Amadou", "Amélie", "Anaïs", "André", "Anissa", "Antoine", "Aurore", "Awa"),
    *("Bastien", "Benoît", "Brigitte", "Bruno", "Cécile", "Céline", "Chantal", "Charlotte", "Clément", "Corinne"),
    *("Damien", "Daniel", "Delphine", "Dominique", "Élodie", "Emma", "Étienne", "Fanny", "Farid", "Fatoumata"),
    *("Florence", "François", "Gabriel", "Gaëlle", "Gérard", "Guillaume", "Hélène", "Hugo", "Ibrahim", "Inès"),
    *("Isabelle", "Jacques", "Jean-Marc", "Jérôme", "Joëlle", "Julie", "Karim", "Kevin", "Khadija", "Laëtitia"),
    *("Laurent", "Léa", "Lucien", "Ludovic", "Malika", "Marc", "Marie-Christine", "Marion", "Mathilde", "Mehdi"),
    *("Michel", "Moussa", "Myriam", "Nathalie", "Nicolas", "Noémie", "Odile", "Olivier", "Pascal", "Patrick"),
    *("Paul", "Pierre", "Rachid", "Régine", "Rémi", "Sabrina", "Samir", "Sandrine", "Sébastien", "Sofia"),
    *("Stéphane", "Sylvain", "Thi Lan", "Thierry", "Valérie", "Véronique", "Vincent", "Yasmine", "Yves", "Zoé"),
)  # fmt: skip
LAST = (
    *("Achour", "Bailleul", "Barbier", "Baudouin", "Belkacem", "Bertin", "Bocquet", "Boulanger", "Caron", "Carpentier"),
    *("Chevalier", "Cissé", "Cordier", "Coulibaly", "Da Silva", "Debruyne", "Delattre", "Delcourt", "Desmet", "Dhaene"),
    *("Diarra", "Dubrulle", "Dufour", "Dupire", "Fernandes", "Ferrand", "Fontaine", "Gallet", "Ghezali", "Girard"),
    *("Haddad", "Hennebelle", "Herbaut", "Hoareau", "Kaczmarek", "Lagache", "Lambert", "Leclercq", "Lefebvre", "Lemaire"),
    *("Lepoutre", "Leroy", "Mahieu", "Marchand", "Mercier", "Meunier", "Nguyen", "Nowak", "Ouali", "Petit", "Picard"),
    *("Prévost", "Renard", "Rossi", "Roussel", "Saïdi", "Sylla", "Tavernier", "Traoré", "Vandamme", "Vasseur", "Wozniak"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Invented:
    """Somebody who does not exist. ``email`` and ``phone`` are empty for those who have none."""

    first_name: str
    last_name: str
    email: str
    phone: str
    birth_date: date
    postcode: str
    number: int


def invent(count: int, seed: int, postcodes: tuple[str, ...], without_email: float = 0.3) -> list[Invented]:
    """So many people, no two with the same name; the same seed gives the same people."""
    chance = random.Random(seed)  # invented people  # nosec B311
    pairs = [(first, last) for last in LAST for first in FIRST]
    found = []
    for number, (first, last) in enumerate(chance.sample(pairs, count), 1):
        address = f"{_plain(first)}.{_plain(last)}@exemple.fr"
        found.append(
            Invented(
                first_name=first,
                last_name=last,
                email="" if chance.random() < without_email else address,
                phone=f"063998{chance.randrange(10_000):04d}",
                birth_date=date(1961, 1, 1) + timedelta(days=chance.randrange(15_500)),
                postcode=chance.choice(postcodes),
                number=seed * 1000 + number,
            )
        )
    return found


def _plain(name: str) -> str:
    return sort_key(name).replace(" ", "").replace("'", "")
