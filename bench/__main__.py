"""List the benchmarks.

1. Each benchmark is a module of its own, run as `python -m bench.NAME`; this one only names them.
"""

from __future__ import annotations

import importlib

NAMES = ("updates", "first", "line", "device", "publish")


def main() -> None:
    """Print each benchmark's name and the first line of its docstring."""
    for name in NAMES:
        doc = importlib.import_module(f"bench.{name}").__doc__ or ""
        print(f"python -m bench.{name:8}  {doc.strip().splitlines()[0]}")
    print("options of all: --write (into docs/benchmarks.md), --course NAME (again for more), --cache DIR, --help")


if __name__ == "__main__":
    main()
