"""ct_pandas: read CleverTap into pandas and write it back, from a notebook.

>>> import ct_pandas as ct
>>> account = ct.connect_sandbox()  # or ct.connect(...), with an account of your own
>>> people = ct.read_clevertap_events("Charged", "2025-10", progress=False)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ct_pandas._account import Account, Limits, connect
from ct_pandas._interruptions import last_interruption
from ct_pandas._profiles import read_profile
from ct_pandas._query import Query
from ct_pandas._readers import count_events, count_profiles, read_clevertap_events
from ct_pandas._sandbox import Sandbox, connect_sandbox
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
    from ct_pandas import plots as plots

__version__ = "0.1.0"

# Names that bring heavy imports along, or that few calls need: imported on first use.
_LATER = {
    "plots": "ct_pandas.plots",
}

__all__ = [
    "Account",
    "AuthenticationError",
    "ClevertapError",
    "ClevertapWarning",
    "CredentialsError",
    "CursorError",
    "DownloadError",
    "DownloadInterrupted",
    "FilterWarning",
    "IncompleteDownloadWarning",
    "Limits",
    "ProfileNotFoundWarning",
    "Query",
    "QueryError",
    "Sandbox",
    "ServerError",
    "ThrottledError",
    "TimezoneWarning",
    "UploadError",
    "UploadInterrupted",
    "UploadWarning",
    "ValidationError",
    "connect",
    "connect_sandbox",
    "count_events",
    "count_profiles",
    "last_interruption",
    "plots",
    "read_clevertap_events",
    "read_profile",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    where = _LATER[name]
    found = importlib.import_module(where)
    return found if where.rpartition(".")[2] == name else getattr(found, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
