"""One page, whatever the names; worded in the language of whoever issues it."""

import copy
import html
import io
import re
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader

from lms.certificates import codes
from lms.certificates.document import DENSER, Sheet, _printable, lines, to_html, to_pdfs

FACTS: dict[str, Any] = {
    "first_name": "Nadia", "last_name": "Benali", "situation": "job-seeker", "employer": {},
    "course": "Le numérique au quotidien", "objectives": ["Écrire un courriel", "Tenir un tableau"],
    "minutes": 450, "seconds": 26_500, "score": 87, "agreement": "2026-HDF-0117",
    "started_at": "2026-11-02T08:00:00+00:00", "completed_at": "2026-12-18T15:00:00+00:00", "issued_on": "2026-12-18",
    "issuer": {
        "name": "Atelier Numérique du Nord", "siret": "12345678900012", "nda": "32590000059",
        "address": "12 rue de l’Exemple, 59100 Roubaix", "signatory": "Jeanne Lambert", "signatory_role": "directrice",
        "language": "fr", "zone": "Europe/Paris",
    },
}  # fmt: skip


@pytest.fixture(autouse=True)
def _application(app: Flask) -> None:
    """Settings and templates."""


def sheet(**changes: Any) -> Sheet:
    facts = copy.deepcopy(FACTS) | {k: v for k, v in changes.items() if k not in FACTS["issuer"]}
    facts["issuer"] |= {k: v for k, v in changes.items() if k in FACTS["issuer"]}
    return Sheet(1, "2026-000418", codes.make(), facts)


def text_of(pdf: bytes) -> tuple[int, str]:
    reader = PdfReader(io.BytesIO(pdf))
    said = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    return len(reader.pages), said.replace("\u00a0", " ")


def test_the_page_says_what_the_law_wants() -> None:
    one = sheet()
    pages, said = text_of(to_pdfs([one])[0])
    assert pages == 1
    for words in (
        "Certificat de réalisation", "Nadia BENALI", "Le numérique au quotidien", "7,50 heures", "2026-000418", one.code,
        "Atelier Numérique du Nord", "SIRET 123 456 789 00012", "32 59 00000 59", "ne vaut pas agrément de l’État",
        "du lundi 2 novembre 2026 au vendredi 18 décembre 2026", "en recherche d’emploi", "Fait à Roubaix", "Jeanne Lambert",
    ):  # fmt: skip
        assert words in said, words


def test_no_declaration_number_then_no_mention_of_one() -> None:
    _pages, said = text_of(to_pdfs([sheet(nda="", siret="")])[0])
    assert "agrément" not in said
    assert "SIRET" not in said


LONG = {
    "first_name": "Maximilienne-Alexandrine Marie-Philippine",
    "last_name": "de la Rochefoucauld-Montbazon d’Escarbagnas-Vasconcellos",
    "course": "Découvrir le traitement de texte, le tableur et les démarches en ligne, puis envoyer sa candidature "
    * 2,
    "objectives": ["Un objectif qui prend à lui seul presque toute une ligne du document"] * 12,
    "employer": {
        "name": "Société coopérative des Ateliers réunis de la Métropole européenne de Lille",
        "siret": "12345678900012",
    },
    "name": "Association régionale pour la formation professionnelle et l’inclusion numérique " * 2,
    "address": "Bâtiment C, 1245 boulevard du Général-de-Gaulle, zone d’activités des Trois-Fontaines, 59100 Roubaix",
    "signatory": "Marie-Charlotte de Saint-Exupéry-Vandenbroucke",
    "signatory_role": "directrice générale déléguée à la formation et à l’insertion",
}


@pytest.mark.parametrize("parts", [[name] for name in LONG] + [list(LONG)])
def test_whatever_the_length_it_is_one_page(parts: list[str]) -> None:
    pages, _said = text_of(to_pdfs([sheet(**{part: LONG[part] for part in parts})])[0])
    assert pages == 1


def test_the_twin_says_the_same_as_the_pdf() -> None:
    one = sheet()
    bare = html.unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", str(to_html(one)), flags=re.DOTALL))
    page = " ".join(bare.replace("\u00a0", " ").split())
    _pages, printed = text_of(to_pdfs([one])[0])
    missing = set(re.findall(r"[\w’-]{3,}", page)) - set(re.findall(r"[\w’-]{3,}", printed))
    assert missing == set()


def test_it_is_read_in_the_order_in_which_it_is_seen() -> None:
    one = sheet()
    _pages, said = text_of(to_pdfs([one])[0])
    pieces = (
        "Atelier Numérique du Nord", "2026-000418", "Certificat de réalisation", "Nadia BENALI", "Le numérique au quotidien",
        "Situation en recherche d’emploi", "Durée 7,50 heures", "Objectifs Écrire un courriel", "Vérifier ce certificat",
        one.code, "Fait à Roubaix", "Jeanne Lambert", "Sans préjudice",
    )  # fmt: skip
    places = [said.find(piece) for piece in pieces]
    assert -1 not in places
    assert places == sorted(places)


def test_on_the_screen_the_statements_are_a_table_with_headers() -> None:
    assert '<th scope="row">Situation</th><td>en recherche d’emploi</td>' in str(to_html(sheet()))


@pytest.mark.parametrize("density", ["roomy", *DENSER])
def test_on_paper_there_is_no_rule_for_what_is_not_on_the_page(density: str) -> None:
    page = str(_printable(sheet(), density).html)
    style, _end, body = page.partition("</style>")
    classes = set(re.findall(r"^\.([\w-]+) \{", style, re.MULTILINE))
    assert classes <= {name for said in re.findall(r'class="([^"]*)"', body) for name in said.split()}
    assert {"who-xl", "what-xl", "line", "label", "square", "side"} <= classes


def test_in_the_language_of_the_issuer() -> None:
    _pages, said = text_of(to_pdfs([sheet(language="en")])[0])
    assert "Certificate of completion" in said
    assert "7.50 hours" in said


def test_names_cannot_bring_markup_along() -> None:
    assert "<script>" not in str(to_html(sheet(first_name="<script>alert(1)</script>")))


def test_objectives_that_do_not_fit_are_counted_and_none_is_cut() -> None:
    told = dict(lines(sheet(objectives=["Écrire un courriel clair et complet"] * 9).facts))["Objectifs"]
    assert told == "\u00a0; ".join(["Écrire un courriel clair et complet"] * 5) + "\u00a0; et 4 autres"
    alone = dict(lines(sheet(objectives=["mot " * 90]).facts))["Objectifs"]
    assert alone.endswith("mot…")


def test_a_time_too_short_to_be_written_is_not() -> None:
    labels = [dict(lines(sheet(seconds=seconds).facts)) for seconds in (35, 36)]
    assert ["Activité mesurée" in one for one in labels] == [False, True]
    assert labels[1]["Activité mesurée"].startswith("0,01")


def test_what_is_not_known_is_left_out() -> None:
    bare = sheet(score=None, objectives=[], agreement="", situation="other", seconds=0).facts
    assert len(lines(bare)) == 3
