"""A catalogue as a depot shows it at one moment, verified as a device would verify it.

1. The publishing side trusts a depot no more than a device does: everything read is judged by `trust/chain.py`.
2. A root past the head's is a rotation that was interrupted: it is adopted, and the next head completes it.
"""

from __future__ import annotations

from dataclasses import dataclass

from lowband.carriers.base import Carrier
from lowband.errors import LimitError
from lowband.model.depot import HEAD, object_name, root_name
from lowband.model.trust import (
    DELEGATIONS_MAX,
    HEAD_MAX,
    RECORD_MAX,
    ROOT_MAX,
    STATE_MAX,
    CourseLine,
    Delegations,
    Head,
    Root,
    State,
)
from lowband.trust.chain import (
    Seen,
    accept_delegations,
    accept_first_root,
    accept_head,
    accept_next_root,
    accept_state,
    catalogue_id,
    roots_needed,
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Root (the newest), and what the head reaches."""

    root: Root
    head: Head
    state: State
    delegations: Delegations
    delegations_data: bytes
    registrar: bytes  # the key that signed `delegations`; not the root's own while a rotation is unfinished


def fetch(carrier: Carrier, file: str, most: int) -> bytes:
    """A small file of the depot, whole. Raises LimitError when it is larger than `most`, CarrierError."""
    data = b"".join(carrier.read(file, 0, most + 1))
    if len(data) > most:
        raise LimitError(file, f"more than {most}")
    return data


def catalogue_of(carrier: Carrier) -> bytes:
    """The id of the catalogue in a depot, from its root 1."""
    return catalogue_id(accept_first_root(fetch(carrier, root_name(1), ROOT_MAX), None, carrier.name).body())


def load_snapshot(carrier: Carrier, catalogue: bytes) -> Snapshot:
    """What the depot holds. Raises TrustError, IntegrityError, FormatError, CarrierError and their kinds."""
    root = accept_first_root(fetch(carrier, root_name(1), ROOT_MAX), catalogue, carrier.name)
    data = fetch(carrier, HEAD, HEAD_MAX)
    for version in roots_needed(data, root):
        root = accept_next_root(fetch(carrier, root_name(version), ROOT_MAX), root, catalogue)
    head = accept_head(data, root, catalogue, Seen())
    state = accept_state(fetch(carrier, object_name(head.state_hash), STATE_MAX), head)
    listed = fetch(carrier, object_name(state.delegations_hash), DELEGATIONS_MAX)
    delegations = accept_delegations(listed, state, root, catalogue, Seen())
    registrar = root.registrar
    while carrier.has(root_name(root.version + 1)):
        root = accept_next_root(fetch(carrier, root_name(root.version + 1), ROOT_MAX), root, catalogue)
    return Snapshot(root, head, state, delegations, listed, registrar)


def fetch_record(carrier: Carrier, line: CourseLine) -> bytes:
    """The bytes of a course's record, not yet judged."""
    return fetch(carrier, object_name(line.record_hash), RECORD_MAX)
