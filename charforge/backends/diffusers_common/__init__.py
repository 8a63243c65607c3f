"""What every backend on diffusers shares: the one resident pipeline of a home, memory, progress, and its output.

A pipeline is loaded from a local folder of safetensors files and stays until another is asked for; adapters and LoRAs
come and go on it. Where weights wait is the home's `offload`, and changes rounding at most:

- `none`: all on the device.
- `model`: in main memory, and whole models move to the device in turn. On the cpu they wait where they work: as `none`.
- `group`: in main memory, and layers move to the device in turn. On the cpu they wait in files of a temporary folder.

When memory runs out, the next of these is tried once and kept for that model.
"""

from charforge.backends.diffusers_common import files, regions
from charforge.backends.diffusers_common.dress import Dress
from charforge.backends.diffusers_common.opening import DTYPES, prepare, require, versions
from charforge.backends.diffusers_common.pictures import fitted, pixels, refuse_black, samples, seeded
from charforge.backends.diffusers_common.shelf import Base, Loaded, Shelf, shelf_of

__all__ = [
    "DTYPES",
    "Base",
    "Dress",
    "Loaded",
    "Shelf",
    "files",
    "fitted",
    "pixels",
    "prepare",
    "refuse_black",
    "regions",
    "require",
    "samples",
    "seeded",
    "shelf_of",
    "versions",
]
