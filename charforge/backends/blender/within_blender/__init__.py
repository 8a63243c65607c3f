"""Scripts that Blender runs in a process of its own; nothing of charforge imports them."""
