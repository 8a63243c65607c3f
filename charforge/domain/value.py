"""The base of every value that is read from or written to text."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


class Value(BaseModel):
    """A frozen record; fields are tuples or values, unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    def changed(self, **fields: object) -> Self:
        """Return a copy with some fields replaced, validated as a new value is."""
        kept = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_validate({**kept, **fields})


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


Text = Annotated[str, AfterValidator(_nfc)]
"""Text for people, NFC-normalised so that equal-looking text gives equal keys."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""The sha256 of some bytes, in hexadecimal."""

Fraction01 = Annotated[float, "0 to 1"]
"""A share of a width, height or whole."""
