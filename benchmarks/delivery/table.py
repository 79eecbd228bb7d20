"""Plain tables for a terminal and for Markdown alike."""

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns line up; all but the first are to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(head, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first, *others = cells
        put = [first.ljust(widths[0])]
        put += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        return "| " + " | ".join(put) + " |"

    rule = "| " + "-" * widths[0] + " | "
    rule += " | ".join("-" * (width - 1) + ":" for width in widths[1:]) + " |"
    return "\n".join([line(head), rule, *map(line, rows)])


def against(value: float, limit: float, *, at_most: bool = False) -> str:
    """A limit, and whether a figure keeps it."""
    kept = value <= limit if at_most else value >= limit
    return f"{'≤' if at_most else '≥'} {limit:g} {'yes' if kept else 'NO'}"


def mebibytes(count: float) -> str:
    """Bytes, for people."""
    return f"{count / (1 << 20):,.1f} MiB"
