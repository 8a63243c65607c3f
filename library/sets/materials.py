"""Procedural materials of the sets; colours are linear RGB triples in 0..1, sizes in metres. Licence: CC0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bpy

if TYPE_CHECKING:
    from collections.abc import Sequence

Colour = tuple[float, float, float]


class Shader:
    """Build one node material around a Principled surface."""

    def __init__(self, name: str, color: Colour, rough: float = 0.5, metal: float = 0.0) -> None:
        """Start a plain surface of one colour."""
        self.mat = bpy.data.materials.new(name)
        self.mat.use_nodes = True
        self.tree = self.mat.node_tree
        self.bsdf = self.tree.nodes["Principled BSDF"]
        self.set(self.bsdf, **{"Base Color": (*color, 1), "Roughness": rough, "Metallic": metal})
        self._coords: Any = None

    @staticmethod
    def set(node: Any, **values: Any) -> None:
        """Set inputs of a node by their name."""
        for key, value in values.items():
            node.inputs[key.replace("_", " ")].default_value = value

    def link(self, out: Any, into: Any) -> None:
        """Connect two sockets."""
        self.tree.links.new(out, into)

    def node(self, kind: str, **values: Any) -> Any:
        """Add a node and sets inputs by name."""
        made = self.tree.nodes.new(kind)
        self.set(made, **values)
        return made

    def coords(self, scale: Sequence[float] = (1, 1, 1), swap: str = "") -> Any:
        """Give object coordinates in metres, scaled; swap "xz" or "yz" lays that plane on x and y for flat patterns."""
        out = self.node("ShaderNodeTexCoord").outputs["Object"]
        if swap:
            sep, com = self.node("ShaderNodeSeparateXYZ"), self.node("ShaderNodeCombineXYZ")
            self.link(out, sep.inputs[0])
            for k, axis in enumerate(swap):
                self.link(sep.outputs["xyz".index(axis)], com.inputs[k])
            out = com.outputs[0]
        mapped = self.node("ShaderNodeMapping", Scale=tuple(scale))
        self.link(out, mapped.inputs[0])
        return mapped.outputs[0]

    def noise(self, vec: Any, scale: float, detail: float = 3, distortion: float = 0) -> Any:
        """Add noise read at vec and gives its 0..1 socket."""
        made = self.node("ShaderNodeTexNoise", Scale=scale, Detail=detail, Distortion=distortion)
        self.link(vec, made.inputs[0])
        return made.outputs["Fac"]

    def ramp(self, fac: Any, stops: Sequence[tuple[float, Colour]]) -> Any:
        """Map a 0..1 socket through colour stops."""
        made = self.node("ShaderNodeValToRGB")
        elements = made.color_ramp.elements
        while len(elements) < len(stops):
            elements.new(0.5)
        for element, (at, color) in zip(elements, stops, strict=True):
            element.position, element.color = at, (*color, 1)
        self.link(fac, made.inputs[0])
        return made.outputs[0]

    def mix(self, fac: Any, a: Any, b: Any, mode: str = "MIX") -> Any:
        """Mix two colours (sockets or triples) by a socket or number."""
        made = self.tree.nodes.new("ShaderNodeMix")
        made.data_type, made.blend_type = "RGBA", mode
        for key, value in ((0, fac), (6, a), (7, b)):
            if isinstance(value, (int, float)):
                made.inputs[key].default_value = value
            elif isinstance(value, tuple):
                made.inputs[key].default_value = (*value, 1)
            else:
                self.link(value, made.inputs[key])
        return made.outputs[2]

    def bump(self, height: Any, strength: float, distance: float) -> None:
        """Raise the surface by a height socket, on top of any bump already there; distance in metres."""
        made = self.node("ShaderNodeBump", Strength=strength, Distance=distance)
        old = self.bsdf.inputs["Normal"]
        if old.is_linked:
            self.link(old.links[0].from_socket, made.inputs["Normal"])
        self.link(height, made.inputs["Height"])
        self.link(made.outputs[0], old)

    def color(self, socket: Any) -> None:
        """Make a socket the surface colour."""
        self.link(socket, self.bsdf.inputs["Base Color"])


def plain(name: str, color: Colour, rough: float = 0.5, metal: float = 0.0) -> Any:
    """Give a surface of one colour."""
    return Shader(name, color, rough, metal).mat


def glow(name: str, color: Colour, strength: float) -> Any:
    """Give a surface that shines."""
    sh = Shader(name, color)
    sh.set(sh.bsdf, **{"Emission Color": (*color, 1), "Emission Strength": strength})
    return sh.mat


def wood(name: str, dark: Colour, light: Colour, *, along: str = "x", rough: float = 0.4, scale: float = 1.0) -> Any:
    """Give wood with its grain along one axis; every object gets its own tone."""
    sh = Shader(name, light, rough)
    stretch = [0.7 if axis == along else 9.0 for axis in "xyz"]
    vec = sh.coords([s * scale for s in stretch])
    info = sh.node("ShaderNodeObjectInfo")
    moved = sh.node("ShaderNodeVectorMath")
    moved.operation = "MULTIPLY_ADD"
    sh.link(info.outputs["Random"], moved.inputs[0])
    moved.inputs[1].default_value = (17, 31, 23)
    sh.link(vec, moved.inputs[2])
    vec = moved.outputs[0]
    mid = tuple((a + b) / 2 for a, b in zip(dark, light, strict=True))
    grain = sh.noise(vec, 1.6, 5, 1.1)
    fine = sh.noise(vec, 14, 2, 0.3)
    tone = sh.ramp(grain, [(0.3, dark), (0.47, mid), (0.56, light), (0.72, mid)])
    tone = sh.mix(0.25, tone, sh.ramp(fine, [(0.35, (0.35, 0.35, 0.35)), (0.65, (1, 1, 1))]), "MULTIPLY")
    sh.color(sh.mix(0.3, tone, sh.ramp(info.outputs["Random"], [(0, (0.55, 0.5, 0.48)), (1, (1, 1, 1))]), "MULTIPLY"))
    sh.bump(fine, 0.25, 0.0015)
    return sh.mat


def plaster(name: str, color: Colour, *, rough: float = 0.9, stain: float = 0.18) -> Any:
    """Give hand-trowelled plaster with uneven tone."""
    sh = Shader(name, color, rough)
    vec = sh.coords()
    big = sh.noise(vec, 1.3, 5, 0.4)
    low = tuple(c * (1 - stain) for c in color)
    sh.color(sh.ramp(big, [(0.32, low), (0.68, color)]))
    sh.bump(sh.noise(vec, 7, 5, 0.5), 0.35, 0.012)
    sh.bump(sh.noise(vec, 90, 2), 0.15, 0.003)
    return sh.mat


def bricks(
    name: str,
    a: Colour,
    b: Colour,
    grout: Colour,
    plane: str,
    size: tuple[float, float],
    *,
    rough: float = 0.6,
    offset: float = 0.5,
    gap: float = 0.006,
    relief: float = 0.006,
) -> Any:
    """Give bricks, tiles or planks on a plane ("xy", "xz" or "yz"); size is one piece's width and height."""
    sh = Shader(name, a, rough)
    vec = sh.coords(swap=plane)
    tex = sh.node("ShaderNodeTexBrick", Scale=1.0, Mortar_Size=gap, Mortar_Smooth=0.2, Brick_Width=size[0])
    sh.set(tex, Row_Height=size[1], Color1=(*a, 1), Color2=(*b, 1), Mortar=(*grout, 1), Bias=0.0)
    tex.offset = offset
    sh.link(vec, tex.inputs[0])
    stretch = sh.coords((2, 14, 1), swap=plane) if plane == "xy" else vec
    grain = sh.noise(stretch, 3.2, 5, 0.7)
    sh.color(
        sh.mix(0.5, tex.outputs["Color"], sh.ramp(grain, [(0.3, (0.45, 0.43, 0.4)), (0.65, (1, 1, 1))]), "MULTIPLY")
    )
    sh.bump(grain, 0.15, relief * 0.6)
    inv = sh.ramp(tex.outputs["Fac"], [(0, (1, 1, 1)), (1, (0, 0, 0))])
    sh.bump(inv, 0.7, relief)
    return sh.mat


