"""Run one program and say what it took: seconds and peak memory.

1. The program is started by this small process, not by the benchmark: on Linux a child's peak counts from that of the
   process it was forked from, so the floor of every figure is this process (some 15 MB), which lowband exceeds anyway.
2. The figures are the kernel's (wait4), children included: the largest process, not their sum.

Run as `python -m bench.spawn REPORT COMMAND…`; REPORT gets one JSON object.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path


def main() -> None:
    """Run the command with this process's streams, write the report, end with the command's code."""
    report, command = Path(sys.argv[1]), sys.argv[2:]
    start = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    seconds = time.monotonic() - start
    per_unit = 1 if sys.platform == "darwin" else 1024
    figures = {"seconds": seconds, "peak": usage.ru_maxrss * per_unit, "cpu": usage.ru_utime + usage.ru_stime}
    report.write_text(json.dumps(figures), "utf-8")
    code = os.waitstatus_to_exitcode(status)
    raise SystemExit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
