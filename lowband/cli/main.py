"""The command line: one app, a file a kind of user, nothing imported before it is needed.

1. Every error of the tree ends in one line and its exit code; Ctrl-C ends in 130 and loses nothing.
2. `--version` answers without importing the commands.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn

from lowband import __version__

if TYPE_CHECKING:
    from typer.exceptions import TyperException


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the `lowband` command."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["--version"]:
        print(f"lowband {__version__}")
        return
    sys.excepthook = _confess
    from typer.exceptions import Abort, TyperException

    from lowband.cli.console import fail
    from lowband.errors import LowbandError, StoreError

    try:
        from lowband.cli.app import command

        raise SystemExit(command()(given, prog_name="lowband", standalone_mode=False) or 0)
    except TyperException as error:
        _misused(error, "--json" in given)
    except LowbandError as error:
        fail(error, "--json" in given)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read us has gone
    except OSError as error:
        fail(StoreError(detail=f"{error.filename or ''} {error.strerror or error}".strip()), "--json" in given)
    except (KeyboardInterrupt, Abort):
        print("", file=sys.stderr)
        raise SystemExit(130) from None


def _misused(error: TyperException, as_json: bool) -> NoReturn:
    """Wrong use, as typer found it: one line like all others. A command without its words has shown its help."""
    from lowband.cli.console import fail
    from lowband.errors import UsageError

    if type(error).__name__ == "NoArgsIsHelpError":
        raise SystemExit(error.exit_code)
    context = getattr(error, "ctx", None)
    message = error.format_message().removesuffix(".")
    fail(UsageError(detail=f"{context.command_path}: {message}" if context else message), as_json)


def _confess(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A bug: one line for the user, the traceback in a file for whoever mends it."""
    import traceback

    from lowband.cli.settings import home
    from lowband.cli.tongue import say

    file = home().root / "bug.txt"
    file.write_text("".join(traceback.format_exception(kind, error, trace)), "utf-8")
    line = say("lowband met a bug of its own ({error}); what was saved is safe; please send {file} to its makers")
    print("lowband:", line.format(error=kind.__name__, file=file), file=sys.stderr)


if __name__ == "__main__":
    main()
