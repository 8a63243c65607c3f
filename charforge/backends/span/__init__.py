"""Gives small and soft faces back their detail: SPAN, an upscaler, from files made for ncnn and run by OpenVINO."""

from charforge.backends.span.backend import Restore

__all__ = ["Restore"]
