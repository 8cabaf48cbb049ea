"""Run a module as a process that does not outlive whoever started it: `python -m lowband.demo.leash MODULE ARGUMENTS…`.

1. Standard input is the leash: a pipe that nobody writes to. Its end means that the starter is gone, however it went.
2. Then this process and those it started end at once; on systems with process groups it leads one of its own.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def _wait_for_the_end() -> None:
    while os.read(0, 1):
        pass
    if os.name == "posix" and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def main() -> None:
    """Hold the leash, and be the module."""
    threading.Thread(target=_wait_for_the_end, daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
