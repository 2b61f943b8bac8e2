"""One filter: a name, an operator, a value. The operators and what each may be compared with.

CleverTap, CleverTap Query Language (developer.clevertap.com/docs/clevertap-query-language), "Query Operators
& Values": values are integers, doubles, strings or lists of these (any of them); booleans are the strings
"True" and "False"; some operators are for text, some for numbers.
"""

from __future__ import annotations

import datetime as dt
import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from ct_pandas._query.days import is_missing, unwrapped
from ct_pandas._shown import shown
from ct_pandas.errors import QueryError

Scalar = int | float | str
Value = Scalar | tuple[Scalar, ...]

SIGNS: Final = {
    "=": "equals",
    "!=": "not_equals",
    ">": "greater_than",
    ">=": "greater_than_equals",
    "<": "less_than",
    "<=": "less_than_equals",
}
EQUALITY: Final = ("equals", "not_equals")
ORDER: Final = ("greater_than", "greater_than_equals", "less_than", "less_than_equals")
TEXT: Final = ("contains", "does_not_contain")
PRESENCE: Final = ("exists", "does_not_exist")
OPERATORS: Final = (*EQUALITY, *ORDER, *TEXT, *PRESENCE)
COUNT_OPERATORS: Final = ("equals", *ORDER)

# Spellings that circulate and that CleverTap does not know.
_MEANT: Final = {
    "==": "=", "eq": "=", "is": "=", "in": "= with a list", "<>": "!=", "ne": "!=", "neq": "!=",
    "not_in": "!= with a list", "nin": "!= with a list", "is_not": "!=", "gt": ">", "gte": ">=", "ge": ">=",
    "lt": "<", "lte": "<=", "le": "<=", "=>": ">=", "=<": "<=", "not_contains": "does_not_contain",
    "doesnotcontain": "does_not_contain", "like": "contains", "not_exists": "does_not_exist",
    "is_set": "exists", "notnull": "exists", "isnull": "does_not_exist", "is_null": "does_not_exist",
    "starts_with": "contains", "ends_with": "contains", "≥": ">=", "≤": "<=", "≠": "!=",
    "greaterthan": ">", "lessthan": "<", "between": ">= and <=, in two filters",
}  # fmt: skip


class _Absent:
    """No value was given, which is not the same as ``None``."""

    def __repr__(self) -> str:
        return "<no value>"


ABSENT: Final = _Absent()


@dataclass(frozen=True)
class Filter:
    """A condition on one name. ``operator`` is ``None`` where left out, which CleverTap reads as equals."""

    name: str
    operator: str | None
    value: Value | None

    def to_cql(self) -> dict[str, Any]:
        """Give the JSON object."""
        found: dict[str, Any] = {"name": self.name}
        if self.operator is not None:
            found["operator"] = self.operator
        if self.value is not None:
            found["value"] = list(self.value) if isinstance(self.value, tuple) else self.value
        return found


def make_filter(name: Any, operator: Any, value: Any, *, place: str, raw: bool = False) -> Filter:
    """Check and normalise one filter; ``place`` is what messages call it.

    ``raw`` lets ``exists`` carry a value, as documents in use do.
    """
    where = f"{place}: "
    checked_name = check_name(name, f"{where}the name of a filter")
    word = None if operator is None else as_word(operator, checked_name, value, where)
    if word in PRESENCE:
        if value is ABSENT or (value is None and not raw):
            return Filter(checked_name, word, None)
        if not raw:
            raise QueryError(f"{where}{checked_name!r}: {word!r} takes no value; leave {value!r} out.")
    if value is ABSENT:
        raise QueryError(f"{where}{checked_name!r}: {operator or 'equals'!r} needs a value.")
    plain = as_value(value, f"{where}{checked_name!r}")
    _check_operand(checked_name, word, plain, where)
    return Filter(checked_name, word, plain)


def check_name(name: Any, what: str) -> str:
    """Refuse what cannot be the name of an event or a property."""
    if not isinstance(name, str):
        raise QueryError(f"{what} must be text, not {shown(name)}.")
    if not name.strip():
        raise QueryError(f"{what} is empty.")
    return _sendable(name, what)


def as_word(operator: Any, name: str, value: Any, where: str) -> str:
    """Turn an official word or sign into the official word."""
    if isinstance(operator, str) and operator in SIGNS:
        return SIGNS[operator]
    if isinstance(operator, str) and operator in OPERATORS:
        return str.__str__(operator)
    hint = suggest_operator(operator)
    if value is ABSENT and not hint:
        raise QueryError(
            f"{where}{name!r}: {operator!r} is not an operator. Did you mean ({name!r}, '=', {operator!r})?"
        )
    raise QueryError(
        f"{where}{name!r}: {shown(operator)} is not an operator.{hint} The operators are: "
        f"{', '.join(OPERATORS)}, and the signs {' '.join(SIGNS)}. CleverTap would ignore the "
        "filter and return everybody."
    )


