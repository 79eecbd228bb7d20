"""An address as a QR code, for whoever wants a page on a telephone. Pure."""

import segno


def qr(address: str) -> str:
    """The code as SVG that stands in a page as it is: drawn from bits, no text in it."""
    made = segno.make(address, error="m", micro=False)
    drawn: str = made.svg_inline(border=3, svgclass="qr", lineclass="", omitsize=True, light="#fff")
    return drawn
