"""The newest signed word of a catalogue: asked of a depot, verified step by step, kept whole.

1. The order is that of docs/format.md section 8; deciding is `trust.chain`'s, moving bytes is done here.
2. Nothing new costs one request.
3. Root, head, state and delegations are kept together or not at all.
"""

from __future__ import annotations

from dataclasses import replace

from lowband.carriers.base import Carrier
from lowband.errors import EquivocationError, UnchangedError
from lowband.model.depot import HEAD, root_name
from lowband.model.trust import DELEGATIONS_MAX, HEAD_MAX, ROOT_MAX, STATE_MAX, Root
from lowband.store.catalogues import Catalogue
from lowband.sync.sources import read_capped, read_on
from lowband.trust import chain


def seen_of(known: Catalogue) -> chain.Seen:
    """What this device remembers of a catalogue."""
    head, delegations = known.head, known.delegations
    # Without the head itself its number still counts: the same one may come again, an older one may not.
    epoch, seq = known.seen
    seen = chain.Seen(epoch, max(0, seq - 1))
    if head is not None:
        seen = chain.Seen(head.epoch, head.seq, head.state_hash, floor=head.issued)
    return seen.after_delegations(known.root, delegations) if delegations else seen


def refresh(carrier: Carrier, known: Catalogue, now: int) -> Catalogue:
    """The catalogue as `carrier`'s depot tells it, when that is not older than `known`.

    Raises the errors of `trust.chain` and of the carrier; `known` then stays what is believed.
    """
    try:
        data = read_capped(carrier, HEAD, HEAD_MAX)
    except UnchangedError:
        # Its word that nothing changed proves no more than the old head sent again would, and no less.
        data = known.head_bytes
    if data == known.head_bytes:
        return replace(known, checked=now)
    root, root_bytes = _follow_roots(carrier, data, known)
    seen = seen_of(known)
    try:
        head = chain.accept_head(data, root, known.id, seen)
    except EquivocationError as problem:
        problem.proof = data
        raise
    state_bytes = known.state_bytes
    if known.head is None or known.head.state_hash != head.state_hash or not state_bytes:
        state_bytes = read_on(carrier, head.state_hash, min(head.state_length, STATE_MAX))
    state = chain.accept_state(state_bytes, head)
    old = known.state
    delegations_bytes = known.delegations_bytes
    if old is None or old.delegations_hash != state.delegations_hash or not delegations_bytes:
        length = min(state.delegations_length, DELEGATIONS_MAX)
        delegations_bytes = read_on(carrier, state.delegations_hash, length)
    chain.accept_delegations(delegations_bytes, state, root, known.id, seen)
    return Catalogue(known.id, root_bytes, data, state_bytes, delegations_bytes, now, head.number)


def _follow_roots(carrier: Carrier, head: bytes, known: Catalogue) -> tuple[Root, bytes]:
    root, root_bytes = known.root, known.root_bytes
    for version in chain.roots_needed(head, root):
        data = read_capped(carrier, root_name(version), ROOT_MAX)
        root, root_bytes = chain.accept_next_root(data, root, known.id), data
    return root, root_bytes


def first_root(carrier: Carrier, expected: bytes | None) -> tuple[bytes, bytes]:
    """Catalogue id and root 1 of a depot that is joined; the caller shows the six words."""
    data = read_capped(carrier, root_name(1), ROOT_MAX)
    chain.accept_first_root(data, expected, carrier.name)
    return chain.catalogue_id(Root.parse(data)[1].body), data
