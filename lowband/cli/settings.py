"""Where lowband keeps things: the only reader of the environment.

1. `LOWBAND_HOME` moves everything; otherwise the system's usual folders hold it.
2. Keys and store are private to their owner (0700).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """The folders of one user of lowband."""

    root: Path

    @property
    def store(self) -> Path:
        """The device's store."""
        return self.root / "store.db"

    @property
    def keys(self) -> Path:
        """Signing keys, a folder a catalogue."""
        return self.root / "keys"

    @property
    def workshop(self) -> Path:
        """What the packager remembers: normal forms and past editions."""
        return self.root / "workshop"


def home() -> Home:
    """The home named by the environment, made when it is not there yet."""
    given = os.environ.get("LOWBAND_HOME")
    if given:
        root = Path(given).expanduser()
    else:
        import platformdirs

        root = Path(platformdirs.user_data_dir("lowband", appauthor=False))
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Home(root)
