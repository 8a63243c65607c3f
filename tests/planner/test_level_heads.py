"""A shot asks for a turn, never for a lifted chin: such a reference stands in for no level head."""

from __future__ import annotations

from charforge.domain.assets import Character, Origin, Reference, Rights
from charforge.planner.references import locked_pose, poses

DRAWN = Origin(backend="portrait")


def test_a_lifted_chin_is_no_pose_of_a_shot() -> None:
    """Of two heads that face the camera the level one is taken, though the other's turn is nearer."""
    references = (
        Reference(file="headshot/front.png", step="headshot", turn=0.0),
        Reference(file="angles/up15.webp", step="angle", turn=3.0, pitch=15.0, origin=DRAWN),
        Reference(file="angles/left20.webp", step="angle", turn=-20.0, pitch=2.0, origin=DRAWN),
    )
    rights = Rights(licence="CC0-1.0", release="synthetic")
    mia = Character(name="mia", version=1, folder="characters/mia", rights=rights, references=references)
    assert [pose.name for pose in poses(mia)] == ["front", "left20"]
    found = locked_pose(mia, 3.0, None)
    assert found is not None
    assert found.name == "front"
