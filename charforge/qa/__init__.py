"""Judges takes: who is in them, how surely, and what to try when it is the wrong face."""

from charforge.qa.calibration import Calibration, calibrated
from charforge.qa.judge import Judge
from charforge.qa.ladder import Policy, keeps, remedy, shipped

__all__ = ["Calibration", "Judge", "Policy", "calibrated", "keeps", "remedy", "shipped"]
