"""The command line: one app, a file a kind of user, nothing imported before it is needed.

1. Every error of the tree ends in one line and its exit code; Ctrl-C ends in 130 and loses nothing.
2. `--version` answers without importing the commands.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from lowband import __version__


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the `lowband` command."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["--version"]:
        print(f"lowband {__version__}")
        return
    from lowband.cli.console import fail
    from lowband.errors import LowbandError

    try:
        from lowband.cli.app import app

        app(given, prog_name="lowband")
    except LowbandError as error:
        fail(error, "--json" in given)
    except KeyboardInterrupt:
        print("", file=sys.stderr)
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
