"""Model folders and files of weights, looked at without loading anything.

Which files of a model its loaders read, what a safetensors file holds, whether a folder in diffusers' layout is whole,
and whether an adapter or a LoRA was made for it. Nothing is unpickled, and no code that a model brings is run.
"""

from charforge.checkpoints.fitting import adapter_problems, lora_problems
from charforge.checkpoints.layout import Layout, document, layout_of, variant_in
from charforge.checkpoints.layout import problems as folder_problems
from charforge.checkpoints.safetensors import Header, header

__all__ = [
    "Header",
    "Layout",
    "adapter_problems",
    "document",
    "folder_problems",
    "header",
    "layout_of",
    "lora_problems",
    "variant_in",
]
