"""Which names a depot may hold, and how a carrier is called in messages.

1. A name that is not a depot's never reaches a file system or a request.
2. A password in an address never reaches a message.
"""

from __future__ import annotations

import re

from lowband.errors import UnsafeNameError

_DEPOT_FILE = re.compile(r"head|root/[1-9][0-9]{0,8}|[0-9a-f]{2}/[0-9a-f]{62}(\.[1-9][0-9]{0,4})?")
_SECRET = re.compile(r"(?<=://)([^/@:]*):[^/@]*@")


def is_depot_file(name: str) -> bool:
    """Whether `name` is one that docs/format.md section 7 gives to a depot's files."""
    return _DEPOT_FILE.fullmatch(name) is not None


def check_depot_file(name: str) -> str:
    """`name` itself; raises `UnsafeNameError` when no depot has such a file."""
    if not is_depot_file(name):
        raise UnsafeNameError(name, "not a name that a depot uses")
    return name


def without_secret(address: str) -> str:
    """`address` with the password of `user:password@` left out."""
    return _SECRET.sub(r"\1@", address)
