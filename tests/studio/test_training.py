"""A model learns one character."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from charforge import imaging
from charforge.backends import fake
from charforge.domain.assets import Character, Reference, Rights
from charforge.errors import InputError
from charforge.events import Event, Progressed
from charforge.planner import Pins
from charforge.studio.library import lock
from charforge.studio.plan import plan
from charforge.studio.render import Options, render
from charforge.studio.training import FEWEST, MOST, Lesson, caption, choose, train

SHORT = Lesson(steps=6, rank=2, size=64, rate=1e-2)
STEPS = ("headshot", "angle", "expression", "wardrobe")


def person(*counts: int) -> Character:
    """Return somebody with so many headshots, angles, expressions and wardrobes."""
    references = [
        Reference(file=f"{step}/{n}.png", step=step, digest=f"{k:02x}{n:02x}" * 16)
        for k, (step, count) in enumerate(zip(STEPS, counts, strict=True))
        for n in range(count)
    ]
    return Character(name="mia", version=1, folder="", rights=Rights(licence="CC0-1.0"), references=tuple(references))


def test_references_come_evenly_from_every_step() -> None:
    """Of many, the most are taken turn and turn about; too few are refused with what to type."""
    chosen = choose(person(1, 12, 5, 30))
    assert len(chosen) == MOST
    assert [sum(r.step == step for r in chosen) for step in STEPS] == [1, 7, 5, 7]
    assert len(choose(person(1, 4, 5, 0))) == FEWEST
    with pytest.raises(InputError, match="9 references") as caught:
        choose(person(1, 4, 4, 0))
    assert "charforge build mia" in caught.value.hint


def test_captions_say_what_is_not_the_person() -> None:
    """The turn, the expression and the clothes are named, so that they are not learned as the face."""
    reference = Reference(file="a.png", step="wardrobe", turn=-45, wardrobe="rain-coat", expression="happy")
    assert (
        caption(reference, "cfmia") == "a photograph of cfmia, turned to the left, happy expression, wearing rain coat"
    )
    assert caption(Reference(file="a.png", step="angle", turn=80), "x") == "a photograph of x, in right profile"


@pytest.fixture
def taught(episode: Path, tmp_path: Path) -> Path:
    """Return a project with a tiny SDXL and ten references of mia."""
    pytest.importorskip("torch")
    from tiny import sdxl

    root = episode.parents[1]
    model = f"{{weights: '{sdxl.build(tmp_path / 'sdxl')}', steps: 2, max_pixels: 4096, multiple: 16}}"
    fakes = "judges: [fake, fake]\nstill: sdxl\nclip: fake\nvoice: fake\ndevice: cpu\nthreads: 1\n"
    (root / "charforge.yaml").write_text(f"{fakes}models: {{sdxl: {model}}}\n", "utf-8")
    folder = root / "library/characters/mia"
    (folder / "angles").mkdir(exist_ok=True)
    lines = []
    for n in range(FEWEST):
        (folder / f"angles/a{n}.png").write_bytes(imaging.encode_png(fake.headshot(f"mia {n}")))
        lines.append(f"      - {{file: angles/a{n}.png, step: angle, turn: {n - 5}}}\n")
    definition = folder / "character.yaml"
    definition.write_text(definition.read_text("utf-8") + "".join(lines), "utf-8")
    lock(root)
    text = episode.read_text("utf-8")
    assert "characters: [{who: theo}]" in text
    episode.write_text(text.replace("characters: [{who: theo}]", "characters: [{who: mia}]"), "utf-8")
    return episode


def test_a_lora_is_trained_locked_and_worn(taught: Path) -> None:
    """The file is the character's own, the same training gives the same file, and her shots wear it by its word."""
    heard: list[Event] = []
    made = train(taught, "mia", SHORT, heard.append)
    assert sum(isinstance(event, Progressed) and event.stage == "training" for event in heard) == SHORT.steps + 1
    root = taught.parents[1]
    first = (root / "library/characters/mia" / made.file).read_bytes()
    lock(root)
    stills = [d for d in plan(taught, Pins()).drafts if d.stage == "still"]
    alone = [d for d in stills if [e.who for e in d.expected] == ["mia"]]
    assert alone
    for draft in alone:
        assert "cfmia" in draft.job.prompt
        assert len(draft.job.settings["loras"]) == 1
    assert all("loras" not in d.job.settings for d in stills if d not in alone)
    again = train(taught, "mia", SHORT, lambda _: None)
    assert (root / "library/characters/mia" / again.file).read_bytes() == first


def test_what_was_learned_changes_the_picture(taught: Path) -> None:
    """A shot of hers is drawn with the LoRA from the locked library, and is another picture than before."""
    pictures = taught.parents[1] / "build/e01/stills"
    render(taught, Options(stage="stills"), lambda _: None)
    before = {file.name: file.read_bytes() for file in pictures.glob("e01_*.png")}
    train(taught, "mia", SHORT, lambda _: None)
    lock(taught.parents[1])
    render(taught, Options(stage="stills"), lambda _: None)
    after = {file.name: file.read_bytes() for file in pictures.glob("e01_*.png")}
    assert set(before.values()) & set(after.values()) != set(before.values())


@pytest.mark.parametrize(
    ("name", "lesson", "told"),
    [
        ("mai", SHORT, "no character 'mai'"),
        ("mia", Lesson(model="sdxk"), "names no model 'sdxk'"),
        ("theo", SHORT, "a LoRA takes 10 to 20"),
    ],
)
def test_what_cannot_be_learned_is_refused(taught: Path, name: str, lesson: Lesson, told: str) -> None:
    """Nothing is written, and the words say what to do."""
    file = taught.parents[1] / "library/characters/mia/character.yaml"
    before = file.read_bytes()
    with pytest.raises(InputError, match=told) as caught:
        train(taught, name, lesson, lambda _: None)
    assert caught.value.hint
    assert file.read_bytes() == before


def test_a_size_that_the_model_cannot_take_is_refused(taught: Path, charforge: Callable[..., Any]) -> None:
    """The words name one that it can."""
    told = charforge("library", "train", "mia", "--size", "100", "--steps", "1", code=3).stderr
    assert "--size 96" in told
