"""Each rule finds what it is for, says how to mend it, and is quiet about a good picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import portraits
import pytest
from headshots import CHARACTERS, master
from portraits import Model, Spoil

from charforge import imaging
from charforge.domain.checks import Checked
from charforge.library.checks import MEASURES, Examiners, check, check_plate
from charforge.library.checks.limits import in_words, limits, ruled
from charforge.library.checks.sitting import LEFT_EYE, Sitting

if TYPE_CHECKING:
    from charforge.weights import LocalHome

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def examiners(home: LocalHome) -> Examiners:
    """Return the embedded models."""
    from charforge.backends.landmarks import FaceLandmarks
    from charforge.backends.modnet import ModNet
    from charforge.backends.sface import SFace

    return Examiners(SFace(home), FaceLandmarks(home), ModNet(home))


@pytest.fixture(scope="module")
def model(examiners: Examiners) -> Model:
    """Return the good picture."""
    pixels = portraits.portrait(examiners)
    return Model(pixels, Sitting(pixels, examiners))


def told(checked: Checked) -> dict[str, str]:
    """Return the outcome of every rule that is not kept."""
    return {rule.name: rule.outcome for rule in checked.rules if rule.outcome != "ok"}


def test_a_good_headshot_keeps_every_rule(model: Model, examiners: Examiners) -> None:
    """Nothing is said of a sharp, evenly lit, frontal, calm face before a plain wall."""
    checked = check(model.pixels, "headshot", examiners)
    assert told(checked) == {}
    assert {rule.name for rule in checked.rules} >= {"size", "one-face", "turn", "sharpness", "even-light", "shoulders"}


def test_nothing_is_refused_of_a_drawn_master(examiners: Examiners) -> None:
    """What the generator cannot draw, shoulders and air above the hair, is told and no reason to refuse."""
    for name in ("mia", "theo"):
        checked = check(master(name), "headshot", examiners, generated=True)
        assert checked.ok
        assert {rule.name for rule in checked.warned()} <= {"head-share", "shoulders", "background", "headroom"}


@pytest.mark.parametrize(
    ("spoil", "rule", "outcome"),
    [
        (portraits.scaled(480), "size", "fail"),
        (portraits.scaled(700), "size", "warn"),
        (portraits.scaled(256), "face-size", "fail"),
        (portraits.scaled(256, 1024), "resolution", "warn"),
        (portraits.beside, "one-face", "fail"),
        (portraits.behind, "background-faces", "warn"),
        (portraits.far, "head-share", "fail"),
        (portraits.too_close, "face-in-frame", "fail"),
        (portraits.too_close, "headroom", "warn"),
        (portraits.too_close, "shoulders", "fail"),
        (portraits.rolled(12), "roll", "warn"),
        (portraits.rolled(-25), "roll", "fail"),
        (portraits.lenses((20, 20, 24)), "eyes-seen", "fail"),
        (portraits.lenses((20, 20, 24)), "dark-glasses", "fail"),
        (portraits.lenses((150, 170, 190)), "eyes-seen", "fail"),
        (portraits.lenses((40, 28, 22), (LEFT_EYE,)), "eyes-seen", "fail"),
        (portraits.half_dark, "even-light", "fail"),
        (portraits.half_dark, "shadow", "fail"),
        (portraits.under_a_brim, "shadow", "fail"),
        (portraits.exposed(-2.2), "exposure", "warn"),
        (portraits.exposed(-3.5), "exposure", "fail"),
        (portraits.exposed(1.8), "burnt-out", "fail"),
        (portraits.backlit, "backlight", "warn"),
        (portraits.cluttered, "background", "fail"),
        (portraits.blurred, "sharpness", "fail"),
        (portraits.smoothed, "skin-texture", "warn"),
        (portraits.coloured(0), "skin-colour", "fail"),
        (portraits.coloured(3), "skin-colour", "warn"),
        (portraits.coloured(1, (0.75, 0.95, 1.3)), "skin-hue", "warn"),
        (portraits.made_up, "lips", "warn"),
        (portraits.lids_painted, "lids", "warn"),
        (portraits.hat((40, 60, 130)), "headwear", "warn"),
        (portraits.hat((22, 20, 20)), "forehead", "warn"),
        (portraits.scarf, "neck", "warn"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_spoiled_headshot_breaks_the_rule(
    spoil: Spoil, rule: str, outcome: str, model: Model, examiners: Examiners
) -> None:
    """What was spoiled is found by the rule for it, with a number beyond its limit and words that mend it."""
    limit = next(x for x in limits() if x.name == rule and "headshot" in x.steps)
    spoiled = Sitting(spoil(model), examiners)
    found = ruled(limit, MEASURES[rule](spoiled), generated=False)
    assert found is not None
    assert (found.outcome, bool(found.fix), found.number is None) == (outcome, True, False)


def test_a_smile_and_shut_eyes_are_found(examiners: Examiners) -> None:
    """A smile is no neutral face, and is welcome as an expression."""
    smiling = imaging.decode(CHARACTERS / "mia" / "expressions" / "happy.webp")
    assert told(check(smiling, "headshot", examiners))["neutral"] == "fail"
    assert "neutral" not in {rule.name for rule in check(smiling, "expression", examiners).rules}


def test_a_turned_head_is_no_headshot_but_an_angle(examiners: Examiners) -> None:
    """An angle has its own band about the turn that it stands for, and a frontal face is none."""
    turned = imaging.decode(CHARACTERS / "mia" / "angles" / "left25.webp")
    assert told(check(turned, "headshot", examiners))["turn"] == "fail"
    angle = check(turned, "angle", examiners, turn=-23)
    assert angle.ok
    assert "wanted-turn" not in told(angle)
    assert told(check(turned, "angle", examiners, turn=30))["wanted-turn"] == "fail"
    assert told(check(master("mia"), "angle", examiners))["angle"] == "warn"


def test_a_picture_of_nobody_is_told_in_one_line(examiners: Examiners) -> None:
    """Where there is no face, nothing else is said of it."""
    checked = check(np.full((1024, 1024, 3), 128, np.uint8), "headshot", examiners)
    assert told(checked) == {"one-face": "fail"}


def sheet(*names: str) -> np.ndarray:
    """Return four of mia's pictures as a sheet."""
    tiles = [cv2.resize(imaging.decode(CHARACTERS / "mia" / name), (512, 512)) for name in names]
    return np.vstack([np.hstack(tiles[:2]), np.hstack(tiles[2:])])


