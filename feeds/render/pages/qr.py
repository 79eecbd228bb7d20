"""An address as a QR code, for whoever wants a page on a telephone. Pure."""

import segno
from markupsafe import Markup


def qr(address: str) -> Markup:
    """The code as SVG that stands in a page: one path, sized by the style sheet."""
    made = segno.make(address, error="m", micro=False)
    drawn = made.svg_inline(border=3, svgclass="qr", lineclass="", omitsize=True, light="#fff")
    return Markup(drawn)  # noqa: S704 - segno draws it from bits, not from text
