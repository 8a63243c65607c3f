"""A small cast, two places and a short episode, made in memory."""

from __future__ import annotations

import hashlib

from charforge.domain.assets import Character, Fit, Library, Location, Mark, Prop, Reference, Rights, View, Voice
from charforge.domain.script import CharacterInShot, Episode, Line, Move, Scene, Shot, Transition, Video
from charforge.planner import Means, Pins, Ready, load

READY = Ready(
    still=frozenset({"animatic", "fake", "portrait"}),
    clip=frozenset({"animatic", "fake"}),
    voice=frozenset({"kokoro", "fake"}),
)
RIGHTS = Rights(licence="CC0-1.0", release="synthetic")


def digest(text: str) -> str:
    """Return a digest that stands for a file."""
    return hashlib.sha256(text.encode()).hexdigest()


def reference(owner: str, file: str, **fields: object) -> Reference:
    """Return a locked reference."""
    return Reference.model_validate({"file": file, "digest": digest(f"{owner}/{file}"), **fields})


def character(name: str, *, reach: str = "waist") -> Character:
    """Return a character with a master, two angles, a smile and two lit bodies."""
    fit = Fit(chin_x=0.5, chin_y=0.3, face=0.15, collar=0.33)
    body = {"step": "body", "wardrobe": "navy", "turn": 0, "reach": reach, "fit": fit}
    return Character(
        name=name,
        version=1,
        folder=f"characters/{name}",
        rights=RIGHTS,
        primary=digest(f"{name}/headshot/front.png"),
        rig=digest(f"{name}/rig"),
        voice=Voice(engine="kokoro", style=digest(f"{name}/voice")),
        references=(
            reference(name, "headshot/front.png", step="headshot", turn=0),
            reference(name, "angles/left25.png", step="angle", turn=-25),
            reference(name, "angles/right25.png", step="angle", turn=25),
            reference(name, "expressions/happy.png", step="expression", turn=0, expression="happy"),
            reference(name, "body/navy-0.webp", **body),
            reference(name, "body/navy-0-cafe-night.webp", place="cafe", light="night", **body),
        ),
    )


def library(*, reach: str = "waist") -> Library:
    """Return two people, a café by night and day, and a cup."""
    view = View(
        name="table",
        marks={
            "left": Mark(x=0.3, y=0.4, head=0.2, depth=2.0),
            "right": Mark(x=0.7, y=0.4, head=0.2, depth=2.0),
        },
    )
    plates = [
        reference("cafe", f"plates/table-{light}{suffix}.webp", step="plate", view="table", light=light, layer=layer)
        for light in ("night", "day")
        for layer, suffix in (("background", ""), ("foreground", "-front"))
    ]
    probes = [reference("cafe", "probes/table-night.png", step="probe", view="table", light="night")]
    cafe = Location(
        name="cafe",
        version=1,
        folder="locations/cafe",
        rights=RIGHTS,
        views={"table": view},
        references=(*plates, *probes),
    )
    cup = Prop(
        name="cup",
        version=1,
        folder="props/cup",
        rights=RIGHTS,
        references=(
            reference("cup", "inserts/cafe-night.webp", step="insert", place="cafe", light="night", layer="background"),
        ),
    )
    return Library(
        characters=(character("mia", reach=reach), character("theo", reach=reach)), locations=(cafe,), props=(cup,)
    )


def person(who: str, **fields: object) -> CharacterInShot:
    """Return a character of the cast in a shot."""
    return CharacterInShot.model_validate({"who": who, "asset": f"{who}@1", "wardrobe": "navy", **fields})


def shot(name: str, **fields: object) -> Shot:
    """Return a shot at the café's table by night."""
    known = {"id": name, "framing": "medium", "location": "cafe@1", "view": "table", "light": "night"}
    return Shot.model_validate({**known, **fields})


def episode(*shots: Shot) -> Episode:
    """Return an episode of one scene."""
    return Episode(id="e01", title="Night", video=Video(width=640, height=360), scenes=(Scene(id="s01", shots=shots),))


def dialogue() -> Episode:
    """Return three shots: a two-shot with lines, a close-up with an unlocked turn, an insert after a dissolve."""
    return episode(
        shot(
            "0010",
            framing="two-shot",
            characters=(person("mia", position="left", turn=25), person("theo", position="right", turn=-25)),
            lines=(
                Line(who="mia", asset="mia@1", text="You kept it."),
                Line(who="theo", asset="theo@1", text="I did."),
            ),
        ),
        shot(
            "0020",
            framing="close",
            characters=(person("mia", turn=-40),),
            action="Mia turns away. {{ not.a.template }}",
            move=Move(kind="push-in", amount=0.1),
            duration=48,
        ),
        shot(
            "0030",
            framing="insert",
            faces="none",
            props=("cup@1",),
            duration=24,
            transition=Transition(kind="dissolve", frames=12),
        ),
    )


def means(*, reach: str = "waist", **pins: str) -> Means:
    """Return the shipped catalogue and templates with this library."""
    return Means(library(reach=reach), load(), READY, Pins(**pins))
