"""One cell at a time: what people and programs write, as we keep it. Each function returns a value or raises ``Wrong``."""

import re
import unicodedata
from datetime import date, datetime, timedelta
from typing import Any, Final

from stdnum import luhn
from stdnum.fr import nir
from stdnum.fr import siret as of_france

from lms.core.i18n import sort_key
from lms.core.tables import Cell

NAME_LIMIT: Final = 200
TEXT_LIMIT: Final = 200
NUMBER_LIMIT: Final = 40
_EMPTY: Final = frozenset({"", "null", "-", "--", "nc", "n/c", "n/a", "na", "nd", "néant", "none", "#n/a"})
_NAME_SIGNS: Final = frozenset(" -'’‘ʼ`´.,()/·")
_DATE_DAY_FIRST: Final = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_DATE_YEAR_FIRST: Final = re.compile(r"(\d{4})[/\-](\d{1,2})[/\-](\d{1,2})")
_CLOCK: Final = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}:?\d{2})?$")
#: Thirteen digits and a key, or a département of Corsica among them.
_NIR_WITHIN: Final = re.compile(r"(?<!\d)[1-478](?:[\s.\-]?[\dAB]){14}(?!\d)")
_EMAIL: Final = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")  # fmt: skip
_MISSPELT: Final = {
    **dict.fromkeys(
        ("gmial.com", "gmai.com", "gamil.com", "gmil.com", "gnail.com", "gmal.com", "gmaill.com"), "gmail.com"
    ),
    **dict.fromkeys(("gmail.co", "gmail.con", "gmail.cm", "gmail.comm", "gmail.om"), "gmail.com"),
    **dict.fromkeys(
        ("hotmial.com", "hotmai.com", "hotmal.com", "hotmil.com", "hormail.com", "hotmail.con"), "hotmail.com"
    ),
    **dict.fromkeys(("hotmial.fr", "hotmai.fr", "hotmal.fr", "hotmil.fr", "hormail.fr"), "hotmail.fr"),
    **dict.fromkeys(("yaho.fr", "yahho.fr", "yahou.fr", "yhaoo.fr", "yaoo.fr"), "yahoo.fr"),
    **dict.fromkeys(("yaho.com", "yahho.com", "yhaoo.com", "yahoo.con"), "yahoo.com"),
    **dict.fromkeys(("outlok.com", "outloo.com", "outlook.con", "oulook.com"), "outlook.com"),
    **dict.fromkeys(("outlok.fr", "outloo.fr", "oulook.fr"), "outlook.fr"),
    **dict.fromkeys(("oange.fr", "ornage.fr", "orage.fr", "orang.fr", "organge.fr"), "orange.fr"),
    **dict.fromkeys(("wanado.fr", "wanadou.fr", "wandoo.fr", "wanadoo.com"), "wanadoo.fr"),
    **dict.fromkeys(("laposte.ne", "lapost.net", "laposte.nte", "la-poste.net"), "laposte.net"),
    **dict.fromkeys(("fre.fr", "freee.fr"), "free.fr"),
    **dict.fromkeys(("sfr.f", "srf.fr"), "sfr.fr"),
}
_SITUATIONS: Final = {
    "job-seeker": ("demandeur d emploi", "demandeuse d emploi", "demandeur emploi", "de", "chomeur", "chomeuse", "en recherche d emploi",
                   "sans emploi", "recherche d emploi", "job seeker", "job-seeker", "personne en recherche d emploi"),
    "employee": ("salarie", "salariee", "salarie e", "salarie.e", "en emploi", "employe", "employee", "cdi", "cdd", "agent", "fonctionnaire", "interimaire"),
    "apprentice": ("apprenti", "apprentie", "apprenti e", "alternant", "alternante", "alternance", "apprentice", "contrat d apprentissage",
                   "en apprentissage", "en alternance"),
    "self-employed": ("independant", "independante", "travailleur independant", "travailleuse independante", "non salarie", "non salariee",
                      "auto entrepreneur", "auto-entrepreneur", "micro-entrepreneur", "entrepreneur", "self-employed", "freelance", "tns", "a son compte"),
    "other": ("autre", "autres", "etudiant", "etudiante", "retraite", "retraitee", "particulier", "scolarise", "inactif", "other", "non renseigne"),
}  # fmt: skip
_BY_WORD: Final = {word: kind for kind, words in _SITUATIONS.items() for word in words}
_EPOCH: Final = date(1899, 12, 30)  #: day 0 of Excel's calendar


class Wrong(Exception):
    """A cell that cannot be kept: a code of ``faults``, and what its sentence speaks of."""

    def __init__(self, code: str, **about: Any) -> None:
        super().__init__(code)
        self.code, self.about = code, about


def text_of(cell: Cell) -> str:
    """A cell as text, spaces folded; what only stands for "nothing" (``NULL``, ``-``, ``NC``) is empty."""
    if isinstance(cell, str) and cell.isascii():  # most cells of most files
        found = " ".join(cell.split())
        return "" if len(found) < 5 and found.lower() in _EMPTY else found
    if cell is None or isinstance(cell, bool):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, datetime):
        return cell.strftime("%d/%m/%Y")
    if isinstance(cell, date):
        return cell.strftime("%d/%m/%Y")
    found = " ".join(
        unicodedata.normalize("NFC", str(cell)).replace("\u200b", "").replace("\ufeff", "").split()
    )
    return "" if found.casefold() in _EMPTY else found


def name(text: str) -> str:
    """A last or first name, as it was written."""
    if len(text) > NAME_LIMIT:
        raise Wrong("too_long", found=len(text), most=NAME_LIMIT)
    if any(c.isdigit() for c in text):
        raise Wrong("digits_in_name")
    for sign in text:
        if not (sign.isalpha() or unicodedata.category(sign).startswith("M") or sign in _NAME_SIGNS):
            raise Wrong("signs_in_name", sign=sign)
    return text if any(c.isalpha() for c in text) else ""


