"""Looks at a picture as a photographer would: every rule of a good reference, with its number, limit and fix.

The limits lie in rules.yaml, each with the source of its number. Pure of models: who finds faces, measures and cuts
out is given as `Examiners`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from charforge.domain.checks import Checked, Rule
from charforge.library.checks import bearing, colour, files, framing, grain, light, plates, sheet
from charforge.library.checks.limits import Limit, limits, ruled
from charforge.library.checks.sitting import Examiners, Sitting

if TYPE_CHECKING:
    from collections.abc import Callable

    from charforge.backends.protocols import RGB
    from charforge.domain.assets import Step
    from charforge.imaging import Photograph

__all__ = ["MEASURES", "Examiners", "check", "check_plate"]

MEASURES: dict[str, Callable[[Sitting], float | None]] = {
    "size": framing.short_side,
    "one-face": framing.main_faces,
    "background-faces": framing.background_faces,
    "face-size": framing.eye_distance,
    "head-share": framing.head_share,
    "headroom": framing.headroom,
    "face-in-frame": framing.face_outside,
    "shoulders": framing.shoulders,
    "body-in-frame": framing.body_cut,
    "turn": bearing.turn,
    "wanted-turn": bearing.off_turn,
    "angle": bearing.farthest,
    "pitch": bearing.pitch,
    "roll": bearing.roll,
    "eyes-open": bearing.eyes_shut,
    "eyes-seen": bearing.eye_contrast,
    "dark-glasses": bearing.eye_shade,
    "neutral": bearing.acting,
    "sharpness": grain.sharpness,
    "resolution": grain.reach,
    "skin-texture": grain.texture,
    "even-light": light.unevenness,
    "shadow": light.shadow,
    "exposure": light.brightness,
    "burnt-out": light.burnt,
    "backlight": light.backlight,
    "background": colour.background,
    "skin-colour": colour.skin_chroma,
    "skin-hue": colour.skin_hue,
    "saturation": colour.clipped,
    "lips": colour.lip_colour,
    "lids": colour.lid_colour,
    "forehead": colour.covered_forehead,
    "neck": colour.covered_neck,
    "headwear": colour.headwear,
    "compression": files.quality,
    "colour-profile": files.profile,
    "sheet-faces": sheet.faces,
    "sheet-turns": sheet.turns,
    "nobody": plates.faces,
    "people": plates.people,
    "plate-sharpness": plates.sharpness,
    "plate-black": plates.black,
    "plate-white": plates.white,
    "plate-brightness": plates.brightness,
}
"""What each rule measures."""

_PLATES = ("plate", "insert", "picture", "style")


def check(  # noqa: PLR0913 - what is known of the picture, one thing each
    pixels: RGB,
    step: Step,
    examiners: Examiners,
    *,
    name: str = "",
    source: Photograph | None = None,
    turn: float | None = None,
    generated: bool = False,
) -> Checked:
    """Return what every rule of a step says of a picture.

    `source` is the file it was read from, where it is a photograph; `turn` the degrees that were asked for, where it
    is an angle. With `generated`, rules that no drawn head can keep only warn.
    """
    sitting = Sitting(pixels, examiners, source, turn)
    found = (_rule(limit, sitting, generated=generated) for limit in limits() if step in limit.steps)
    rules = tuple(rule for rule in found if rule)
    # With nobody to look at, only one thing is worth saying.
    if step not in _PLATES and not sitting.faces:
        rules = tuple(r for r in rules if r.name in {"size", "one-face", "sheet-faces"})
    return Checked(file=name, step=step, rules=rules)


def check_plate(pixels: RGB, examiners: Examiners, name: str = "", *, step: Step = "plate") -> Checked:
    """Return what the rules of places and props say: size, sharpness, exposure, and nobody in the picture."""
    return check(pixels, step, examiners, name=name)


def _rule(limit: Limit, sitting: Sitting, *, generated: bool) -> Rule | None:
    if sitting.face is None and limit.unmeasured:
        return None
    return ruled(limit, MEASURES[limit.name](sitting), generated=generated)
