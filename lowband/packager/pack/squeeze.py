"""The smallest frame within the time that a group is worth.

1. What shrinks not at all is not tried hard; what is small is tried in several ways, and the smallest is kept.
2. Tables are bounded, so that a publisher's laptop is enough.
"""

from __future__ import annotations

from lowband.bundle.compress import Tune, pack

LITTLE = 1 << 20  # bytes of prefix and content together that are tried in every way
LARGE = 1 << 20  # bytes of content that does not shrink, above which it is not tried hard
_BOUNDS: Tune = {"chain_log": 25, "hash_log": 24}
_WAYS: tuple[tuple[int, Tune], ...] = (
    (22, {"enable_long_distance_matching": 0, "target_length": 4096, "search_log": 9}),
    (19, {"enable_long_distance_matching": 0}),
    (22, {"enable_long_distance_matching": 1, "target_length": 4096}),
)


def squeeze(content: bytes, prefix: bytes, noise: bool) -> bytes:
    """`content` leaning on `prefix` as one frame; `noise`: it does not shrink."""
    if noise and not prefix and len(content) > LARGE:
        return pack(content, level=5)
    if len(content) + len(prefix) <= LITTLE:
        return min((pack(content, prefix, level, tune) for level, tune in _WAYS), key=len)
    return pack(content, prefix, 22, _BOUNDS)
