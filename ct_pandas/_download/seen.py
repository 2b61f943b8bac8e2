"""Who was there already, in a few bytes per person."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Mask = npt.NDArray[np.bool_]
_Hashes = npt.NDArray[np.uint64]


class Seen:
    """Tells the first of several copies from the later ones.

    People are remembered by 64 bits of their keys. Two of ten million share them once in 370,000 downloads.
    """

    def __init__(self) -> None:
        self._runs: list[_Hashes] = []  # sorted, each at least twice as long as the next

    def first(self, keys: pa.Array) -> Mask:
        """Tell which keys come for the first time, and remember them."""
        hashes = pd.util.hash_array(keys.to_numpy(zero_copy_only=False), categorize=False)
        new, positions = np.unique(hashes, return_index=True)
        fresh = ~np.logical_or.reduce([np.zeros(len(new), bool), *(_within(new, run) for run in self._runs)])
        mask = np.zeros(len(hashes), bool)
        mask[positions[fresh]] = True
        self._remember(new[fresh])
        return mask

    def _remember(self, run: _Hashes) -> None:
        self._runs.append(run)
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            longer, shorter = self._runs[-2:]
            merged = np.concatenate([longer, shorter])
            merged.sort(kind="stable")
            self._runs[-2:] = [merged]


def _within(values: _Hashes, run: _Hashes) -> Mask:
    if not len(run):
        return np.zeros(len(values), bool)
    return np.asarray(run[np.minimum(np.searchsorted(run, values), len(run) - 1)] == values)
