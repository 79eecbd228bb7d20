"""The command `feeds`: the composition root, which connects clock, folders and processes."""

import errno
import io
import os
import sys

from feeds.cli.app import program
from feeds.cli.options import UsageError, usage_message
from feeds.cli.terminal import say, shown_problem
from feeds.errors import CatalogMissing, ConfigError, FeedsError

EXIT_DONE, EXIT_PROBLEMS, EXIT_COULD_NOT = 0, 1, 2


def main() -> None:
    """Run the command line. A mistake of the user leads to one message, never to a traceback."""
    # Names or terminals that are not UTF-8 must not cause a traceback.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            status = program("".join(sys.argv[1:2]))(prog_name="feeds", standalone_mode=False)
        finally:
            # Here a failure can be reported; at the end of the process Python itself would
            # print a traceback.
            if sys.__stdout__ is not None:  # the caller may have closed it
                sys.__stdout__.flush()
        sys.exit(status or EXIT_DONE)
    except ConfigError as error:
        for problem in error.problems:
            print(shown_problem(problem, sys.stderr), file=sys.stderr)
        sys.exit(EXIT_COULD_NOT)
    except FeedsError as error:
        hint = f"; {error.hint}" if isinstance(error, CatalogMissing) else ""
        say(f"error: {error}{hint}")
        sys.exit(EXIT_COULD_NOT)
    except UsageError as error:
        say(usage_message(error))
        sys.exit(EXIT_COULD_NOT)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reading program has ended, as in `feeds list | head`
        _discard_output()
        sys.exit(EXIT_DONE)
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename is not None:
            raise
        _discard_output()
        say(f"error: standard output cannot be written: {error.strerror}")
        sys.exit(EXIT_COULD_NOT)


def _discard_output() -> None:
    """Discard what is still buffered for standard output.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