def email(text: str) -> str:
    """An address in lower case, one @, a domain with a dot."""
    address = text.casefold().removeprefix("mailto:").strip("<>; ")
    if address.count("@") > 1:
        raise Wrong("email_with_two_ats")
    local, _at, domain = address.partition("@")
    if not local or not domain or "." not in domain.strip("."):
        raise Wrong("email_without_domain")
    if right := _MISSPELT.get(domain):
        raise Wrong("email_misspelt", domain=domain, proposal=f"{local}@{right}")
    if len(address) > 254 or ".." in address or not _EMAIL.fullmatch(address):
        raise Wrong("email_unusable")
    return address


def phone(text: str) -> str:
    """Digits, with ``+`` and the country where that was given. A zero that a spreadsheet ate is put back."""
    bare = re.sub(r"[\s.\-/()_\u00a0]", "", text).replace("+330", "+33")
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    digits = bare.removeprefix("+")
    if not digits.isascii() or not digits.isdigit():
        raise Wrong("phone_unusable")
    if len(digits) == 9 and not bare.startswith(("+", "0")):
        return "0" + digits
    if len(digits) < (8 if bare.startswith("+") else 10):
        raise Wrong("phone_too_short", found=len(digits))
    if len(digits) > (15 if bare.startswith("+") else 11):
        raise Wrong("phone_too_long", found=len(digits))
    return bare


def postcode(text: str) -> str:
    """Five digits, or a département alone; 2A, 2B, 971 to 988 and 98xxx are French too."""
    bare = re.sub(r"[\s.]", "", text).upper()
    if re.fullmatch(r"\d{5}", bare) and bare != "00000":
        return bare
    if re.fullmatch(r"\d{4}", bare):
        return "0" + bare
    if re.fullmatch(r"2[AB]\d{3}|2[AB]|\d{2}|9[78]\d", bare):
        return bare
    if re.search(r"[^\W\d_]", bare):
        raise Wrong("letters_in_postcode")
    raise Wrong("postcode_unusable")


def day(cell: Cell, text: str) -> date:
    """A date: four written forms, with or without a clock, or a spreadsheet's number of days."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    bare = _CLOCK.sub("", text)
    if re.fullmatch(r"\d{4,5}(\.0+)?", bare) and 1_000 < float(bare) < 80_000:
        return _EPOCH + timedelta(days=int(float(bare)))
    if found := _DATE_DAY_FIRST.fullmatch(bare):
        day_, month, year = (int(part) for part in found.groups())
    elif found := _DATE_YEAR_FIRST.fullmatch(bare):
        year, month, day_ = (int(part) for part in found.groups())
    else:
        raise Wrong("date_unknown_form")
    try:
        return date(year, month, day_)
    except ValueError:
        raise Wrong("date_does_not_exist", date=bare) from None


def birth(cell: Cell, text: str, today: date) -> date:
    """A date of birth: not after ``today``, not before the oldest person."""
    found = day(cell, text)
    if found > today:
        raise Wrong("date_in_future")
    if found.year < today.year - 120:
        raise Wrong("date_too_old")
    return found


def identifier(text: str) -> str:
    """The agency's number in capitals, without spaces; a filler of zeros is empty."""
    bare = re.sub(r"[\s.\-]", "", text).upper()
    if len(bare) > 11:
        raise Wrong("identifier_too_long", found=len(bare))
    if not re.fullmatch(r"[0-9A-Z]*", bare):
        raise Wrong("identifier_unusable")
    return "" if not bare.strip("0") else bare


def number(text: str) -> str:
    """A number of staff, of a session, of an action: kept as it is written."""
    if len(text) > NUMBER_LIMIT:
        raise Wrong("number_too_long", found=len(text), most=NUMBER_LIMIT)
    return "" if not text.strip("0") else text


def words(text: str) -> str:
    """A short text kept as it is."""
    if len(text) > TEXT_LIMIT:
        raise Wrong("too_long", found=len(text), most=TEXT_LIMIT)
    return text


def situation(text: str) -> str:
    """A word of ``Situation``, from the many that files use."""
    plain = re.sub(r"\W+", " ", sort_key(text).replace("(e)", "").replace("·e", "").replace(".e", "")).strip()
    for form in (plain, sort_key(text), plain.replace(" ", "-")):
        if form in _BY_WORD:
            return _BY_WORD[form]
    raise Wrong("unknown_situation")


def siret(text: str) -> tuple[str, bool]:
    """The number without spaces, and whether its control digit is right; 14 zeros are empty."""
    bare = re.sub(r"[\s.\-]", "", text)
    if not bare.strip("0"):
        return "", True
    is_right = luhn.is_valid(bare) or of_france.is_valid(bare)  # La Poste's offices have a rule of their own
    return words(bare), len(bare) == 14 and bare.isdigit() and is_right


def is_social_security_number(text: str) -> bool:
    """Whether a cell holds a social-security number: 15 digits whose key is right."""
    bare = re.sub(r"[\s.\-\u00a0]", "", text)
    return len(bare) == 15 and bare[:5].isdigit() and bare[7:].isdigit() and bool(nir.is_valid(bare.upper()))


def without_numbers(text: str) -> str:
    """A whole line in which nothing is kept of social-security numbers."""
    return _NIR_WITHIN.sub(
        lambda found: masked(found[0]) if is_social_security_number(found[0]) else found[0], text
    )


def masked(text: str) -> str:
    """A social-security number of which nothing is kept but that it was one."""
    return f"{text.strip()[:1]} •• •• •• ••• ••• ••"
