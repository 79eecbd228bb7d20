"""The command `feeds`: the composition root, where clock, folders and processes meet."""

import errno
import io
import os
import sys

from feeds.cli.app import program
from feeds.cli.options import say
from feeds.errors import FeedsError

EXIT_DONE, EXIT_PROBLEMS, EXIT_COULD_NOT = 0, 1, 2


def main() -> None:
    """Run the command line. A person's mistake is one message, never a traceback."""
    # A name that is not UTF-8, or a terminal that is not, must not end in a traceback.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            program("".join(sys.argv[1:2]))(prog_name="feeds")
        finally:
            # Here it can be told that this fails: at the end of the process Python itself
            # would complain, in words of its own.
            if sys.__stdout__ is not None:  # closed by whoever started this
                sys.__stdout__.flush()
    except FeedsError as error:
        say(str(error))
        sys.exit(EXIT_COULD_NOT)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # whoever reads has enough: `feeds list | head`
        _write_nothing_more()
        sys.exit(EXIT_DONE)
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename is not None:
            raise
        _write_nothing_more()
        say(f"standard output cannot be written: {error.strerror}")
        sys.exit(EXIT_COULD_NOT)


def _write_nothing_more() -> None:
    """https://docs.python.org/3/library/signal.html#note-on-sigpipe"""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
