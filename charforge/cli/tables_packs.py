"""Packs as rows for people."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from charforge.library.packs import Signed
    from charforge.studio.packing import PackReport, UnpackReport
    from charforge.studio.wrapping import WrapReport


def packed(made: Sequence[PackReport]) -> None:
    """Print a line for each pack, and what should be known of it."""
    for report in made:
        signed = f", {_signed(report.signed)}" if report.signed else ""
        print(f"{report.file}: {_newest(report)}, {len(report.manifest.files)} files, {_size(report.bytes)}{signed}")
    _warn(warning for report in made for warning in report.warnings)


def unpacked(done: UnpackReport) -> None:
    """Print where an asset was put, and what to type next."""
    if done.already:
        print(f"{done.folder}: already here, with the same files; nothing was written")
    else:
        print(f"{done.folder}: {done.files} files, {_size(done.bytes)}, every one as it was packed")
        print(f"next: look it over, then: charforge lock {PurePath(done.folder).name}")
    _warn(done.warnings)


def inspected(report: PackReport) -> None:
    """Print what a pack says of itself."""
    from charforge.library.packs import printable

    for label, text in _rows(report):
        print(f"{label:<12} {printable(text)}")
    _warn(report.warnings)


def verified(report: PackReport) -> None:
    """Print that every byte of a pack is as it was packed."""
    print(f"{report.file}: {_newest(report)}, {len(report.manifest.files)} files, every byte as it was packed")
    print(f"signed: {_signed(report.signed)}")
    _warn(report.warnings)


def wrapped(done: WrapReport) -> None:
    """Print what an episode's archive holds."""
    for pack in done.packs:
        print(f"{done.folder}/{pack.file}: {pack.kind} {pack.name}, versions {', '.join(map(str, pack.used))}")
    print(
        f"{done.folder}/wrap.json: {len(done.packs)} packs of {done.episode}, {_size(sum(p.bytes for p in done.packs))}"
    )
    _warn(done.warnings)


def _rows(report: PackReport) -> Iterator[tuple[str, str]]:
    manifest, about = report.manifest, report.manifest.about
    yield "file", f"{report.file}, {_size(report.bytes)}, charpack {manifest.charpack}"
    yield manifest.kind, manifest.name
    for version in about.versions:
        parts = [f"{version.references} references"]
        parts += [f"extends {version.extends}"] if version.extends else []
        parts += [f"state {version.state}"] if version.state else []
        parts += [f"from {version.from_episode}"] if version.from_episode else []
        yield f"version {version.id}", ", ".join(parts)
    if manifest.episode:
        yield "episode", manifest.episode
    yield "licence", about.rights.licence
    released = f", {about.rights.file}" if about.rights.file else ""
    yield "release", f"{about.rights.release}{released}; hosted models: {about.rights.hosted}"
    yield "files", f"{len(manifest.files)}, {_size(sum(file.bytes for file in manifest.files))}"
    for faces in manifest.embeddings:
        missed = f", no face in {len(faces.without)}" if faces.without else ""
        what = f"{len(faces.rows)} of {faces.dimension} numbers by {faces.backend} {faces.model[:12]} ({faces.licence})"
        yield "embeddings", what + missed
    if about.merge:
        yield "merged", ", ".join(f"{weight:g} {file}" for file, weight in about.merge)
    yield from _character(report)
    for key, note in about.notes.items():
        yield "note", f"{key}: {note if isinstance(note, str) else ', '.join(note)}"
    yield "signed", _signed(report.signed)


def _character(report: PackReport) -> Iterator[tuple[str, str]]:
    about = report.manifest.about
    if about.voice:
        voice = about.voice
        weights = f", model {voice.model[:12]}" if voice.model else ""
        yield "voice", f"{voice.engine} {voice.style or ''}, speed {voice.speed:g}, pitch {voice.pitch:g}{weights}"
    for lora in about.loras:
        yield "lora", f"{lora.file} for {lora.base}, trigger {lora.trigger!r}, scale {lora.scale:g}"
    for prompt in about.prompts:
        yield "prompt note", f"{prompt.model}, {prompt.date}: {prompt.text}"


def _newest(report: PackReport) -> str:
    return f"{report.manifest.kind} {report.manifest.name}@{report.manifest.version}"


def _signed(signed: Signed | None) -> str:
    if signed is None:
        return "by nobody"
    return f"by the key {signed.key}{'' if signed.checked else ', not checked'}"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


def _warn(warnings: Iterator[str] | Sequence[str]) -> None:
    for warning in warnings:
        print(f"note: {warning}")