def glaze(
    name: str, upper: Colour, lower: Colour, clay: Colour, *, line: float, foot: float, wave: float = 0.01
) -> Any:
    """Give stoneware: bare clay below foot, one glaze up to line, another above (heights in metres), speckled."""
    sh = Shader(name, upper, 0.2)
    vec = sh.coords()
    sep = sh.node("ShaderNodeSeparateXYZ")
    sh.link(vec, sep.inputs[0])
    run = sh.noise(vec, 22, 3, 0.8)
    height = sh.node("ShaderNodeMath")
    height.operation = "MULTIPLY_ADD"
    sh.link(run, height.inputs[0])
    height.inputs[1].default_value = wave
    sh.link(sep.outputs[2], height.inputs[2])
    top = max(line * 1.6, 0.02)
    scaled = sh.node("ShaderNodeMath")
    scaled.operation = "DIVIDE"
    sh.link(height.outputs[0], scaled.inputs[0])
    scaled.inputs[1].default_value = top
    f, m = (foot + wave * 0.5) / top, (line + wave * 0.5) / top
    edge = tuple(a * 0.5 + b * 0.25 for a, b in zip(upper, lower, strict=True))
    stops = [(f, clay), (f + 0.01, lower), (m - 0.06, lower), (m, edge), (m + 0.08, upper)]
    tone = sh.ramp(scaled.outputs[0], stops)
    specks = sh.ramp(sh.noise(vec, 330, 1), [(0.3, (0.25, 0.2, 0.15)), (0.36, (1, 1, 1))])
    tone = sh.mix(0.8, tone, specks, "MULTIPLY")
    sh.color(sh.mix(0.35, tone, sh.ramp(sh.noise(vec, 30, 4), [(0.3, (0.5, 0.5, 0.5)), (0.7, (1, 1, 1))]), "MULTIPLY"))
    rough = sh.ramp(scaled.outputs[0], [(f, (0.75,) * 3), (f + 0.02, (0.16,) * 3)])
    sh.link(rough, sh.bsdf.inputs["Roughness"])
    sh.bump(sh.noise(vec, 60, 2), 0.12, 0.002)
    return sh.mat


