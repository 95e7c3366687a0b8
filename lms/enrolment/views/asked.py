"""What an address asks for: filters, order, page. Whatever is typed there, a page comes back."""

from flask import request

from lms.enrolment.queries import CohortFilter, DeclarationFilter, MemberFilter


def number(name: str) -> int:
    """A number of the address; 0 where there is none."""
    return _number(request.args.get(name, ""))


def _number(said: str) -> int:
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else 0


def cohort_filter() -> CohortFilter:
    """What the list of cohorts is asked for."""
    kind, _colon, of = request.args.get("path", "").partition(":")
    which = int(of) if of.isascii() and of.isdigit() and len(of) < 16 else 0
    return CohortFilter(
        words=request.args.get("q", "").strip()[:100],
        curriculum_id=which if kind == "curriculum" else 0,
        course_id=which if kind == "course" else 0,
        follower_id=number("follower"),
        due=request.args.get("due", ""),
        sort=request.args.get("sort", "name"),
        number=number("page"),
    )


def member_filter() -> MemberFilter:
    """What the page of a cohort is asked for."""
    return MemberFilter(
        words=request.args.get("q", "").strip()[:100],
        standing=request.args.get("state", ""),
        follower_id=number("follower"),
        seen=request.args.get("seen", ""),
        sort=request.args.get("sort", "name"),
        number=number("page"),
    )


def declaration_filter() -> DeclarationFilter:
    """What the list of declarations is asked for; the forms of the list keep it in their addresses."""
    said = request.args.get
    return DeclarationFilter(number("cohort"), said("portal", ""), said("state", ""), number("page"))


def declarations() -> dict[str, int]:
    """The declarations ticked in a form, each with the number of its member. At most 5,000."""
    said = request.form.getlist("declaration")[:5_000]
    return {key: number for key in said if (number := _number(key.partition("-")[0]))}


def chosen() -> list[int]:
    """The members ticked in a form."""
    return ticked("member")


def ticked(name: str) -> list[int]:
    """Numbers of the rows ticked in a form, under this name."""
    return [
        int(one) for one in request.form.getlist(name) if one.isascii() and one.isdigit() and len(one) < 16
    ]
