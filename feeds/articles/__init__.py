"""From the bytes of a file to canonical entries. Pure: no I/O."""
