"""Names of assets and slates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charforge.domain.names import NAME_PATTERN, AssetName, Slate

NAMES = st.from_regex(NAME_PATTERN, fullmatch=True).filter(lambda name: not name.endswith("\n"))
PARTS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)
SHOTS = st.text("ABCdef0123456789-", min_size=1, max_size=8)


@given(NAMES, st.none() | st.integers(1, 10**6))
def test_an_asset_name_is_read_back_from_its_print(name: str, version: int | None) -> None:
    """Printing and parsing agree, with and without a version."""
    written = AssetName(name, version)
    assert AssetName.parse(str(written)) == written


@pytest.mark.parametrize(
    "text", ["", "Mia", "mia@0", "mia@", "@1", "mia@1.5", "mia@-1", "-mia", "mia-", "mia@2\n", "../mia"]
)
def test_what_is_no_asset_name_is_refused(text: str) -> None:
    """Names are lower-case words, versions count from 1."""
    with pytest.raises(ValueError, match="is not an asset name"):
        AssetName.parse(text)


@given(PARTS, PARTS, SHOTS, st.none() | st.integers(1, 10**5))
def test_a_slate_is_read_back_from_its_print(episode: str, scene: str, shot: str, take: int | None) -> None:
    """Printing and parsing agree, for shots and for takes."""
    slate = Slate(episode, scene, shot, take)
    assert Slate.parse(str(slate)) == slate


def test_a_slate_is_printed_as_on_the_board() -> None:
    """Takes have at least two digits."""
    assert str(Slate("e01", "s03", "0040", 2)) == "e01_s03_0040_t02"


@pytest.mark.parametrize(
    "text", ["", "e01", "e01_s03", "e01_s03_0040_t2", "e01_s03_0040_x02", "E01_s03_0040", "a_b_c_d_e"]
)
def test_what_is_no_slate_is_refused(text: str) -> None:
    """A slate has an episode, a scene, a shot and maybe a take."""
    with pytest.raises(ValueError, match="is not a slate"):
        Slate.parse(text)
