"""What stops a download becomes an error that keeps the rows so far and can go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ct_pandas import _interruptions
from ct_pandas._progress import CalledOff
from ct_pandas._shown import counted
from ct_pandas.errors import (
    AuthenticationError,
    ClevertapError,
    CursorError,
    DownloadError,
    DownloadInterrupted,
    QueryError,
    RefusedDownloadError,
    ServerDownloadError,
    ServerError,
    ThrottledDownloadError,
    ThrottledError,
)

KEPT_FROM_WARNING = (
    "The rows that came are kept: ct.resume() returns them once this warning is "
    "no longer turned into an error."
)


class Stops:
    """Turns what stops a download into an error with ``.partial`` and ``.resume()``, and remembers it."""

    def __init__(self, walk: Any, so_far: Callable[[], int], unit: str) -> None:
        self._walk, self._so_far, self._unit = walk, so_far, unit

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None:
            _interruptions.mended(self._walk, getattr(self._walk, "kept_in", None))
            return
        at_once = isinstance(error, AuthenticationError) and not self._so_far()
        if at_once or isinstance(error, QueryError):
            return  # to resume would meet the same refusal
        stopped = self._error(error)
        _interruptions.remember(stopped)
        if not isinstance(error, Warning):
            raise stopped from _cause(error)
        error.add_note(KEPT_FROM_WARNING)  # the caller made it an error, and waits for it

    def _error(self, error: BaseException) -> DownloadError | DownloadInterrupted:
        rows = counted(self._so_far(), f"{self._unit} is", f"{self._unit}s are")
        kept = f" {rows} kept: .partial has them, and .resume() or ct.resume() continues the download."
        if isinstance(error, ClevertapError):
            kind = next((new for old, new in _STOPPED.items() if isinstance(error, old)), DownloadError)
            return kind(
                str(error) + kept,
                walk=self._walk,
                status=error.status,
                code=error.code,
                retryable=error.retryable,
            )
        if isinstance(error, Warning):
            return DownloadError(f"A warning was turned into an error: {error}{kept}", walk=self._walk)
        if isinstance(error, OSError):
            return DownloadError(
                f"The download could not be saved: {error.strerror or error}.{kept}", walk=self._walk
            )
        if isinstance(error, CalledOff) or not isinstance(error, Exception):
            return DownloadInterrupted(f"The download was stopped.{kept}", walk=self._walk)
        return DownloadError(
            f"What CleverTap sent could not be read ({type(error).__name__}).{kept}", walk=self._walk
        )


def _cause(error: BaseException) -> BaseException | None:
    """Return what to chain: what a bar raised, and errors that are not our own."""
    if isinstance(error, CalledOff):
        return error.__cause__
    return None if isinstance(error, KeyboardInterrupt | ClevertapError) else error


_STOPPED: dict[type[ClevertapError], type[DownloadError]] = {
    CursorError: CursorError,
    AuthenticationError: RefusedDownloadError,
    ThrottledError: ThrottledDownloadError,
    ServerError: ServerDownloadError,
}
