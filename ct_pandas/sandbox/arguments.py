"""What a sandbox is made of, checked first: an error names the argument and what it takes."""

from __future__ import annotations

from ipaddress import IPv4Address
from math import isfinite
from numbers import Integral
from typing import Any


def whole(name: str, value: Any, least: int, most: int | None = None) -> int:
    """Take a whole number in a range."""
    right = isinstance(value, Integral) and not isinstance(value, bool)
    if not (right and value >= least and (most is None or value <= most)):
        until = "up" if most is None else f"to {most}"
        raise ValueError(f"{name}={value!r}: give a whole number from {least} {until}")
    return int(value)


def seconds(name: str, value: Any) -> float:
    """Take a time in seconds, zero included."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not (isfinite(value) and value >= 0):
        raise ValueError(f"{name}={value!r}: give seconds, zero or more")
    return value


def truth(name: str, value: Any) -> bool:
    """Take `True` or `False`; a text such as ``"no"`` would count as true."""
    if value is not True and value is not False:
        raise ValueError(f"{name}={value!r}: choose True or False")
    return value


def texts(name: str, value: Any) -> tuple[str, ...]:
    """Take several texts; a text alone would be taken for its letters."""
    if not isinstance(value, tuple | list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{name}={value!r}: give a tuple of texts")
    return tuple(value)


def loopback(host: str) -> str:
    """Take an address that nobody outside this machine reaches."""
    try:
        inside = host == "localhost" or IPv4Address(host).is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise ValueError(f"host={host!r}: the sandbox listens on loopback only, such as 127.0.0.1")
    return host
