"""What an address asks for: filters, order, page. Whatever is typed there, a page comes back."""

from flask import request

from lms.enrolment.queries import CohortFilter, MemberFilter


def number(name: str) -> int:
    """A number of the address; 0 where there is none."""
    found = request.args.get(name, "")
    return int(found) if found.isascii() and found.isdigit() and len(found) < 16 else 0


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


def chosen() -> list[int]:
    """The members ticked in a form."""
    return ticked("member")


def ticked(name: str) -> list[int]:
    """Numbers of the rows ticked in a form, under this name."""
    return [
        int(one) for one in request.form.getlist(name) if one.isascii() and one.isdigit() and len(one) < 16
    ]
