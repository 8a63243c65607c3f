"""Tells whose face is whose in a frame, for watchers that must know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charforge.qa.assignment import assigned

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Detection, Vector
    from charforge.qa.watchers.surroundings import Eyes, Person


def named(pixels: RGB, faces: Sequence[Detection], people: Sequence[Person], eyes: Eyes) -> tuple[int | None, ...]:
    """Return for each person the index of their face, no face twice; None for whom no face is surely theirs."""
    judge = eyes.face
    if judge is None:
        return (None,) * len(people)

    def measured(master: NDArray[np.uint8]) -> Vector | None:
        found = judge.detect(master[..., :3])
        return judge.embed(master[..., :3], found[0]) if found else None

    known = [None if p.face is None else eyes.remembered("embedding", p.face, measured) for p in people]
    if all(vector is None for vector in known):
        return (None,) * len(people)
    seen = [judge.embed(pixels, face) for face in faces]
    alike = [[-1.0 if one is None else judge.similarity(one, other) for other in seen] for one in known]
    return tuple(
        None if at is None or row[at] < judge.bar else at for at, row in zip(assigned(alike), alike, strict=True)
    )
