"""What stopped last in this process, so that nobody has to have caught it."""

from __future__ import annotations

import threading
from pathlib import Path

from ct_pandas.errors import DownloadError, DownloadInterrupted, UploadError, UploadInterrupted

Interruption = DownloadError | DownloadInterrupted | UploadError | UploadInterrupted

_lock = threading.Lock()
_last: list[Interruption] = []


def remember(error: Interruption) -> None:
    """Keep an error until something else stops, or it is mended."""
    with _lock:
        _last[:] = [error]


def forget(error: BaseException | None = None) -> None:
    """Let go of an error that was mended; of any, where none is named."""
    with _lock:
        if error is None or (_last and _last[0] is error):
            _last.clear()


def mended(work: object, kept_in: Path | None) -> None:
    """Let go of the last error, if it was this work that stopped, or work that is kept in this directory."""
    last = last_interruption()
    stopped = getattr(last, "_walk", None)
    here = kept_in is not None and getattr(stopped, "kept_in", None) == kept_in
    if stopped is not None and (stopped is work or here):
        forget(last)


def last_interruption() -> Interruption | None:
    """Return what stopped last in this process: a download or an upload.

    Returns
    -------
    DownloadInterrupted, DownloadError, UploadInterrupted, UploadError or None
        The error itself, with ``.partial`` and ``.resume()``, or ``.report``. ``None`` if nothing stopped, or
        if it has since been resumed or retried to its end.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> ct.last_interruption() is None
    True
    """
    with _lock:
        return _last[0] if _last else None
