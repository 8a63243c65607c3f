"""When things happen in the story, read from what people write."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

CONTINUOUS = 15
"""Minutes of story time up to which two scenes follow one another without a break: nobody changes clothes unseen."""

DAY = 24 * 60

_DAY = re.compile(r"\bday +([0-9]{1,5})\b", re.IGNORECASE)
_DATE = re.compile(r"\b([0-9]{4}-[0-9]{2}-[0-9]{2})\b")
_CLOCK = re.compile(r"\b([01]?[0-9]|2[0-3]):([0-5][0-9])(?:[ ]?([ap])\.?m\b)?", re.IGNORECASE)

LIGHTS: dict[str, tuple[tuple[float, float], ...]] = {
    "night": ((17, 24), (0, 8)),
    "dawn": ((3, 10),),
    "sunrise": ((3, 10),),
    "morning": ((3, 12.5),),
    "noon": ((10, 15),),
    "midday": ((10, 15),),
    "day": ((4, 22.5),),
    "daylight": ((4, 22.5),),
    "afternoon": ((11.5, 19.5),),
    "golden-hour": ((3, 10.5), (14.5, 22.5)),
    "blue-hour": ((3, 10), (14.5, 23.5)),
    "sunset": ((14.5, 23),),
    "dusk": ((14.5, 23.5),),
    "evening": ((15.5, 24),),
    "midnight": ((22, 24), (0, 3)),
}
"""Hours at which the sun gives a light somewhere between the equator and 60 degrees, at some time of the year.

Source: sunrise and sunset at 60 degrees north are at about 03:00 and 21:30 in June, 09:00 and 15:00 in December.
"""


class Moment(NamedTuple):
    """A point in the story, as far as it is said."""

    day: tuple[str, int] | None
    """A counted day or a date; the two cannot be compared."""
    minute: int | None
    """Since midnight."""

    @property
    def exact(self) -> bool:
        """Whether both day and clock are known."""
        return self.day is not None and self.minute is not None

    def minutes_to(self, later: Moment) -> int | None:
        """Return the minutes from here to another moment, negative when that is earlier; None where not both say."""
        if self.minute is None or later.minute is None:
            return None
        if self.day is None and later.day is None:
            # Without days, whatever goes back by more than half a day has passed midnight.
            apart = later.minute - self.minute
            return apart + DAY if apart < -DAY // 2 else apart
        if self.day is None or later.day is None or self.day[0] != later.day[0]:
            return None
        return (later.day[1] - self.day[1]) * DAY + later.minute - self.minute


def moment(text: str) -> Moment:
    """Return when ``day 2, 17:40`` is, or ``2026-03-01 5:40 pm``; what is not said, or said otherwise, is None."""
    return Moment(_day(text), _minute(text))


def _day(text: str) -> tuple[str, int] | None:
    counted = _DAY.search(text)
    if counted:
        return "day", int(counted[1])
    dated = _DATE.search(text)
    try:
        return ("date", date.fromisoformat(dated[1]).toordinal()) if dated else None
    except ValueError:
        return None


def _minute(text: str) -> int | None:
    clock = _CLOCK.search(text)
    if clock is None:
        return None
    hour = int(clock[1])
    if clock[3]:
        hour = hour % 12 + (12 if clock[3].lower() == "p" else 0)
    return hour * 60 + int(clock[2])


def hours_of(light: str) -> tuple[tuple[float, float], ...]:
    """Return the hours at which a light can be had, such as for ``rainy-night``; none where its name does not say."""
    return tuple(hours for word, spans in LIGHTS.items() if f"-{word}-" in f"-{light}-" for hours in spans)


def shines_at(light: str, minute: int) -> bool:
    """Return whether a light can be had at a time of day; a light whose name says no time always can."""
    hours = hours_of(light)
    return not hours or any(start * 60 <= minute <= end * 60 for start, end in hours)
