"""The command `feeds`: the composition root, where clock, folders and processes meet."""

import io
import sys

from feeds.cli.app import program
from feeds.cli.common import say
from feeds.errors import FeedsError

EXIT_DONE, EXIT_PROBLEMS, EXIT_COULD_NOT = 0, 1, 2


def main() -> None:
    """Run the command line. A person's mistake is one message, never a traceback."""
    # A name that is not UTF-8, or a terminal that is not, must not end in a traceback.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        program("".join(sys.argv[1:2]))(prog_name="feeds")
    except FeedsError as error:
        say(str(error))
        sys.exit(EXIT_COULD_NOT)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(EXIT_DONE)
