"""A real face, pinned: what nobody sees passes, what makes somebody else of her does not."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from oneoff_house import make
from PIL import Image

from charforge.backends.animatic import Animatic
from charforge.events import silent
from charforge.studio.regressing.pinning import Wanted, pin
from charforge.studio.regressing.report import Regression
from charforge.studio.regressing.testing import Asked, compare
from charforge.studio.render import Options, render

pytestmark = pytest.mark.models

SHOT = """\
charforge: 1
season: 1
episode: mini
title: "One Look"
language: eng
video: {rate: 24, size: 640x360}
cast: {mia: mia@1}
scenes:
  - id: s01
    location: coffee-shop@1
    light: golden-hour
    shots:
      - id: "0010"
        framing: medium-close
        view: window
        characters: [{who: mia, wardrobe: navy, position: centre, turn: 0}]
        action: "Mia looks at him for a long moment."
        duration: 24f
"""
Picture = np.ndarray[Any, np.dtype[np.uint8]]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory, home: object) -> Path:
    """Return a project with one rendered close-up of mia, pinned."""
    root = make(tmp_path_factory.mktemp("faces"))
    (root / "shotlists").mkdir()
    (root / "shotlists/mini.yaml").write_text(SHOT, "utf-8")
    report = render(root / "shotlists/mini.yaml", Options(stage="stills"), silent)
    assert report.passed()
    made = pin(root, Wanted(shots=("mini_s01_0010",)), silent)
    assert made.pinned == ("mini_s01_0010",)
    return root


def upgraded(film: Path, patch: pytest.MonkeyPatch, change: Callable[[Picture], Picture]) -> Regression:
    """Return the test after an upgrade of the compositor that changes its pictures so."""
    still = Animatic.still
    revision = Animatic.revision.fget  # type: ignore[attr-defined]
    patch.setattr(Animatic, "revision", property(lambda self: f"{revision(self)};upgraded"))

    def made(self: Animatic, job: Any, kit: Any) -> Any:
        picture = still(self, job, kit)
        return replace(picture, pixels=np.ascontiguousarray(change(picture.pixels)))

    patch.setattr(Animatic, "still", made)
    return compare(film, Asked(how="render"), silent)


def jpeg(pixels: Picture) -> Picture:
    """Return a picture as JPEG leaves it."""
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=85)
    return np.asarray(Image.open(data).convert("RGB"))


def squeezed(pixels: Picture) -> Picture:
    """Return a picture whose faces are a quarter narrower."""
    height, width = pixels.shape[:2]
    narrow = cv2.resize(pixels, (round(width * 0.75), height), interpolation=cv2.INTER_AREA)
    edge = width - narrow.shape[1]
    whole = cv2.copyMakeBorder(narrow, 0, 0, edge // 2, edge - edge // 2, cv2.BORDER_REFLECT)
    return np.asarray(whole, np.uint8)


def test_a_real_face_is_judged_by_both_judges_as_it_was_pinned(film: Path) -> None:
    """The same picture scores the same to four digits."""
    done = compare(film, Asked(how="judge"), silent)
    assert done.passed(), done.wrong()
    face = done.cases[0].before.people["mia"]
    after = done.cases[0].after
    assert after is not None
    assert after.people["mia"] == face
    assert (face.first or 0) > 0.6
    assert (face.second or 0) > 0.5


def test_what_nobody_sees_passes(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgraded backend whose picture differs as JPEG does fails nothing, and its revision is told."""
    done = upgraded(film, monkeypatch, jpeg)
    assert done.passed(), done.wrong()
    assert not done.cases[0].same
    assert done.cases[0].changes[0] == "animatic: revision nothing -> upgraded"


def test_a_face_of_other_proportions_fails(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade that narrows faces by a quarter is caught by both judges, with the revision that did it."""
    done = upgraded(film, monkeypatch, squeezed)
    assert not done.passed()
    assert {shift.judge for shift in done.shifts if shift.wrong} == {"sface", "dlib"}
    assert "animatic: revision nothing -> upgraded" in done.cases[0].changes