def suggest_operator(operator: Any) -> str:
    """Say which operator was probably meant."""
    if not isinstance(operator, str):
        return ""
    lowered = operator.strip().lower().replace(" ", "_").replace("-", "_")
    known = _MEANT.get(lowered) or _MEANT.get(lowered.replace("_", ""))
    if known is None and (close := difflib.get_close_matches(lowered, [*OPERATORS, *SIGNS], 1, 0.6)):
        known = close[0]
    if known is None:
        return ""
    sign = next((s for s, word in SIGNS.items() if word == known), None)
    word = SIGNS.get(known)
    both = f"{known!r} ({sign!r})" if sign else f"{known!r} ({word!r})" if word else repr(known)
    return f" Did you mean {both}?"


def as_value(value: Any, what: str) -> Value:
    """Turn a value, or a list that means any of its values, into what JSON and CleverTap take."""
    value = unwrapped(value)
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        return _scalar(value, what)
    if getattr(value, "ndim", 1) > 1:
        raise QueryError(
            f"{what}: a table is not a list of values. Give one of its columns, such as df['email']."
        )
    if isinstance(value, set | frozenset):
        value = sorted(
            value, key=lambda each: (type(each).__name__, str(each))
        )  # sets have no order of their own
    elements = tuple(_scalar(each, what) for each in value)
    if not elements:
        raise QueryError(f"{what}: the list of values is empty; give at least one.")
    return elements


def _scalar(value: Any, what: str) -> Scalar:
    plain = unwrapped(value)
    if plain is None or is_missing(plain):
        raise QueryError(
            f"{what}: {shown(value)} is not a value. For people without one, use 'does_not_exist'."
        )
    if isinstance(plain, bool):
        return str(plain)  # CleverTap Query Language: booleans are passed as "True" or "False"
    if isinstance(plain, str):
        return _sendable(plain, what)
    if isinstance(plain, dt.date):
        return _epoch(plain)
    if isinstance(plain, Decimal) and plain.is_finite():
        plain = int(plain) if plain == plain.to_integral_value() else float(plain)
    if isinstance(plain, int):
        return int(plain)
    if isinstance(plain, float) and math.isfinite(plain):
        return plain
    raise QueryError(
        f"{what}: {shown(value)} cannot be a value. Values are text, numbers, True, False, dates, or a list "
        "of these."
    )


def _sendable(text: str, what: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise QueryError(
            f"{what}: {text!r} contains half a character (half a surrogate pair), which cannot be sent."
        ) from None
    return str.__str__(text)  # of an Enum of texts, str() is the member's name


def _epoch(moment: dt.date) -> int:
    """Seconds since 1970: how dates are kept. Undocumented for filters; without a zone, UTC."""
    if not isinstance(moment, dt.datetime):
        moment = dt.datetime(moment.year, moment.month, moment.day, tzinfo=dt.UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return math.floor(moment.timestamp())


def _check_operand(name: str, word: str | None, value: Value, where: str) -> None:
    elements = value if isinstance(value, tuple) else (value,)
    if word in ORDER:
        for text in (each for each in elements if isinstance(each, str)):
            raise QueryError(
                f"{where}{name!r}: {text!r} is text, but {word} compares numbers.{_as_number(text)}"
            )
    if word in TEXT:
        for number in (each for each in elements if not isinstance(each, str)):
            raise QueryError(
                f"{where}{name!r}: {number!r} is a number, but {word} searches in text. Write "
                f"{str(number)!r}."
            )


def _as_number(text: str) -> str:
    try:
        float(text)
    except ValueError:
        return " CleverTap cannot compare text by order."
    return f" Write {text.strip()} without quotes."


def filter_tuples(where: Any) -> list[tuple[Any, ...]]:
    """Read ``where=``: one ``(name, operator, value)`` or a list of them."""
    if where is None:
        return []
    shape = "where takes one (name, operator, value) or a list of them"
    if not isinstance(where, list | tuple):
        raise QueryError(f"{shape}, not {type(where).__name__}.")
    listed = [where] if where and isinstance(where[0], str) else where
    for each in listed:
        if not isinstance(each, list | tuple) or len(each) not in (2, 3):
            raise QueryError(f"{shape}; {shown(each)} is neither.")
    return [tuple(each) for each in listed]
