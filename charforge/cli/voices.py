"""Commands on locked voices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.options import AsJson
from charforge.cli.output import print_json


def voice(  # noqa: PLR0913 - one option each
    name: Annotated[str, typer.Argument(help="The character's name, such as mia.")],
    recording: Annotated[
        Path | None, typer.Argument(help="A WAV or FLAC of one person speaking, six seconds or more.")
    ] = None,
    *,
    blend: Annotated[
        str | None, typer.Option(metavar="VOICE=SHARE,…", help="Blend Kokoro's voices: af_heart=0.6,bf_emma=0.4.")
    ] = None,
    speaker: Annotated[str | None, typer.Option(help="A speaker of the engine's own, such as p225 of a VITS.")] = None,
    speed: Annotated[float | None, typer.Option(help="How fast it speaks; 1 is its own speed.")] = None,
    pitch: Annotated[float | None, typer.Option(help="Semitones up or down; 0 is its own pitch.")] = None,
    model: Annotated[str | None, typer.Option(help="The voice model, where charforge.yaml names several.")] = None,
    text: Annotated[str | None, typer.Option(help="What the sample says; else an English sentence.")] = None,
    as_json: AsJson = False,
) -> None:
    """Give a character one voice for every line of every film, speak a sample, and say whose voice it resembles.

    charforge library voice mia --blend af_heart=0.6,bf_emma=0.4

    charforge library voice mia --speed 0.9 --pitch -1

    A blend of Kokoro's voices works offline: --blend af_heart=0.6,bf_emma=0.4. --speaker takes one of a VITS's own.
    --speed and --pitch alone change the voice that is there. The weights that speak are recorded with it: `check`
    refuses others.

    A RECORDING needs an XTTS model in charforge.yaml, such as `models: {coqui: {weights: FOLDER, language: en}}`. A
    quiet room and even speech give the best voice. The voice is kept in the character's folder, with a sample to
    listen to; the recording itself is not. It belongs to these weights: with others, run this again. Record only
    people who agreed, and say so under rights: in character.yaml (release: own-work or signed).
    """
    from charforge.cli.console import reporter
    from charforge.studio import voicing

    if recording is not None and (blend or speaker or speed is not None or pitch is not None):
        raise typer.BadParameter("a recording is itself the voice; set speed and pitch afterwards")
    with reporter() as tell:
        if recording is not None:
            made = voicing.voice(Path.cwd(), name, recording, tell, model=model, text=text or voicing.TEXT)
        else:
            wish = voicing.Wish(_shares(blend), speaker, model, speed, pitch, text or voicing.TEXT)
            made = voicing.change(Path.cwd(), name, wish, tell)
    if as_json:
        print_json(made)
        return
    print(f"voice: {made.style or made.engine}\nlisten: {made.sample}")
    for pair in made.alike:
        other = pair.other if pair.one == name else pair.one
        warning = f": they may be taken for each other (from {pair.limit:.2f})" if pair.mistakable else ""
        print(f"like {other}'s: {pair.value:.2f}{warning}")
    print(f"next: charforge lock {name}")


def _shares(blend: str | None) -> dict[str, float] | None:
    """Return voices and their shares; a voice without a share has 1."""
    if blend is None:
        return None
    shares: dict[str, float] = {}
    for part in blend.split(","):
        voice, _, share = part.partition("=")
        if voice.strip() in shares:
            raise typer.BadParameter(f"{voice.strip()} is in it twice; write each voice once", param_hint="--blend")
        try:
            shares[voice.strip()] = float(share or 1)
        except ValueError:
            message = f"{part.strip()!r} is not a voice and its share; write af_heart=0.6,bf_emma=0.4"
            raise typer.BadParameter(message, param_hint="--blend") from None
    return shares
