"""Going on with what stopped."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pandas.api.extensions import no_default

from ct_pandas import _account
from ct_pandas._account import Account
from ct_pandas._download.dataset import Dataset
from ct_pandas._download.download import unfinished
from ct_pandas._download.downloading import Downloading, settled
from ct_pandas._interruptions import last_interruption, mended
from ct_pandas._progress import say_anyway
from ct_pandas._reading import certificate
from ct_pandas._reading.asking import Wish
from ct_pandas._reading.reading import Ask
from ct_pandas._storage.belonging import Belonging
from ct_pandas._storage.files import directory_named
from ct_pandas._storage.store import Store
from ct_pandas._transport.sending import used
from ct_pandas.errors import ClevertapError, CredentialsError, UploadError, UploadInterrupted

if TYPE_CHECKING:
    import pandas as pd


def resume(directory: str | os.PathLike[str] | None = None) -> pd.DataFrame | Any:
    """Continue what stopped: a download or an upload of this process, or what a directory holds.

    Costs the requests that are still needed.

    Parameters
    ----------
    directory
        The ``checkpoint=`` of a read or the ``directory=`` of a download; the query stored there is used. It
        must belong to the default account, or to one that this process used before. Left out: continue what
        stopped last in this process, the one that :func:`last_interruption` returns.

    Returns
    -------
    DataFrame, Download or UploadReport
        What the call that stopped would have returned.

    Raises
    ------
    ClevertapError
        There is nothing to resume, or the directory belongs to another account.

    Examples
    --------
    >>> import ct_pandas as ct, tempfile
    >>> account = ct.connect_sandbox()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     df = ct.read_clevertap_events("Charged", "2025-10", checkpoint=folder, progress=False)
    ...     again = ct.resume(folder)  # doctest: +ELLIPSIS
    Stored, not downloaded again: ...
    >>> again.equals(df)
    True
    """
    if directory is None:
        return _last()
    place = directory_named(directory)
    found = _stored(place)
    mended(found, place)
    return found


def _last() -> Any:
    stopped = last_interruption()
    if stopped is None:
        raise ClevertapError(
            "There is nothing to resume: no download or upload stopped in this process. After a "
            "restart, give the directory that was used as checkpoint= or directory=: "
            "ct.resume(directory)."
        )
    if isinstance(stopped, UploadError | UploadInterrupted):
        return stopped.report.retry()
    return stopped.resume()


def _stored(directory: Path) -> Any:
    if Dataset(directory).there:
        download = settled(directory)
        say_anyway(certificate.age(download.attrs["downloaded_at"]))  # old rows are not new ones
        return download
    for store in (unfinished(directory), Store(directory)):
        if store.there:
            wished = _wish(store)
            if store.directory == directory:
                return wished.reading(directory).run()
            return Downloading(wished, directory).run()
    raise ClevertapError(f"{str(directory)!r} holds neither a checkpoint nor a download of ct_pandas.")


def _owner(belongs: Belonging, directory: Path) -> Account:
    """Return the default account, if the download is its own, else the one that this process used there."""
    theirs = used(belongs.host, belongs.account_id)
    try:
        connected = _account.resolve(None)
    except CredentialsError:
        if theirs is None:
            raise
        return theirs
    if theirs is not None and not belongs.is_of(connected):
        return theirs
    belongs.check_account(connected, directory)
    return connected


def _wish(store: Store) -> Wish:
    """Ask again what the store was asked for."""
    belongs = store.open()
    account = _owner(belongs, store.whose)
    kept = store.manifest
    ask = Ask.again(belongs, account, dtype_backend=kept["dtype_backend"] or no_default)
    lanes = min(len(kept["slices"]), account.limits.reads_in_flight)
    return Wish(ask, kept["batch_size"], lanes, kept["verify"])
