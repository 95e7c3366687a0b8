"""Every text has its French, every French text is used and well set; and the tool that says so is right."""

import gettext
from pathlib import Path

import pytest

from config import translate


def test_french_is_complete_used_and_well_set() -> None:
    faults = translate.report("fr")
    assert not faults, "\n" + "\n".join(faults)


def _house(root: Path, code: str = "", template: str = "", **rooms: str) -> Path:
    """A small house with one module, one template and a .po file per room."""
    (root / "lms").mkdir()
    (root / "templates").mkdir()
    (root / "translations" / "fr").mkdir(parents=True)
    (root / "lms" / "code.py").write_text(code, encoding="utf-8")
    (root / "templates" / "page.html").write_text(template, encoding="utf-8")
    for room, text in rooms.items():
        (root / "translations" / "fr" / f"{room}.po").write_text(text, encoding="utf-8")
    return root


def _po(*pairs: tuple[str, str]) -> str:
    return "\n".join(f'msgid "{said}"\nmsgstr "{french}"\n' for said, french in pairs)


def test_rooms_are_merged_into_one_catalogue(tmp_path: Path) -> None:
    _house(tmp_path, one=_po(("Save", "Enregistrer")), two=_po(("Save", "Enregistrer"), ("Add", "Ajouter")))
    assert translate.compile_language("fr", tmp_path)
    assert not translate.compile_language("fr", tmp_path), "nothing changed"
    with (tmp_path / "translations/fr/LC_MESSAGES/messages.mo").open("rb") as file:
        said = gettext.GNUTranslations(file)
    assert (said.gettext("Save"), said.gettext("Add")) == ("Enregistrer", "Ajouter")


def test_plurals_follow_french_where_none_is_singular(tmp_path: Path) -> None:
    day = 'msgid "%(num)s day"\nmsgid_plural "%(num)s days"\nmsgstr[0] "%(num)s jour"\nmsgstr[1] "%(num)s jours"\n'
    _house(tmp_path, 'ngettext("%(num)s day", "%(num)s days", 3)', one=day)
    assert translate.report("fr", tmp_path) == []
    translate.compile_language("fr", tmp_path)
    with (tmp_path / "translations/fr/LC_MESSAGES/messages.mo").open("rb") as file:
        said = gettext.GNUTranslations(file)
    assert [said.ngettext("%(num)s day", "%(num)s days", n)[-5:] for n in (0, 1, 2)] == [
        " jour",
        " jour",
        "jours",
    ]


def test_two_translations_of_one_text_are_refused_with_both_places(tmp_path: Path) -> None:
    _house(tmp_path, one=_po(("Save", "Enregistrer")), two=_po(("Add", "Ajouter"), ("Save", "Sauver")))
    with pytest.raises(
        translate.TranslationError, match=r"two\.po:4 and .*one\.po:1: two translations of 'Save'"
    ):
        translate.compile_language("fr", tmp_path)


def test_two_translations_in_one_file_are_refused_too(tmp_path: Path) -> None:
    _house(tmp_path, one=_po(("Save", "Enregistrer"), ("Save", "Sauver")))
    with pytest.raises(translate.TranslationError, match="two translations"):
        translate.compile_language("fr", tmp_path)


def test_missing_and_unused_are_named_with_their_place(tmp_path: Path) -> None:
    _house(tmp_path, '\nlazy("Save")', "\n{{ _('Add') }}", one=_po(("Remove", "Retirer")))
    assert translate.report("fr", tmp_path) == [
        "lms/code.py:2: no fr translation of 'Save'",
        "templates/page.html:2: no fr translation of 'Add'",
        "translations/fr/one.po:1: nobody says 'Remove'",
    ]


@pytest.mark.parametrize("how", ['msgid "Save"\nmsgstr ""\n', '#, fuzzy\nmsgid "Save"\nmsgstr "Sauf"\n'])
def test_empty_and_doubtful_count_as_missing(tmp_path: Path, how: str) -> None:
    _house(tmp_path, '_("Save")', one=how)
    assert translate.report("fr", tmp_path) == ["lms/code.py:1: no fr translation of 'Save'"]


def test_a_template_that_does_not_parse_is_named(tmp_path: Path) -> None:
    _house(tmp_path, template="\n{% if %}")
    with pytest.raises(translate.TranslationError, match=r"templates/page\.html:2"):
        translate.report("fr", tmp_path)


def test_a_bare_percent_sign_in_a_template_is_named(tmp_path: Path) -> None:
    _house(tmp_path, template="{{ _('100 %') }}", one=_po(("100 %", "100\u00a0%")))
    assert "in a template write %%" in translate.report("fr", tmp_path)[0]


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("Hello %(name)s", "Bonjour %(nom)s"),
        ("Hello %(name)s", "Bonjour"),
        ("%(n)s done", "%(n)s % faits"),
        ("Done!", "Fait !"),
        ("Done!", "Fait!"),
        ("Done!", "Fait\u202f!"),
        ("The name:", "Le nom :"),
        ("The name:", "Le nom:"),
        ("The page", "L'écran"),
        ("Read “this”", "Lisez « ceci »"),
        ("Read “this”", "Lisez «\u00a0ceci»"),
        ("Wait…", "Patientez..."),
        ("half", "50 %"),
    ],
)
def test_a_badly_set_text_is_a_fault(english: str, french: str) -> None:
    assert translate.faults_of(translate.Entry((english,), (french,), "here", fuzzy=False))


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("Hello %(name)s!", "Bonjour %(name)s\u00a0!"),
        ("At %(hour)s:", "À %(hour)s\u00a0:"),
        ("At 10:42", "À 10:42, sur https://exemple.fr"),
        ("Read “this”", "Lisez «\u00a0ceci\u00a0»"),
        ("%(n)s%% done", "%(n)s\u00a0%% faits"),
        ("Really?!", "Vraiment\u00a0?!"),
        ("See <b>this</b>", '<b class="x">Voyez</b>'),
    ],
)
def test_a_well_set_text_is_not(english: str, french: str) -> None:
    assert translate.faults_of(translate.Entry((english,), (french,), "here", fuzzy=False)) == []
