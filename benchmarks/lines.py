"""Count the code lines of the package, and fail beyond a limit.

    python -m benchmarks.lines
    python -m benchmarks.lines --at-most 12000 --files 130 --longest 400

A code line is a physical line with at least one token that is neither a comment nor part
of a docstring. Blank lines inside a string that spans several lines are not counted.
"""

import argparse
import ast
import io
import sys
import tokenize
from pathlib import Path
from typing import Final, NamedTuple

PACKAGE: Final = Path(__file__).parent.parent / "feeds"
_NOT_CODE: Final = frozenset(
    (
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENCODING,
        tokenize.ENDMARKER,
    )
)


class Size(NamedTuple):
    """The size of one file: its code lines, and all of its lines."""

    path: Path
    code: int
    lines: int


def sizes(package: Path = PACKAGE) -> list[Size]:
    """Return the size of each Python file below a folder, in order of paths."""
    return [
        Size(path, code_lines(source), len(source.splitlines()))
        for path in sorted(package.rglob("*.py"))
        for source in [path.read_text(encoding="utf-8")]
    ]


def code_lines(source: str) -> int:
    """Return the number of code lines of a module's source."""
    docstrings = _docstring_starts(ast.parse(source))
    lines = source.splitlines()
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in _NOT_CODE or token.start in docstrings:
            continue
        code.update(range(token.start[0], token.end[0] + 1))
    return sum(bool(lines[number - 1].strip()) for number in code)


def _docstring_starts(tree: ast.Module) -> set[tuple[int, int]]:
    """Return line and column at which each docstring of a module begins."""
    owners = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return {
        (node.body[0].lineno, node.body[0].col_offset)
        for node in ast.walk(tree)
        if isinstance(node, owners) and ast.get_docstring(node, clean=False) is not None
    }


def main(arguments: list[str]) -> int:
    """Print the figures; return 1 if one exceeds its limit, else 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lines")
    parser.add_argument("package", nargs="?", type=Path, default=PACKAGE)
    parser.add_argument("--at-most", type=int, help="limit of code lines")
    parser.add_argument("--files", type=int, help="limit of files")
    parser.add_argument("--longest", type=int, help="limit of lines of one file, all counted")
    options = parser.parse_args(arguments)
    found = sizes(options.package)
    longest = max(found, key=lambda size: size.lines)
    figures = [
        ("code lines", sum(size.code for size in found), options.at_most),
        ("files", len(found), options.files),
        (f"lines of {longest.path}", longest.lines, options.longest),
    ]
    exceeded = False
    for name, figure, limit in figures:
        beyond = limit is not None and figure > limit
        exceeded |= beyond
        print(f"{figure:7,} {name}" + (f", {figure - limit:,} beyond {limit:,}" if beyond else ""))
    return int(exceeded)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
