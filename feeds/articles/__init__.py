"""From the bytes of a file to canonical entries. Pure: no I/O."""

from typing import Final

# Raised with every change by which the same file gives other entries, so that
# catalogs that another version has written read every file again.
PARSER_VERSION: Final = "38"
