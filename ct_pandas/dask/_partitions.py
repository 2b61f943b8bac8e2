"""The partitions of a Dask frame: computed on the workers, fetched one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import dask.dataframe as dd
import pandas as pd
from dask.delayed import delayed


class Partitions:
    """Partitions that are computed once, where there is a cluster to hold them.

    Parameters
    ----------
    frame
        The Dask frame.
    """

    def __init__(self, frame: dd.DataFrame) -> None:
        self.meta: pd.DataFrame = frame._meta  # noqa: SLF001  (Dask's name for an empty frame of the same columns)
        self._frames: list[Any] = list(frame.to_delayed())  # type: ignore[no-untyped-call]
        self._client = _client()
        if self._client is not None:
            self._frames = self._client.compute(self._frames)

    def __len__(self) -> int:
        return len(self._frames)

    def frame(self, number: int) -> pd.DataFrame:
        """Fetch one partition."""
        found = self._frames[number]
        frame: pd.DataFrame = found.compute() if self._client is None else found.result()
        return frame

    def each(self, look: Callable[..., Any], *args: Any) -> Iterator[Any]:
        """Look at each partition where it is, and fetch what was found, in order."""
        if self._client is None:
            yield from (delayed(look)(frame, *args).compute() for frame in self._frames)
        else:
            found = [self._client.submit(look, frame, *args, pure=False) for frame in self._frames]
            yield from (each.result() for each in found)


def _client() -> Any:
    """Return the cluster that is in use, if one is."""
    try:
        import distributed  # noqa: PLC0415  (Dask works without it)

        return distributed.get_client()
    except (ImportError, ValueError):
        return None
