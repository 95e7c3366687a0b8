"""The sheet of access cards: eight to an A4 page, on the screen and as a PDF."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import segno
from markupsafe import Markup

from config import settings
from lms.core.i18n import language
from lms.people.queries import PrintedCard


def of(cards: Sequence[PrintedCard], actor: Any) -> dict[str, Any]:
    """What ``people/cards.html`` is filled with: the cards, and whom to call, from whoever prints them."""
    return {
        "cards": cards,
        "organisation": actor.organisation_name,
        "phone": actor.home_phone,
        "helper": actor.name,
        "address": urlsplit(settings.current().base_url).netloc,
        "picture": picture,
    }


def picture(card: PrintedCard) -> Markup:
    """The QR code of a card as inline SVG, black on white, with its quiet edge."""
    drawn = segno.make(card.url, error="m", micro=False)
    return Markup(drawn.svg_inline(border=3, omitsize=True))


def pdf(html: str, cards: Sequence[PrintedCard], title: str) -> bytes:
    """The sheet as a PDF. Slow: outside of any transaction."""
    from lms.core import pdf as drawer
    from lms.core.qr import qr_png

    images = {f"qr-{card.number}.png": qr_png(card.url) for card in cards}
    return drawer.render(html, title=title, language=language(), images=images)
