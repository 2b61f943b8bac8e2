"""How one stored value meets one condition (CleverTap, "CleverTap Query Language").

Numbers compare with numbers, text with text; a number and its own text are equal. Booleans are asked for as
the words `"True"` and `"False"`, and some SDKs store them as text. A key that is missing meets only
`does_not_exist`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any, Final

from ct_pandas.sandbox.tracks import MISSING

OPERATORS: Final = frozenset(
    (
        "equals",
        "not_equals",
        "contains",
        "does_not_contain",
        "exists",
        "does_not_exist",
        "greater_than",
        "greater_than_equals",
        "less_than",
        "less_than_equals",
    )
)
ALIASES: Final = {
    "gt": "greater_than",
    "gte": "greater_than_equals",
    "lt": "less_than",
    "lte": "less_than_equals",
    "in": "equals",
    "not_in": "not_equals",
    "not_contains": "does_not_contain",
    "not_exists": "does_not_exist",
    "notEquals": "not_equals",
    "greaterThan": "greater_than",
    "lessThan": "less_than",
}
_ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "greater_than": operator.gt,
    "greater_than_equals": operator.ge,
    "less_than": operator.lt,
    "less_than_equals": operator.le,
}
_DATE: Final = re.compile(r"\$D_(-?\d{1,18})")


def meets(value: Any, name: str, wanted: Any) -> bool:
    """Tell whether a stored value meets ``name wanted``.

    Parameters
    ----------
    value
        What is stored; a list stands for several values, `MISSING` for none.
    name
        One of `OPERATORS`.
    wanted
        A scalar, or a list: any of them.
    """
    if name in ("exists", "does_not_exist"):
        return (value is not MISSING and value is not None) == (name == "exists")
    if value is MISSING or value is None:
        return False
    test = _test(name)
    found = any(test(one, want) for one in _several(value) for want in _several(wanted))
    return not found if name in ("not_equals", "does_not_contain") else found


def count_meets(count: int, name: str | None, wanted: Any) -> bool:
    """Tell whether somebody did something often enough; without a condition once is enough."""
    if name is None and wanted is None:
        return count > 0
    return meets(count, name or "equals", wanted)


def _test(name: str) -> Callable[[Any, Any], bool]:
    if name in _ORDER:
        return _ordered(_ORDER[name])
    return _contains if name in ("contains", "does_not_contain") else _equal


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def test(value: Any, wanted: Any) -> bool:
        left, right = _number(value), _number(wanted)
        return left is not None and right is not None and compare(left, right)

    return test


def _equal(value: Any, wanted: Any) -> bool:
    left, right = _number(value), _number(wanted)
    if left is not None and right is not None:
        return left == right
    if wanted in ("True", "False") and not isinstance(wanted, bool):
        return str(value).lower() == str(wanted).lower()
    return str(value) == str(wanted)


def _contains(value: Any, wanted: Any) -> bool:
    return str(wanted) in str(value)


def _number(value: Any) -> float | None:
    """Read a number, or a date as its epoch seconds; text is no number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    date = _DATE.fullmatch(value) if isinstance(value, str) else None
    return int(date[1]) if date else None
