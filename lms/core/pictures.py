"""A picture that somebody sent becomes one of ours: read within limits, drawn anew, so that nothing else of the file stays.

What hides behind the pixels (a script, a second file, a place and a day in its notes) is not carried over.
"""

import io
import warnings
from typing import IO, Final

from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.i18n import number_

LARGEST: Final = 1024 * 1024  #: bytes
MOST_SIDE, LEAST_SIDE = 4_000, 24  #: pixels of either side
MOST_PIXELS: Final = 8_000_000  #: 32 MiB once it is unpacked
_BEGINNINGS = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG"}


class NotAPicture(Refused):
    """The file cannot be taken: why, and what to send instead."""

    status = 422


def drawn_anew(stream: IO[bytes], width: int, height: int) -> bytes:
    """The picture as a PNG of at most so many pixels, its proportions kept, a transparent ground too.

    Takes PNG and JPEG. Raises ``NotAPicture``. It costs up to a third of a second: outside of what others wait for.
    """
    content = stream.read(LARGEST + 1)
    if not content:
        raise NotAPicture(_("No file was chosen."), _("Choose a PNG or JPEG file."))
    if len(content) > LARGEST:
        raise NotAPicture(
            _("This file is larger than 1 MB."), _("Make the picture smaller, then send it again.")
        )
    kind = next((kind for start, kind in _BEGINNINGS.items() if content.startswith(start)), "")
    if not kind:
        raise NotAPicture(*_what_it_is(content))
    return _redraw(content, kind, (width, height))


def _what_it_is(content: bytes) -> tuple[str, str]:
    head = content[:1024].lstrip().lower()
    if head.startswith((b"<svg", b"<?xml")) or b"<svg" in head:
        return (
            _("An SVG drawing is not taken: it may hold programs."),
            _("Open it in a drawing program or a browser, and save it as PNG."),
        )
    return _("This file is neither PNG nor JPEG, whatever its name says."), _(
        "Save the picture as PNG or JPEG."
    )


def _redraw(content: bytes, kind: str, within: tuple[int, int]) -> bytes:
    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(content), formats=[kind]) as sent:  # reads the head only
                _check_size(*sent.size)
                turned = ImageOps.exif_transpose(sent)  # here it is unpacked
                image = turned.convert("RGBA" if _has_ground(sent) else "RGB")
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise NotAPicture(_("This picture has too many pixels."), _("Make it smaller.")) from None
        except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, OverflowError):
            raise NotAPicture(
                _("This picture is damaged: it cannot be read to its end."),
                _("Save it once more, as PNG or JPEG."),
            ) from None
    image.thumbnail(within, Image.Resampling.LANCZOS)
    clean = Image.new(image.mode, image.size)
    clean.paste(image)  # pixels alone: no notes, no profile
    out = io.BytesIO()
    clean.save(out, "PNG", optimize=True)
    return out.getvalue()


def _check_size(width: int, height: int) -> None:
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        raise NotAPicture(
            _(
                "This picture has %(width)s × %(height)s pixels: too many.",
                width=number_(width),
                height=number_(height),
            ),
            _("Make it smaller: %(most)s pixels a side are plenty.", most=number_(1_000)),
        )
    if min(width, height) < LEAST_SIDE:
        raise NotAPicture(
            _("This picture is only %(width)s × %(height)s pixels.", width=width, height=height),
            _("Take a larger one: at least %(least)s pixels a side.", least=LEAST_SIDE),
        )


def _has_ground(image: object) -> bool:
    """Whether something may shine through."""
    mode, info = getattr(image, "mode", ""), getattr(image, "info", {})
    return mode in ("RGBA", "LA", "PA", "La") or "transparency" in info
