"""What can be wrong with a line: a code, one sentence of its own, and what to do about it. Codes are kept, sentences are said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from lms.core.errors import Refused
from lms.core.i18n import Lazy, lazy
from lms.core.tables import RowFault, sentence
from lms.enrolment.reading.cleaning import without_numbers

_DATE = lazy("Write it as day/month/year, such as 24/11/1980.")
ERRORS: Final[dict[str, tuple[Lazy, Lazy]]] = {
    "no_last_name": (
        lazy("The last name is missing."),
        lazy("Fill the cell in: nobody can be enrolled without a last name."),
    ),
    "no_first_name": (
        lazy("The first name is missing."),
        lazy("Fill the cell in: nobody can be enrolled without a first name."),
    ),
    "digits_in_name": (
        lazy("There are digits in this name."),
        lazy("Check whether the columns were shifted, then correct the name."),
    ),
    "signs_in_name": (
        lazy("This name holds “%(sign)s”, which no name does."),
        lazy("Keep letters, spaces, hyphens and apostrophes only."),
    ),
    "too_long": (
        lazy("This cell holds %(found)s characters; at most %(most)s are kept."),
        lazy("Shorten it, or check whether several cells were joined."),
    ),
    "control_characters": (
        lazy("This cell holds invisible control characters."),
        lazy("Type the cell again by hand, without copying it."),
    ),
    "email_without_domain": (
        lazy("This e-mail address has no complete domain after the @."),
        lazy("Complete it, as in name@example.fr, or leave the cell empty: an e-mail is not required."),
    ),
    "email_with_two_ats": (
        lazy("This e-mail address has more than one @."),
        lazy("Keep one address a person, or leave the cell empty."),
    ),
    "email_misspelt": (
        lazy("The domain “%(domain)s” looks misspelt."),
        lazy("Put %(proposal)s"),
    ),
    "email_unusable": (
        lazy("No mail can be sent to this address: it holds a character that addresses do not have."),
        lazy("Look for a space, a comma or an accent in it, or leave the cell empty."),
    ),
    "phone_too_short": (
        lazy("This phone number has only %(found)s digits; 10 are expected."),
        lazy("Complete it, or leave the cell empty: a phone is not required."),
    ),
    "phone_too_long": (
        lazy("This phone number has %(found)s digits, which is too many."),
        lazy("Keep one number a cell; from abroad, write it with + and the country."),
    ),
    "phone_unusable": (
        lazy("This is no phone number: it holds something else than digits."),
        lazy("Keep the digits, with + in front for a foreign country, or leave the cell empty."),
    ),
    "letters_in_postcode": (
        lazy("There are letters in this postcode."),
        lazy("Write its five digits, such as 59100; for a foreign country leave the cell empty."),
    ),
    "postcode_unusable": (
        lazy("This postcode does not have five digits."),
        lazy("Write all five, with the zero in front: 01000 for Bourg-en-Bresse."),
    ),
    "date_does_not_exist": (lazy("The date %(date)s does not exist."), lazy("Check the day and the month, then correct the date in the file.")),
    "date_in_future": (
        lazy("This date of birth is in the future."),
        lazy("Check the year: nobody enrolled is born after today."),
    ),
    "date_too_old": (lazy("This date of birth is more than 120 years ago."), lazy("Check the year, or leave the cell empty.")),
    "date_unknown_form": (lazy("This date is written in a form that we cannot read."), _DATE),
    "unknown_situation": (
        lazy("This situation is not one we know."),
        lazy("Choose among: job seeker, employee, apprentice, self-employed, other."),
    ),
    "identifier_too_long": (
        lazy("This identifier has %(found)s characters; an identifier has 8 or 11."),
        lazy("Look for two numbers joined, or a space too many, then correct it."),
    ),
    "number_too_long": (
        lazy("This number has %(found)s characters; at most %(most)s are kept."),
        lazy("Check whether two cells were joined."),
    ),
    "identifier_unusable": (
        lazy("This identifier holds something else than digits and letters."),
        lazy("Copy it again from the person’s file."),
    ),
    "two_people": (
        lazy("This identifier already stands on line %(other)s for %(name)s: two different people."),
        lazy("Give each person their own identifier, or leave the doubtful one empty."),
    ),
    "known_as_another": (
        lazy("We know this identifier as that of %(name)s: somebody else."),
        lazy("Check the identifier with the person, or leave the cell empty."),
    ),
    "numbers_disagree": (
        lazy("The two numbers on this line belong to two people we know: the second one is %(name)s."),
        lazy("Keep the number that is right and empty the other cell."),
    ),
    "same_line_twice": (
        lazy("This line is the same as line %(other)s."),
        lazy("Keep one of the two and remove the other."),
    ),
    "same_person_twice": (
        lazy("Line %(other)s already enrols this person, with other details."),
        lazy("Keep the line whose details are right and remove the other."),
    ),
    "social_security_number": (
        lazy("This is a social-security number: we have no right to keep it."),
        lazy("Empty this cell. The identifier of France Travail or the staff number is enough."),
    ),
}  # fmt: skip
WARNINGS: Final[dict[str, tuple[Lazy, Lazy]]] = {
    "email_flagged": (
        lazy("Its source says that this e-mail address is not valid: it is not used."),
        lazy("Ask the person for another one, or print an access card."),
    ),
    "identifier_unusual": (
        lazy("This identifier has %(found)s characters, where 8 or 11 are usual."),
        lazy("Check that no zero was lost in front. It is kept as it is."),
    ),
    "identifier_long": (
        lazy("Identifiers of 11 characters that end in a letter, like this one, are those of older files."),
        lazy(
            "Nothing to do: they are kept as they are, and meet the same person’s identifier of 8 characters."
        ),
    ),
    "possible_duplicate": (
        lazy("We know somebody with this name and this date of birth, under another number."),
        lazy(
            "If it is the same person, write the number that we know, or merge the two on the person’s page."
        ),
    ),
    "possible_duplicate_in_file": (
        lazy("Line %(other)s has the same name and the same date of birth, with another number."),
        lazy("If it is the same person, keep one of the two lines."),
    ),
    "other_first_name": (
        lazy("This identifier is known with another first name: %(name)s."),
        lazy("Check that it is the same person. The first name of the file is kept."),
    ),
    "other_first_name_in_file": (
        lazy("Line %(other)s has the same identifier with another first name: %(name)s."),
        lazy("Check that it is the same person. The later line of the file is kept."),
    ),
    "siret_wrong": (
        lazy("This SIRET is not a valid one: its control digit is wrong."),
        lazy("Check it with the employer or the training body. It is kept as text."),
    ),
    "agency_unknown": (
        lazy("We know no agency by this code."),
        lazy("Check it. It is kept as text, and the person joins the organisation of the cohort."),
    ),
    "adviser_unknown": (
        lazy("We know no adviser by this name or address."),
        lazy("Add this adviser, then send the file again. Meanwhile it is kept as text."),
    ),
    "dates_reversed": (
        lazy("The training would end before it starts."),
        lazy("Check both dates. They are kept as they are."),
    ),
    "phone_unread": (
        lazy("The second phone number cannot be used."),
        lazy("Nothing to do: the first one is kept."),
    ),
    "hard_to_tell": (
        lazy("Nothing tells this person from a namesake."),
        lazy("Add a date of birth, an identifier or an e-mail address if you can."),
    ),
    "changed_here_too": (
        lazy("The file says this otherwise than last time, and it was changed here as well: %(known)s."),
        lazy("Check which is right. What the file says is kept."),
    ),
    "was_withdrawn": (
        lazy("This person was withdrawn from the cohort, and stays so."),
        lazy("If the person comes back, add them again from the page of the cohort."),
    ),
}
_WHOLE = lazy("Whole line")
_SHOWN = 200  #: characters of a wrong value that a report shows


@dataclass(frozen=True, slots=True)
class Fault:
    """Something about a line: an error keeps it out, a warning does not. ``value`` is what the file says, shortened."""

    line: int
    column: str
    value: str
    code: str
    about: Mapping[str, Any] = field(default_factory=dict)
    who: str = ""

    @property
    def is_warning(self) -> bool:
        """Whether the line is good all the same."""
        return self.code in WARNINGS

    def kept(self) -> dict[str, Any]:
        """What a report keeps: plain values, not yet worded."""
        return {"line": self.line, "column": self.column, "value": self.value, "code": self.code,
                "about": dict(self.about), "who": self.who}  # fmt: skip


def of_row(fault: RowFault, cells: list[object]) -> Fault:
    """The fault of a row that has the wrong shape."""
    return Fault(fault.line, "", whole(cells), fault.code, dict(fault.details))


def whole(cells: Sequence[object]) -> str:
    """A whole line as a report shows it."""
    text = " | ".join(str(cell) for cell in cells if cell is not None)
    return shortened(without_numbers(text[: 10 * _SHOWN]))


def worded(kept: Mapping[str, Any]) -> dict[str, Any]:
    """A kept fault as people read it, in the language of the moment: line, column, value, message, remedy."""
    message, remedy = _said(kept["code"], kept["about"], kept["line"])
    return {
        "line": kept["line"], "column": kept["column"] or str(_WHOLE), "value": kept["value"],
        "message": message, "remedy": remedy,
    }  # fmt: skip


def shortened(text: str) -> str:
    """A value as a report shows it."""
    plain = "".join(c if c.isprintable() else "�" for c in text)
    return plain if len(plain) <= _SHOWN else plain[: _SHOWN - 1] + "…"


def _said(code: str, about: Mapping[str, Any], line: int) -> tuple[str, str]:
    pair = ERRORS.get(code) or WARNINGS.get(code)
    if pair is None:
        return sentence(RowFault(line, code, dict(about)))
    message, remedy = pair
    return (message % about, remedy % about) if about else (str(message), str(remedy))


class PeopleFileRefused(Refused):
    """A file from which nobody can be enrolled, whatever its lines hold."""

    status = 422


class NotOfPeople(PeopleFileRefused):
    """A layout that we know, and that lists something else than people to enrol."""

    def __init__(self, reason: Lazy, remedy: Lazy) -> None:
        super().__init__(str(reason), str(remedy))


class ColumnsMissing(PeopleFileRefused):
    """Without names there is nobody. Somebody may say what the columns are: ``sight`` is what they look at."""

    def __init__(self, missing: list[str], header: list[str], sight: Mapping[str, Any]) -> None:
        self.sight = sight
        quoted = str(lazy("“%(name)s”"))
        named = [name for name in header if name]
        read = ", ".join(
            [quoted % {"name": shortened(name)} for name in named[:8]] + ["…"] * (len(named) > 8)
        )
        said = (
            lazy("A column is missing: %(names)s.")
            if len(missing) == 1
            else lazy("Columns are missing: %(names)s.")
        )
        super().__init__(
            str(said) % {"names": ", ".join(missing)},
            str(lazy("Name the columns as in the template. The columns read are: %(names)s."))
            % {"names": read},
        )


class SocialSecurityColumn(PeopleFileRefused):
    """The law does not let us keep these numbers."""

    def __init__(self, header: str) -> None:
        super().__init__(
            str(lazy("The column “%(name)s” holds social-security numbers, which we have no right to keep."))
            % {"name": header},
            str(
                lazy(
                    "Remove this column, then send the file again. The identifier of France Travail or the staff number is enough."
                )
            ),
        )


class NobodyInside(PeopleFileRefused):
    """A header and nothing below."""

    def __init__(self) -> None:
        super().__init__(
            str(lazy("This file has names of columns, but nobody below them.")),
            str(lazy("Add a line for each person, then send the file again.")),
        )
