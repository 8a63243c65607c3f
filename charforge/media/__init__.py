"""The only door to ffmpeg: arguments are built by pure functions, run by one, and files are read by PyAV."""

from charforge.media.clips import encode_clip
from charforge.media.loudness import Loudness, loudness
from charforge.media.pitch import pitched
from charforge.media.probe import Probe, probe
from charforge.media.reading import frames, sound
from charforge.media.run import ffmpeg, run

__all__ = ["Loudness", "Probe", "encode_clip", "ffmpeg", "frames", "loudness", "pitched", "probe", "run", "sound"]
