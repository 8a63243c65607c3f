"""A program that stands in for an installed Blender: it answers as one does, and draws the diorama as flat cards.

What it draws follows from the bytes of the set, the view, the light and the camera, so that it shows what of them
reaches a Blender; that a real one renders it right is shown where there is one.
"""

from __future__ import annotations

import stat
import sys
from pathlib import Path

PROGRAM = """#!{python}
import hashlib, json, sys
from pathlib import Path
import numpy as np
from PIL import Image

words = sys.argv[1:]
if words == ["--version"]:
    print("Blender 4.5.99 (stand-in)")
    sys.exit(0)
for wanted in ("--background", "--factory-startup", "--disable-autoexec"):
    assert wanted in words, words
assert words.index("--python-exit-code") < words.index("--python"), words
request = json.loads(Path(words[words.index("--") + 1]).read_text())
out, main = Path(request["out"]), Path(request["file"])
assert main.is_file(), main
if request["want"] == "offer":
    (out / "offer.json").write_text(json.dumps({{"views": ["table", "side"], "lights": ["noon", "night"]}}))
    sys.exit(0)
width, height, camera = request["width"], request["height"], request.get("camera")
seen = json.dumps([main.read_text(), request["view"], request["light"], camera]).encode()
colour = [60 + byte % 120 for byte in hashlib.sha256(seen).digest()[:3]]
print("charforge: layer 1 of 2", flush=True)
plate = np.full((height, width, 3), colour, np.uint8)
Image.fromarray(plate).save(out / "plate.png")
print("Fra:1 | Sample 1/1", flush=True)
front = np.zeros((height, width, 4), np.uint8)
front[height * 3 // 4 :] = (*colour[::-1], 255)
Image.fromarray(front).save(out / "front.png")
Image.fromarray(np.full((128, 128, 4), 200, np.uint8)).save(out / "probe.png")
print("charforge: layer 2 of 2", flush=True)
for name, metres, there in (("plate", 5.0, 1.0), ("front", 1.9, front[..., 3] / 255)):
    layer = np.zeros((height, width, 4), np.float32)
    layer[..., :2], layer[..., 2], layer[..., 3] = 0.5, metres, there
    np.save(out / f"{{name}}.npy", layer)
mark = {{"x": 0.5, "y": 0.4, "head": 0.16, "depth": 3.2}}
if camera:
    shown = 0.23 * camera["lens_mm"] / (camera["distance_m"] * 36 * height / width)
    mark = {{"x": 0.5, "y": camera["face_y"], "head": shown, "depth": camera["distance_m"]}}
marks = {{"left": mark, "centre": mark, "nowhere": mark}}
(out / "view.json").write_text(json.dumps({{"marks": marks, "horizon": 0.4, "shows": None}}))
"""


def build(folder: Path) -> Path:
    """Write the program and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "blender"
    file.write_text(PROGRAM.format(python=sys.executable), "utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file
