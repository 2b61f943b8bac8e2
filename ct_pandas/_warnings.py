"""Warnings: what an analyst should look at although the call went on. Standard library only."""

from __future__ import annotations

import contextlib
import inspect
import warnings


class ClevertapWarning(UserWarning):
    """Base of the warnings of ct_pandas.

    Examples
    --------
    In a script that nobody watches, let none of them pass:

    >>> import warnings
    >>> import ct_pandas as ct
    >>> warnings.simplefilter("error", ct.ClevertapWarning)
    """


class ProfileNotFoundWarning(ClevertapWarning):
    """Some of the ids asked for do not exist.

    Examples
    --------
    >>> import warnings
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> with warnings.catch_warnings(record=True, action="always") as seen:
    ...     ct.read_profile(identity=["nobody-1", "nobody-2"], progress=False).shape[0]
    0
    >>> seen[0].category.__name__
    'ProfileNotFoundWarning'
    """


class IncompleteDownloadWarning(ClevertapWarning):
    """The rows received and the count that CleverTap gives differ.

    Examples
    --------
    >>> import warnings
    >>> import ct_pandas as ct
    >>> from ct_pandas.sandbox import Fault
    >>> with (
    ...     ct.Sandbox(users=200, faults=[Fault("drift", on="counts", by=5, times=None)]) as sandbox,
    ...     warnings.catch_warnings(record=True, action="always") as seen,
    ... ):
    ...     df = ct.read_clevertap_events(
    ...         "Charged", "2025-10", verify=True, progress=False, account=sandbox.account
    ...     )
    >>> seen[0].category.__name__, df.attrs["clevertap"]["expected"] - len(df)
    ('IncompleteDownloadWarning', 5)
    """


class FilterWarning(ClevertapWarning):
    """CleverTap returned rows that do not meet the query's own filters.

    Examples
    --------
    >>> import warnings
    >>> import ct_pandas as ct
    >>> from ct_pandas.sandbox import Fault
    >>> with (
    ...     ct.Sandbox(users=200, faults=[Fault("filter_ignored", times=None)]) as sandbox,
    ...     warnings.catch_warnings(record=True, action="always") as seen,
    ... ):
    ...     df = ct.read_clevertap_events(
    ...         ct.Query("Charged", "2025-10").where("Amount", ">", 9000),
    ...         rows="event", verify=True, progress=False, account=sandbox.account,
    ...     )
    >>> "FilterWarning" in {one.category.__name__ for one in seen}
    True
    """


class TimezoneWarning(ClevertapWarning):
    """A time is read without knowing its zone, or falls on a change of clocks.

    Examples
    --------
    >>> import dataclasses
    >>> import warnings
    >>> import ct_pandas as ct
    >>> unknown = dataclasses.replace(ct.connect_sandbox(), timezone=None)
    >>> with warnings.catch_warnings(record=True, action="always") as seen:
    ...     df = ct.read_clevertap_events(
    ...         "Charged", "2025-10", rows="event", progress=False, account=unknown
    ...     )
    >>> seen[0].category.__name__, str(df["ts"].dtype)
    ('TimezoneWarning', 'datetime64[us]')
    """


class UploadWarning(ClevertapWarning):
    """Some rows of an upload were not accepted.

    Examples
    --------
    >>> import warnings
    >>> import pandas as pd
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> df = pd.DataFrame({"identity": ["a-1", "a-2"], "Phone": ["+12025550101", "n/a"]})
    >>> with warnings.catch_warnings(record=True, action="always") as seen:
    ...     report = df.clevertap.upload(invalid="skip", progress=False)
    >>> seen[0].category.__name__, report.counts["not_sent"]
    ('UploadWarning', 1)
    """


def warn(said: str | ClevertapWarning, category: type[ClevertapWarning] | None = None) -> None:
    """Warn at the line that called this package, however deep inside it this is."""
    frame, level = inspect.currentframe(), 1
    while (frame := frame and frame.f_back) and frame.f_globals.get("__name__", "").startswith(_INSIDE):
        level += 1
    with contextlib.suppress(ValueError):  # a stream that was closed: what was done does not fail for it
        try:
            warnings.warn(said, category, stacklevel=level + 1)
        except UnicodeEncodeError:  # nor for a letter that the stream does not take
            kind = category if isinstance(said, str) else type(said)
            plain = str(said).encode("ascii", "backslashreplace").decode()
            warnings.warn(plain, kind, stacklevel=level + 1)


_INSIDE = f"{__package__}."
