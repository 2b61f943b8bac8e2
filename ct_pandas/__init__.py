"""ct_pandas: read CleverTap into pandas and write it back, from a notebook.

>>> import ct_pandas as ct
>>> account = ct.connect_sandbox()  # or ct.connect(...), with an account of your own
>>> people = ct.read_clevertap_events("Charged", "2025-10", progress=False)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ct_pandas import _accessor as _accessor  # registers df.clevertap
from ct_pandas._account import Account, connect
from ct_pandas._limits import Limits
from ct_pandas._unbroken import unbroken
from ct_pandas.errors import (
    AuthenticationError,
    ClevertapError,
    ClevertapWarning,
    CredentialsError,
    CursorError,
    DownloadError,
    DownloadInterrupted,
    FilterWarning,
    IncompleteDownloadWarning,
    ProfileNotFoundWarning,
    QueryError,
    ServerError,
    ThrottledError,
    TimezoneWarning,
    UploadError,
    UploadInterrupted,
    UploadWarning,
    ValidationError,
)

if TYPE_CHECKING:
    from ct_pandas import cohorts, plots
    from ct_pandas._download.download import Download, open_download
    from ct_pandas._download.downloading import download_clevertap_events
    from ct_pandas._interruptions import last_interruption
    from ct_pandas._query.query import Query
    from ct_pandas._reading.profiles import read_profile
    from ct_pandas._reading.readers import count_events, count_profiles, read_clevertap_events
    from ct_pandas._reading.schema import Schema, schema
    from ct_pandas._resume import resume
    from ct_pandas._sandbox import Sandbox, connect_sandbox
    from ct_pandas._upload.report import UploadReport
    from ct_pandas.builder import QueryBuilder
    from ct_pandas.cohorts import (
        Retention,
        active_users,
        adoption,
        fetch_retention,
        first_touch,
        funnel,
        overlap,
        reachability,
        retention,
    )

__version__ = "0.1.0"

# Where each name lives that is imported on its first use: importing the package costs next to nothing.
_LATER = {
    "Download": "ct_pandas._download.download",
    "Query": "ct_pandas._query.query",
    "QueryBuilder": "ct_pandas.builder",
    "Retention": "ct_pandas.cohorts",
    "Sandbox": "ct_pandas._sandbox",
    "Schema": "ct_pandas._reading.schema",
    "UploadReport": "ct_pandas._upload.report",
    "active_users": "ct_pandas.cohorts",
    "adoption": "ct_pandas.cohorts",
    "cohorts": "ct_pandas.cohorts",
    "connect_sandbox": "ct_pandas._sandbox",
    "count_events": "ct_pandas._reading.readers",
    "count_profiles": "ct_pandas._reading.readers",
    "download_clevertap_events": "ct_pandas._download.downloading",
    "fetch_retention": "ct_pandas.cohorts",
    "first_touch": "ct_pandas.cohorts",
    "funnel": "ct_pandas.cohorts",
    "last_interruption": "ct_pandas._interruptions",
    "open_download": "ct_pandas._download.download",
    "overlap": "ct_pandas.cohorts",
    "plots": "ct_pandas.plots",
    "reachability": "ct_pandas.cohorts",
    "read_clevertap_events": "ct_pandas._reading.readers",
    "read_profile": "ct_pandas._reading.profiles",
    "resume": "ct_pandas._resume",
    "retention": "ct_pandas.cohorts",
    "schema": "ct_pandas._reading.schema",
}

__all__ = [
    "Account",
    "AuthenticationError",
    "ClevertapError",
    "ClevertapWarning",
    "CredentialsError",
    "CursorError",
    "Download",
    "DownloadError",
    "DownloadInterrupted",
    "FilterWarning",
    "IncompleteDownloadWarning",
    "Limits",
    "ProfileNotFoundWarning",
    "Query",
    "QueryBuilder",
    "QueryError",
    "Retention",
    "Sandbox",
    "Schema",
    "ServerError",
    "ThrottledError",
    "TimezoneWarning",
    "UploadError",
    "UploadInterrupted",
    "UploadReport",
    "UploadWarning",
    "ValidationError",
    "active_users",
    "adoption",
    "cohorts",
    "connect",
    "connect_sandbox",
    "count_events",
    "count_profiles",
    "download_clevertap_events",
    "fetch_retention",
    "first_touch",
    "funnel",
    "last_interruption",
    "load_ipython_extension",
    "open_download",
    "overlap",
    "plots",
    "reachability",
    "read_clevertap_events",
    "read_profile",
    "resume",
    "retention",
    "schema",
]


def load_ipython_extension(shell: Any) -> None:
    """Take part in ``%load_ext ct_pandas``: the cell magic ``%%clevertap``, and ``df.clevertap``.

    Examples
    --------
    In a notebook ``%load_ext ct_pandas`` calls it.

    >>> import ct_pandas as ct
    >>> from IPython.core.interactiveshell import InteractiveShell
    >>> ct.load_ipython_extension(InteractiveShell.instance())
    """
    from ct_pandas._magic import load  # noqa: PLC0415  (IPython is optional)

    load(shell)


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    where = _LATER[name]
    with unbroken():
        found = importlib.import_module(where)
    return found if where == f"{__name__}.{name}" else getattr(found, name)


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
