"""Safe decoding of pictures from files, and PNG writing."""

from charforge.imaging.decoding import MAX_PIXELS, decode, decode_rgba, size
from charforge.imaging.encoding import encode_png
from charforge.imaging.photographs import Photograph, photograph

__all__ = ["MAX_PIXELS", "Photograph", "decode", "decode_rgba", "encode_png", "photograph", "size"]
