"""What a person may get wrong on the command line, and what they are told: a sentence, a hint, the right exit code."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typed import command as charforge
from typed import program

from charforge import imaging
from charforge.backends.fake import headshot
from charforge.bench import fakefilm

PLATE = "library/locations/cafe/plates/table-night.png"
EPISODE = "shotlists/e01.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a project that the fakes can film."""
    fakefilm.make(tmp_path / "film")
    return tmp_path / "film"


def refused(folder: Path, *words: str, code: int = 2, **more: str) -> str:
    """Run a command that must fail without a traceback, with something to do about it; return what it says.

    Where its environment is another, it is a process of its own.
    """
    done = program(folder, *words, **more) if more else charforge(folder, *words)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "hint:" in done.stderr or "(" in done.stderr
    return done.stderr


def header(width: int, height: int) -> bytes:
    """Return a small PNG that says it is this large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    facts = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", facts) + chunk(b"IDAT", zlib.compress(bytes(999))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data: data[: len(data) // 2], "truncated or damaged"),
        (lambda _: b"", "empty"),
        (lambda _: b"not a picture", "not a picture"),
        (lambda _: header(60_000, 60_000), "too many pixels"),
    ],
    ids=["truncated", "empty", "text", "enormous"],
)
def test_a_picture_that_cannot_be_used_is_not_locked(folder: Path, damage: object, words: str) -> None:
    """Locking opens every listed picture, and says which is wrong; the old lock stays."""
    assert callable(damage)
    before = (folder / "library/library.lock").read_bytes()
    (folder / PLATE).write_bytes(damage((folder / PLATE).read_bytes()))
    said = refused(folder, "library", "lock")
    assert words in said
    assert "plates/table-night.png" in said
    assert (folder / "library/library.lock").read_bytes() == before


@pytest.mark.parametrize("kind", ["cmyk", "deep", "clear", "turned"])
def test_pictures_of_every_usual_kind_are_taken(folder: Path, kind: str) -> None:
    """CMYK, 16-bit, transparent and EXIF-turned plates are locked and filmed."""
    picture = Image.new("RGB", (320, 180), (120, 80, 60))
    exif = picture.getexif()
    if kind == "cmyk":
        picture.convert("CMYK").save(folder / PLATE, "JPEG")
    elif kind == "deep":
        Image.fromarray(np.full((180, 320), 30_000, np.uint16)).save(folder / PLATE)
    elif kind == "clear":
        picture.putalpha(90)
        picture.save(folder / PLATE)
    else:
        exif[0x0112] = 6
        picture.save(folder / PLATE, "JPEG", exif=exif)
    assert charforge(folder, "library", "lock").returncode == 0
    assert charforge(folder, "render", EPISODE, "--stage", "stills").returncode == 0


def test_a_headshot_without_a_face_stops_the_film_before_anything_is_made(folder: Path) -> None:
    """Masters are looked at first."""
    Image.new("RGB", (200, 200), (90, 90, 90)).save(folder / "library/characters/mia/headshot/front.png")
    assert charforge(folder, "library", "lock").returncode == 0
    assert "no face is found in the headshot" in refused(folder, "render", EPISODE)
    assert not (folder / ".charforge/takes").exists()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("judges: [fakke, fake]", "did you mean fake"),
        ("tones: {cafe: murmurr}", "did you mean murmur"),
        ("judges: fake", "a list is wanted"),
        ("loudnes: -16", "did you mean loudness"),
        ("threads: many", "not a whole number"),
    ],
)
def test_wrong_settings_are_told_before_anything_is_made(folder: Path, settings: str, words: str) -> None:
    """Each with the file and the nearest right word."""
    key = settings.split(":", maxsplit=1)[0]
    kept = [line for line in fakefilm.SETTINGS.splitlines() if not line.startswith(key)]
    (folder / "charforge.yaml").write_text("\n".join([*kept, settings]) + "\n")
    said = refused(folder, "render", EPISODE)
    assert words in said
    assert "charforge.yaml" in said
    assert not (folder / ".charforge/takes").exists()


@pytest.mark.parametrize(("output", "words"), [("film.mkv", "write: film.mp4"), ("shotlists.mp4", "is a folder")])
def test_a_master_that_cannot_be_named_so_is_told_first(folder: Path, output: str, words: str) -> None:
    """Before anything is rendered."""
    (folder / "shotlists.mp4").mkdir()
    assert words in refused(folder, "render", EPISODE, "--output", output)
    assert not (folder / ".charforge/takes").exists()


def test_an_ffmpeg_that_fails_is_shown_with_its_last_lines(folder: Path, tmp_path: Path) -> None:
    """What ffmpeg said, the exit code 3, and finished takes kept for the next run."""
    broken = tmp_path / "ffmpeg"
    broken.write_text("#!/bin/sh\necho 'Conversion failed!' >&2\nexit 7\n")
    broken.chmod(0o755)
    assert "Conversion failed!" in refused(folder, "render", EPISODE, code=3, CHARFORGE_FFMPEG=str(broken))
    assert "said nothing" in refused(folder, "render", EPISODE, code=3, CHARFORGE_FFMPEG="/bin/false")
    assert "no program" in refused(folder, "render", EPISODE, code=3, CHARFORGE_FFMPEG="/nowhere/ffmpeg")
    done = charforge(folder, "render", EPISODE, "--json")
    assert json.loads(done.stdout)["reused"] == 5
    assert not json.loads(program(folder, "doctor", "--json", CHARFORGE_FFMPEG="/bin/false").stdout)["ok"]


def test_missing_model_files_say_what_to_type(folder: Path, tmp_path: Path) -> None:
    """Without a network and without files the message names the command that fetches them."""
    (folder / "charforge.yaml").write_text(
        "judges: [sface, dlib]\nstill: fake\nclip: fake\nvoice: fake\noffline: true\n"
    )
    empty = str(tmp_path / "none")
    assert "charforge weights pull" in refused(folder, "render", EPISODE, code=3, CHARFORGE_WEIGHTS=empty)
    picture = "library/characters/mia/headshot/front.png"
    said = refused(folder, "judge", picture, "--cast", "mia", code=3, CHARFORGE_WEIGHTS=empty)
    assert "charforge weights pull" in said
    assert "offline" in refused(folder, "weights", "pull", code=3, CHARFORGE_WEIGHTS=empty)


@pytest.mark.parametrize("name", ["../mia", "Mia", "", "mia/x"])
def test_a_character_is_not_cast_outside_the_library(folder: Path, name: str) -> None:
    """A name is a name, not a path."""
    assert "not a character's name" in refused(folder, "library", "cast", name)


@pytest.mark.parametrize(
    "words",
    [
        ("check", EPISODE),
        ("plan", EPISODE),
        ("render", EPISODE, "--stage", "stills"),
        ("library", "lock"),
        ("library", "verify"),
        ("weights", "list"),
        ("weights", "verify", "yunet"),
        ("backends",),
        ("judge", "library/characters/mia/headshot/front.png", "--cast", "mia"),
    ],
)
def test_every_command_that_prints_results_prints_json(folder: Path, words: tuple[str, ...]) -> None:
    """Standard output is one JSON value and nothing else."""
    done = program(folder, *words, "--json")
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)


@pytest.mark.parametrize(("people", "words"), [(0, "no face is found"), (3, "3 faces are found")])
def test_a_headshot_shows_one_person(folder: Path, people: int, words: str) -> None:
    """Nobody and a crowd are both refused, with what to do."""
    faces = [headshot(name) for name in ("mia", "theo", "ann")][:people]
    pixels = np.hstack(faces) if faces else np.full((200, 200, 3), 90, np.uint8)
    (folder / "who.png").write_bytes(imaging.encode_png(pixels))
    said = refused(folder, "judge", "library/characters/mia/headshot/front.png", "--cast", "who.png")
    assert f"{words} in the headshot" in said


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (("library/characters/mia/headshot/frnt.png",), "did you mean front.png?"),
        (("library/characters/mia/headshot/x.png",), "look into the folder"),
        (("nowhere/x.png",), "there is no folder nowhere"),
        (("library/characters/mia/headshot/front.png", "theo"), "without spaces: mia,theo"),
    ],
)
def test_a_file_to_judge_that_is_not_there_is_told(folder: Path, files: tuple[str, ...], words: str) -> None:
    """The hint is about the path, or about a space in the cast where a bare name stands."""
    said = refused(folder, "judge", *files, "--cast", "mia")
    assert "there is no such file" in said
    assert words in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--device", "gpu"), "cpu, cuda, cuda:1 or mps"),
        (("--dtype", "float8"), "float32, float16 or bfloat16"),
        (("--size", "7x7"), "a multiple of 8"),
        (("--size", "64"), "write 1024x1024"),
        (("--weights", "x"), "--weights and --lora go together"),
    ],
)
def test_a_bench_of_models_is_refused_before_it_starts(folder: Path, options: tuple[str, ...], words: str) -> None:
    """What no model could be run with is told by the command itself."""
    done = charforge(folder, "bench", "models", *options, COLUMNS="300")
    assert done.returncode == 2
    assert words in done.stderr


def test_a_shot_list_as_large_as_a_film_is_refused_unread(folder: Path) -> None:
    """100 MB of YAML cost nothing."""
    with (folder / "shotlists/big.yaml").open("wb") as file:
        file.truncate(100_000_000)
    assert "100.0 MB" in refused(folder, "plan", "shotlists/big.yaml")
