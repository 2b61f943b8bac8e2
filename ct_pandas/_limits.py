"""The numbers an account is held to, as CleverTap's pages give them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from ct_pandas._shown import shown, whole_number
from ct_pandas.errors import ArgumentError


@dataclass(frozen=True)
class Limits:
    """The limits of an account.

    ``Limits.DOCUMENTED`` has the numbers of the page "Working with User Profiles API"; ``Limits.CURRENT`` has
    those of developer.clevertap.com (upload-user-profiles-api, api-request-limit). Keys are measured in
    ``key_unit``, values in bytes of UTF-8.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> ct.Limits.DOCUMENTED.upload_records
    100
    """

    upload_records: int
    key_length: int
    key_unit: Literal["characters", "bytes"]
    value_bytes: int
    custom_attributes: int
    uploads_in_flight: int
    reads_in_flight: int = 3
    token_records: int = 100
    name: str = "custom"

    DOCUMENTED: ClassVar[Limits]
    CURRENT: ClassVar[Limits]

    def __post_init__(self) -> None:
        if not isinstance(self.key_unit, str) or self.key_unit not in ("characters", "bytes"):
            raise ArgumentError(
                f'Limits.key_unit is {shown(self.key_unit)}; it must be "characters" or "bytes".'
            )
        for key in vars(self).keys() - {"key_unit", "name"}:
            value = getattr(self, key)
            number = whole_number(value)
            if number is None or number < 1:
                raise ArgumentError(
                    f"Limits.{key} is {shown(value)}; it must be a whole number of at least 1."
                )
            object.__setattr__(self, key, number)  # a plain one, which has a hash

    @classmethod
    def of(cls, limits: Limits | str) -> Limits:
        """Return limits given by value or by name."""
        if isinstance(limits, Limits):
            return limits
        known = {"documented": cls.DOCUMENTED, "current": cls.CURRENT}
        if isinstance(limits, str) and limits.lower() in known:
            return known[limits.lower()]
        raise ArgumentError(
            f'limits={shown(limits)} is not known; use "documented", "current" or a ct.Limits.'
        )


Limits.DOCUMENTED = Limits(100, 32, "characters", 120, 63, uploads_in_flight=3, name="documented")
Limits.CURRENT = Limits(1000, 120, "bytes", 512, 256, uploads_in_flight=15, name="current")
