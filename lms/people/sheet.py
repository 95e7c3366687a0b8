"""The sheet of access cards: eight to an A4 page, on the screen and as a PDF."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from config import settings
from lms.core import files
from lms.core import pdf as drawing
from lms.core.i18n import language
from lms.core.qr import qr_png, qr_svg
from lms.people.queries import PrintedCard

EACH = 8  #: cards on a page


def of(cards: Sequence[PrintedCard], actor: Any) -> dict[str, Any]:
    """What ``people/cards.html`` and ``cards_pdf.html`` are filled with: the cards, and whom to call, from whoever prints."""
    return {
        "cards": cards,
        "organisation": actor.organisation_name,
        "phone": actor.home_phone,
        "helper": actor.name,
        "address": urlsplit(settings.current().base_url).netloc,
        "picture": picture,
        "logo": actor.logo_url,
        "logo_key": actor.logo if files.storage().exists(actor.logo) else "",
    }


def picture(card: PrintedCard) -> Markup:
    """The QR code of a card for a page."""
    return qr_svg(card.url)


def pdf(html: str, cards: Sequence[PrintedCard], title: str, logo_key: str) -> bytes:
    """The sheet as a PDF. Slow: outside of any transaction."""
    images = {f"qr-{card.number}.png": qr_png(card.url) for card in cards}
    if logo_key:
        with files.storage().open(logo_key) as picture:
            images["logo.png"] = picture.read()
    return drawing.render(html, title=title, language=language(), images=images)
