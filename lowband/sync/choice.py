"""Which layers of a bundle a device takes.

1. Pure: what the user asked for, what is here, what the bundle offers in; layer indexes out.
2. All installed layers share one edition, so a delta is taken for all of them; layers asked for later come from
   nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lowband.bundle.format import First
from lowband.errors import FormatError, WrongBaseError
from lowband.model.edition import closure
from lowband.model.names import LAYERS

NO_BASE = bytes(4)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a participant asked for: kinds of layers, and languages (None = all)."""

    kinds: tuple[str, ...] = ("core", "lite", "full")
    langs: tuple[str, ...] | None = None

    @property
    def everything(self) -> bool:
        """Whether every layer in every language is wanted."""
        return self.langs is None and set(LAYERS) <= set(self.kinds)

    def spelled(self) -> str:
        """The choice as the store keeps it."""
        return json.dumps([sorted(self.kinds), sorted(self.langs) if self.langs is not None else None])

    def layers(self, first: First) -> frozenset[int]:
        """Indexes of the layers asked for among those that the bundle ends with."""
        names = {y.name: n for n, y in enumerate(first.layers) if y.result}
        return frozenset(names[name] for name in closure(self.kinds, self.langs, names))


def from_nothing(first: First, choice: Choice, here: Iterable[str] = ()) -> frozenset[int]:
    """Layers to take from a full bundle: those asked for that are not `here`, and what their groups lean on."""
    have = set(here)
    return _with_needs(first, frozenset(n for n in choice.layers(first) if first.layers[n].name not in have))


def from_base(first: First, choice: Choice, here: Mapping[str, bytes]) -> frozenset[int]:
    """Layers to take from a delta: those here, and those that are new in its edition.

    Raises `WrongBaseError` when the delta is made for another base than what is here.
    """
    picked = set()
    for n, line in enumerate(first.layers):
        if line.result and (line.name in here or (line.base_check == NO_BASE and n in choice.layers(first))):
            picked.add(n)
    chosen = _with_needs(first, frozenset(picked))
    for n in chosen:
        line = first.layers[n]
        base = here.get(line.name)
        if (base[:4] if base is not None else NO_BASE) != line.base_check:
            raise WrongBaseError(name=line.name)
    return chosen


def _with_needs(first: First, picked: frozenset[int]) -> frozenset[int]:
    todo, found = list(picked), set(picked)
    while todo:
        line = first.layers[todo.pop()]
        for n in line.needs:
            if n >= len(first.layers):
                raise FormatError("bundle.needs", "no such layer")
            if n not in found:
                found.add(n)
                todo.append(n)
    return frozenset(found)
