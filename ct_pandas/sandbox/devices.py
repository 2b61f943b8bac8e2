"""Phones, tablets and browsers."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from ct_pandas.sandbox.cast import NEW_VERSION, OLD_VERSION, Bools, Cast
from ct_pandas.sandbox.days import Ints
from ct_pandas.sandbox.vocabulary import MODELS, PLATFORMS

Device: TypeAlias = dict[str, Any]
Drawn: TypeAlias = tuple[str, int, bool]

SECOND_SAME, SECOND_WEB, NAMELESS = 1, 2, 3


def device_counts(extra: Ints) -> Ints:
    """Give the number of devices of each person, from what they have besides the first."""
    return 1 + (extra > 0)


def draw_extras(count: int, rng: np.random.Generator) -> Ints:
    """Draw who has a second device: none, one of the same platform, a browser, one without `platform`."""
    return rng.choice(4, count, p=(0.78, 0.08, 0.13, 0.01))


def draw_devices(cast: Cast, extra: Ints, rng: np.random.Generator) -> list[list[Device]]:
    """Draw everybody's devices, as they are at the end of the world's days."""
    keys = _keys(2 * len(cast), rng)
    model = rng.integers(0, 3, 2 * len(cast)).tolist()
    token = (rng.random(2 * len(cast)) < 0.8).tolist()
    updated: Bools = cast.leaves > cast.adopted
    drawn = list(zip(keys, model, token, strict=True))
    pairs = zip(drawn[::2], drawn[1::2], strict=True)
    traits = zip(cast.platform.tolist(), extra.tolist(), updated.tolist(), pairs, strict=True)
    return [_owned(platform, kind, new, pair) for platform, kind, new, pair in traits]


def _keys(count: int, rng: np.random.Generator) -> list[str]:
    digits = rng.bytes(16 * count).hex()
    return [digits[start : start + 32] for start in range(0, 32 * count, 32)]


def _owned(platform: int, extra: int, new: bool, drawn: tuple[Drawn, Drawn]) -> list[Device]:
    first, second = drawn
    owned = [_device(PLATFORMS[platform], new, *first)]
    if extra == SECOND_SAME:
        owned.append(_device(PLATFORMS[platform], new, *second))
    elif extra == SECOND_WEB:
        owned.append(_device("Web", new, *second))
    elif extra == NAMELESS:
        owned.append({"objectId": second[0], "push_token": f"token:{second[0]}"})
    return owned


def _device(platform: str, new: bool, key: str, model: int, token: bool) -> Device:
    if platform == "Web":
        return {
            "platform": platform,
            "objectId": f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}",
        }
    make, name, system = MODELS[platform][model]
    device: Device = {
        "platform": platform,
        "os_version": system,
        "app_version": NEW_VERSION if new else OLD_VERSION,
        "make": make,
        "model": name,
    }
    if token:
        device["push_token"] = f"fcm:{key}" if platform == "Android" else key * 2
    device["objectId"] = f"{'__' if platform == 'Android' else '-'}{key}"
    return device
