"""The command that teaches a model one character."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.options import AsJson
from charforge.cli.output import print_json


def train(  # noqa: PLR0913 - one option each
    name: Annotated[str, typer.Argument(help="The character's name, such as mia.")],
    *,
    model: Annotated[str, typer.Option(help="A model of charforge.yaml that can be trained.")] = "sdxl",
    trigger: Annotated[
        str, typer.Option(help="The word that stands for the person; a rare one. Made from the name when left out.")
    ] = "",
    steps: Annotated[int, typer.Option(min=1, max=20000, help="800 to 1200 are usual.")] = 1000,
    rank: Annotated[int, typer.Option(min=1, max=256, help="Size of what is learned.")] = 16,
    rate: Annotated[float, typer.Option(min=1e-7, max=1e-1, help="Learning rate.")] = 1e-4,
    size: Annotated[int, typer.Option(min=64, max=2048, help="Pixels of a side that pictures are learned at.")] = 1024,
    scale: Annotated[float, typer.Option(min=0.0, max=2.0, help="How strongly it is worn.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="The training's randomness.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Train a LoRA on a character's 10 to 20 references; it becomes part of the character.

    charforge library train mia --steps 1000

    Needs the model's weights in charforge.yaml, and a graphics card for models of real size. The LoRA is locked with
    the character, carried in its pack, and worn in shots where she is alone, with the very weights it was trained on.
    """
    from charforge.cli.console import reporter
    from charforge.studio.training import Lesson
    from charforge.studio.training import train as run

    lesson = Lesson(model, trigger, steps, rank, rate, size, scale, seed)
    with reporter() as tell:
        made = run(Path.cwd(), name, lesson, tell)
    if as_json:
        print_json(made)
        return
    print(f"{made.file}: {made.steps} steps on {len(made.references)} references, the word is {made.trigger}")
    print(f"loss {made.first_loss:.4f} -> {made.last_loss:.4f} (it says nothing of the likeness: render, and judge)")
    print(f"next: charforge lock {name}")
