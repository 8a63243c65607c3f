"""Mattes of people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from charforge.backends.modnet import ModNet, _extent
from charforge.errors import BackendMissing
from charforge.weights import LocalHome

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def modnet(home: LocalHome) -> ModNet:
    """Return the matte backend, loaded once."""
    return ModNet(home)


def figure() -> NDArray[np.uint8]:
    """Return a drawn bust: skin-coloured head on dark shoulders before a plain wall, 480 x 360."""
    y, x = np.mgrid[:480, :360]
    picture = np.full((480, 360, 3), (196, 202, 208), np.uint8)
    picture[(x - 180) ** 2 / 150**2 + (y - 520) ** 2 / 240**2 < 1] = (40, 46, 70)
    picture[(abs(x - 180) < 34) & (y > 230) & (y < 320)] = (196, 150, 128)
    picture[(x - 180) ** 2 / 74**2 + (y - 175) ** 2 / 98**2 < 1] = (214, 168, 144)
    picture[((x - 180) ** 2 / 80**2 + (y - 165) ** 2 / 104**2 < 1) & (y < 125)] = (52, 36, 28)
    for eye in (150, 210):
        picture[(x - eye) ** 2 / 12**2 + (y - 165) ** 2 / 6**2 < 1] = (40, 30, 30)
    picture[(x - 180) ** 2 / 26**2 + (y - 225) ** 2 / 7**2 < 1] = (150, 70, 70)
    return picture


@pytest.mark.models
def test_a_person_is_cut_out_of_the_wall(modnet: ModNet) -> None:
    """Head and chest are in, the wall's corners are out, and the matte has the picture's size."""
    matte = modnet.matte(figure())
    assert matte.shape == (480, 360)
    assert matte.dtype == np.float32
    assert float(matte.min()) >= 0
    assert float(matte.max()) <= 1
    assert matte[150:220, 150:210].mean() > 0.9
    assert matte[420:, 120:240].mean() > 0.9
    assert matte[:60, :60].mean() < 0.1
    assert matte[:60, -60:].mean() < 0.1


@pytest.mark.models
def test_the_same_picture_gives_the_same_matte(modnet: ModNet) -> None:
    """Another session with other threads gives the same bytes."""
    assert np.array_equal(modnet.matte(figure()), ModNet(LocalHome(threads=2)).matte(figure()))


@pytest.mark.models
def test_a_matte_that_is_kept_is_nobodys_to_change(modnet: ModNet) -> None:
    """Who asks again is given what was seen, and of a picture that was changed in place what is seen now."""
    picture = figure()
    first = modnet.matte(picture)
    kept = first.copy()
    first[:] = 0
    assert np.array_equal(modnet.matte(picture), kept)
    picture[:] = picture[::-1]
    assert not np.array_equal(modnet.matte(picture), kept)


@pytest.mark.models
@pytest.mark.parametrize("size", [(1, 1), (31, 33), (7, 900), (900, 7)])
def test_any_size_comes_back_as_it_went(modnet: ModNet, size: tuple[int, int]) -> None:
    """Tiny and very long pictures are matted too."""
    assert modnet.matte(np.zeros((*size, 3), np.uint8)).shape == size


@pytest.mark.parametrize(
    ("size", "seen"),
    [((1920, 1080), (896, 512)), ((1024, 1024), (512, 512)), ((100, 4000), (32, 1024)), ((1, 1), (512, 512))],
)
def test_the_network_sees_half_a_thousand_pixels(size: tuple[int, int], seen: tuple[int, int]) -> None:
    """The short side becomes 512, no side more than 1024, both multiples of 32."""
    assert _extent(*size) == seen


def test_without_its_model_it_says_what_to_fetch(tmp_path: Path) -> None:
    """On a machine without the model file the error carries the command."""
    with pytest.raises(BackendMissing) as caught:
        ModNet(LocalHome(folder=tmp_path)).matte(figure())
    assert caught.value.hint == "charforge weights pull modnet"
