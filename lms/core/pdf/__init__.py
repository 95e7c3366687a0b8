"""PDF out of HTML, drawn by processes of their own that fetch nothing; and codes that survive what is done to a file."""

from lms.core.pdf.drawing import Document, PdfFailed, render, render_many
from lms.core.pdf.stamps import codes_in, stamp

__all__ = ["Document", "PdfFailed", "codes_in", "render", "render_many", "stamp"]