def test_a_sheet_wants_four_views(examiners: Examiners) -> None:
    """Its turns are compared with front, left 45, right 45 and a smile, whatever their order."""
    front, left, right = "headshot/front.png", "angles/left25.webp", "angles/right25.webp"
    smile = "expressions/happy.webp"
    checked = check(sheet(front, left, right, smile), "id-photo", examiners)
    assert told(checked) == {"sheet-turns": "fail"}
    found = checked.rule("sheet-turns")
    assert found is not None
    assert found.number == pytest.approx(22, abs=6)
    flat = sheet(front, left, right, smile)
    flat[512:, 512:] = 128
    assert told(check(flat, "id-photo", examiners)) == {"sheet-faces": "fail"}


def room() -> np.ndarray:
    """Return a drawn room without people: tiles, a window, a table."""
    made = np.full((1080, 1920, 3), (150, 140, 125), np.uint8)
    rng = np.random.default_rng(4)
    for y in range(600, 1080, 48):
        for x in range(0, 1920, 64):
            made[y : y + 46, x : x + 62] = rng.integers(70, 130, 3)
    cv2.rectangle(made, (200, 100), (700, 500), (200, 215, 230), -1)
    cv2.rectangle(made, (1000, 520), (1700, 560), (90, 60, 40), -1)
    return np.clip(made + rng.normal(0, 3, made.shape), 0, 255).astype(np.uint8)


def test_a_plate_has_nobody_in_it(examiners: Examiners) -> None:
    """An empty room passes; with a person in it, it does not."""
    assert told(check_plate(room(), examiners)) == {}
    peopled = room()
    peopled[300:1068, 600:1368] = cv2.resize(master("theo"), (768, 768))
    assert told(check_plate(peopled, examiners)) == {"nobody": "fail", "people": "warn"}


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda p: cv2.GaussianBlur(p, (0, 0), 8), "plate-sharpness"),
        (lambda p: p // 12, "plate-brightness"),
        (lambda p: np.where(p > 120, 255, p).astype(np.uint8), "plate-white"),
        (lambda p: np.where(p < 120, 0, p).astype(np.uint8), "plate-black"),
        (lambda p: cv2.resize(p, (640, 360)), "size"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_spoiled_plate_breaks_the_rule(spoil: object, rule: str, examiners: Examiners) -> None:
    """Blur, darkness, burnt windows, empty blacks and small pictures are found."""
    assert rule in told(check_plate(spoil(room()), examiners))  # type: ignore[operator]


def test_a_squeezed_file_is_told(model: Model, examiners: Examiners) -> None:
    """What the file says counts too, where there is one."""
    data = cv2.imencode(".jpg", model.pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 20])[1].tobytes()
    source = imaging.photograph(data)
    assert told(check(source.pixels, "headshot", examiners, source=source))["compression"] == "warn"
    assert check(source.pixels, "headshot", examiners).rule("compression") is None


def test_every_rule_is_measured_and_says_where_its_numbers_come_from() -> None:
    """The data file names only what is measured, every measure has a limit, and each end has its fix and source."""
    assert {limit.name for limit in limits()} == MEASURES.keys()
    for limit in limits():
        assert limit.source
        assert bool(limit.low) == (limit.good[0] is not None), limit.name
        assert bool(limit.high) == (limit.good[1] is not None), limit.name
        for inner, outer in ((limit.good[0], limit.usable[0]), (limit.usable[1], limit.good[1])):
            assert inner is None or outer is None or inner >= outer, limit.name


def test_one_rule_of_a_step_has_one_limit() -> None:
    """No step is told the same thing twice."""
    named = [(limit.name, step) for limit in limits() for step in limit.steps]
    assert len(named) == len(set(named))


def test_what_is_refused_is_told_beside_what_is_wanted() -> None:
    """A rule names both its limits; of a drawn head, which it only warns about, the one."""
    turn, share = (next(x for x in limits() if x.name == name) for name in ("turn", "head-share"))
    rules = [ruled(turn, 30, generated=True), ruled(share, 20, generated=False), ruled(share, 20, generated=True)]
    assert [(rule.outcome, rule.limit) for rule in rules if rule] == [
        ("fail", "-10 to 10, refused beyond -20 to 20"),
        ("fail", "55 to 85, refused beyond 38 to 98"),
        ("warn", "55 to 85"),
    ]


def test_bands_are_told_in_words() -> None:
    """People read `at most 3`, not a pair."""
    assert [in_words(b) for b in ((None, 3.0), (1.5, None), (-8.0, 8.0), (1.0, 1.0))] == [
        "at most 3",
        "at least 1.5",
        "-8 to 8",
        "1",
    ]
