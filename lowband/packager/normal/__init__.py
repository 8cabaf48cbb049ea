"""The normal form: a lossless rewriting of a source file that a delta can see through.

1. `normal_form` is pure, deterministic and idempotent, and takes any bytes whatever.
2. What it changes it proves: members and streams equal byte for byte, pixels and rendered pages equal.
3. What cannot be proven, is signed, encrypted, broken, too large, or would cost more, is left alone with a reason.
"""

from __future__ import annotations

from lowband.packager.normal.cache import NormalCache
from lowband.packager.normal.core import Normal, normal_form
from lowband.packager.normal.pool import normalise_all
from lowband.packager.normal.sniff import HEAD, kind_of

__all__ = ["HEAD", "Normal", "NormalCache", "kind_of", "normal_form", "normalise_all"]
