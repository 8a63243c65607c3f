"""Builds locations and props: from photographs, by grading one light into another, or by rendering a set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from charforge.errors import InputError
from charforge.studio.places.report import PlaceReport, PlaceRow
from charforge.studio.places.standing import standing
from charforge.studio.project import find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charforge.domain.assets import Kind
    from charforge.events import Reporter

__all__ = ["PlaceReport", "PlaceRow", "build"]


def build(  # noqa: PLR0913 - one argument for each thing that can be asked for
    near: Path,
    name: str,
    tell: Reporter,
    *,
    kind: Kind | None = None,
    views: Sequence[str] = (),
    lights: Sequence[str] = (),
    samples: int | None = None,
    size: tuple[int, int] | None = None,
    from_photos: Sequence[Path] | Path | None = None,
    from_light: str | None = None,
    every: bool = False,
    episode: Path | None = None,
    force: bool = False,
) -> PlaceReport:
    """Make what is asked for of a location or prop, and show it on ``build/places/NAME.png``.

    `from_photos` takes photographs in, `from_light` grades the plates of one light into `lights`; without either the
    location's set is rendered: what the shot lists ask for and is not there yet, the given `views` and `lights`, with
    `every` all that it offers, with `episode` a view for each framing of that shot list. `kind` is for a new name.
    The asset must be locked anew afterwards. Raises InputError for what cannot be meant.
    """
    project = find(near)
    asset = standing(project, name, kind)
    if from_photos is not None:
        from charforge.studio.places import photos

        given = (from_photos,) if isinstance(from_photos, Path) else tuple(from_photos)
        return photos.take(project, asset, given, tell, force=force)
    if asset.folder.kind != "location":
        raise InputError(f"{name} is a prop: it is built from photographs", f"charforge build {name} --from photos/")
    if from_light is not None:
        from charforge.studio.places import graded

        return graded.derive(project, asset, from_light, tuple(lights), tuple(views), tell, force=force)
    from charforge.studio.places.rendered import Wanted, render

    wanted = Wanted(tuple(views), tuple(lights), samples, size, every=every, episode=episode, force=force)
    return render(project, asset, wanted, tell)
