"""Finds drift that shots of a scene share: the same person, by the same model, off in the same direction. Pure.

How a face is off is its embedding less the master's, both of length 1; how alike two ways of being off are is the
cosine between them. Unrelated drift has cosines around 0, a model that always draws the same other face around 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.qa.ladder.policy import Shared


@dataclass(frozen=True, slots=True)
class Offset:
    """How somebody is off in one shot."""

    shot: str
    """``s01/0010``."""
    who: str
    asset: str
    model: str
    vector: NDArray[np.float32]
    """The face's embedding less the master's, both of length 1."""

    @classmethod
    def of(
        cls, face: NDArray[np.float32], master: NDArray[np.float32], shot: str, person: tuple[str, str], model: str
    ) -> Offset:
        """Return the offset of a face from its master; `person` is who and asset."""
        return cls(shot, *person, model, _unit(face) - _unit(master))


def shared(offsets: Sequence[Offset], rule: Shared) -> tuple[tuple[Offset, ...], ...]:
    """Return the groups of shots of one scene, person and model that are off the same way, in the order given."""
    found = []
    places = dict.fromkeys((o.shot.split("/")[0], o.asset, o.model) for o in offsets)
    for place in places:
        mine = [o for o in offsets if (o.shot.split("/")[0], o.asset, o.model) == place]
        around = [[o for o in mine if o is middle or alike(middle, o) >= rule.alike] for middle in mine]
        largest = max(around, key=len, default=[])
        if len({o.shot for o in largest}) >= rule.shots:
            found.append(tuple(largest))
    return tuple(found)


def alike(one: Offset, other: Offset) -> float:
    """Return the cosine between two ways of being off; 0 where one is not off at all."""
    length = float(np.linalg.norm(one.vector) * np.linalg.norm(other.vector))
    return float(one.vector @ other.vector) / length if length > 1e-9 else 0.0


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    flat = np.asarray(vector, np.float32).reshape(-1)
    return flat / max(float(np.linalg.norm(flat)), 1e-9)