def leaf(name: str, color: Colour) -> Any:
    """Give leaf green that lets some light through."""
    sh = Shader(name, color, 0.4)
    info = sh.node("ShaderNodeObjectInfo")
    lit = tuple(min(1, c * 1.9) for c in color)
    sh.color(sh.ramp(info.outputs["Random"], [(0, color), (1, lit)]))
    sh.set(sh.bsdf, **{"Subsurface Weight": 0.0, "Specular IOR Level": 0.35})
    return sh.mat


def picture(name: str, image: Any, strength: float) -> Any:
    """Give a shining backdrop that shows an image by its UV map and lets sunlight through."""
    sh = Shader(name, (0, 0, 0))
    tex = sh.tree.nodes.new("ShaderNodeTexImage")
    tex.image, tex.extension = image, "EXTEND"
    shine = sh.node("ShaderNodeEmission", Strength=strength)
    sh.link(tex.outputs[0], shine.inputs[0])
    rays, clear, mixed = (
        sh.node(k) for k in ("ShaderNodeLightPath", "ShaderNodeBsdfTransparent", "ShaderNodeMixShader")
    )
    sh.link(rays.outputs["Is Shadow Ray"], mixed.inputs[0])
    sh.link(shine.outputs[0], mixed.inputs[1])
    sh.link(clear.outputs[0], mixed.inputs[2])
    sh.link(mixed.outputs[0], sh.tree.nodes["Material Output"].inputs[0])
    return sh.mat
