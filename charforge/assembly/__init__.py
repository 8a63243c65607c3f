"""Circled takes become a cut, and the cut becomes the master: pictures, sound, subtitles, chapters, poster."""

from charforge.assembly.cutting import build_cut
from charforge.assembly.grading import Grade
from charforge.assembly.master import Finish, assemble
from charforge.assembly.subtitles import srt
from charforge.assembly.tone import TONES

__all__ = ["TONES", "Finish", "Grade", "assemble", "build_cut", "srt"]
