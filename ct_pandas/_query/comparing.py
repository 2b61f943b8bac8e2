"""Whether the cell of a row meets a filter, as far as it is known how CleverTap compares."""

from __future__ import annotations

import datetime as dt
import html
import math
import re
from collections.abc import Callable
from typing import Any, Final

from ct_pandas._query.days import is_missing, unwrapped
from ct_pandas._query.filters import Filter, Scalar

_WHOLE: Final = re.compile(r"\s*[+-]?[0-9]+\s*")


def verdict(found: Filter, cell: Any, *, absence_counts: bool) -> bool | None:
    """Whether the cell meets the filter; ``None`` where that depends on how CleverTap compares."""
    values = elements(cell)
    operator = found.operator or "equals"
    if operator in ("exists", "does_not_exist"):
        if values:
            return operator == "exists" if any(each != "" for each in values) else None
        # A list without values is there, and holds nothing: either may count.
        lacking = absence_counts and not isinstance(cell, list | tuple)
        return False if operator == "exists" and lacking else None
    if not values:
        return False if absence_counts else None
    operands = found.value if isinstance(found.value, tuple) else (found.value,)
    verdicts = [_COMPARE[operator](value, each) for value in values for each in operands if each is not None]
    if operator in ("not_equals", "does_not_contain"):
        # With several values or operands, "none of them" and "not all of them" are both readings.
        return verdicts[0] if verdicts and all(each is verdicts[0] for each in verdicts) else None
    if any(verdicts):
        return True
    return None if None in verdicts else False


def elements(cell: Any) -> list[Any]:
    if isinstance(cell, list | tuple):
        return [each for each in cell if not is_missing(each) and each is not None]
    plain = unwrapped(cell)
    return [] if plain is None or (not isinstance(plain, dict) and is_missing(plain)) else [plain]


def _equal(value: Any, operand: Scalar) -> bool | None:
    if isinstance(value, dict | dt.date) or (_is_date_text(value) and not isinstance(operand, str)):
        return None
    left, right = _number(value), _number(operand)
    if left is not None and right is not None:
        return math.isclose(left, right, rel_tol=1e-9)
    return folded(value) == folded(operand)


def _is_date_text(value: Any) -> bool:
    """Whether it is a date as CleverTap writes it, in a column that holds other text, too."""
    return isinstance(value, str) and value.startswith("$D_")


def _contains(value: Any, operand: Scalar) -> bool | None:
    if isinstance(value, dict | dt.date):
        return None
    # Which of the two CleverTap looks into is not known: the text with entities, or what they stand for.
    return str(operand).casefold() in str(value).casefold() or folded(operand) in folded(value)


def _lacks(value: Any, operand: Scalar) -> bool | None:
    found = isinstance(value, str) and str(operand) in value and folded(operand) in folded(value)
    return False if found else None


def _ordered(holds: Callable[[float, float], bool]) -> Callable[[Any, Scalar], bool | None]:
    def compare(value: Any, operand: Scalar) -> bool | None:
        left, right = _number(value), _number(operand)
        if left is None or right is None:
            return None
        return holds(left, right) or (
            None if math.isclose(left, right, rel_tol=1e-12) and left != right else False
        )

    return compare


def _negated(compare: Callable[[Any, Scalar], bool | None]) -> Callable[[Any, Scalar], bool | None]:
    def negative(value: Any, operand: Scalar) -> bool | None:
        met = compare(value, operand)
        if met is True and not _is_same(value, operand):
            return None  # but for case, spelling, type or the last digits: CleverTap may tell them apart
        return None if met is None else not met

    return negative


_COMPARE: Final[dict[str, Callable[[Any, Scalar], bool | None]]] = {
    "equals": _equal,
    "not_equals": _negated(_equal),
    "contains": _contains,
    "does_not_contain": _lacks,
    "greater_than": _ordered(lambda left, right: left > right),
    "greater_than_equals": _ordered(lambda left, right: left >= right),
    "less_than": _ordered(lambda left, right: left < right),
    "less_than_equals": _ordered(lambda left, right: left <= right),
}


def _is_same(value: Any, operand: Scalar) -> bool:
    """Tell whether no reading tells two values apart; a filter names a boolean by its word, True or False."""
    if isinstance(value, bool):
        return str(value) == str(operand)
    return isinstance(value, str) is isinstance(operand, str) and bool(value == operand)


def _number(value: Any) -> int | float | None:
    """Read a number, or text that says one; a whole number keeps every digit."""
    if isinstance(value, bool | dict | dt.date):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    whole = isinstance(value, int) or (isinstance(value, str) and _WHOLE.fullmatch(value))
    return None if not math.isfinite(number) else int(value) if whole else number


def folded(value: Any) -> str:
    """Give what is equal for two values that CleverTap may take for one: some text has entities."""
    return html.unescape(str(value)).strip().casefold()
