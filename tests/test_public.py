"""Rules of the public face: the names there are, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys

import ct_pandas as ct

HEAVY = (
    "matplotlib",
    "ipywidgets",
    "IPython",
    "dask",
    "distributed",
    "waitress",
    "tenacity",
    "tqdm.auto",
    "pyarrow.dataset",
    "pyarrow.parquet",
)
PROMISED = {
    "connect", "connect_sandbox", "Account", "Limits", "Query", "read_clevertap_events", "read_profile",
    "download_clevertap_events", "open_download", "count_profiles", "count_events", "resume",
    "last_interruption", "QueryBuilder", "UploadReport", "retention", "funnel", "active_users", "overlap",
    "fetch_retention", "plots", "Sandbox", "ClevertapError", "CredentialsError", "AuthenticationError",
    "QueryError", "ValidationError", "ThrottledError", "ServerError", "DownloadError", "CursorError",
    "UploadError", "DownloadInterrupted", "UploadInterrupted", "ClevertapWarning", "ProfileNotFoundWarning",
    "IncompleteDownloadWarning", "FilterWarning", "TimezoneWarning", "UploadWarning",
}  # fmt: skip


def test_every_promised_name_is_there() -> None:
    """What the documentation names can be imported, and is listed."""
    assert set(ct.__all__) >= PROMISED
    assert all(hasattr(ct, name) for name in ct.__all__)
    assert list(ct.__all__) == sorted(set(ct.__all__))


def test_everything_listed_is_documented() -> None:
    """Each public name says what it is."""
    assert all((getattr(ct, name).__doc__ or "").strip() for name in ct.__all__)


def test_importing_brings_nothing_heavy() -> None:
    """What few calls need is imported by the first of them."""
    code = f"import sys, ct_pandas; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_registers_the_accessor_on_any_frame() -> None:
    """No entry point registers accessors in pandas: the import is what registers it."""
    code = "import pandas as pd, ct_pandas; print(type(pd.DataFrame({'x': [1]}).clevertap).__name__)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_errors_are_a_family() -> None:
    """One base to catch; interrupts are not eaten by except Exception."""
    assert issubclass(ct.QueryError, ValueError)
    assert issubclass(ct.ValidationError, ValueError)
    assert issubclass(ct.CursorError, ct.DownloadError)
    for kind in (ct.DownloadInterrupted, ct.UploadInterrupted):
        assert issubclass(kind, KeyboardInterrupt)
        assert not issubclass(kind, Exception)
    for name in ct.__all__:
        if name.endswith("Error"):
            assert issubclass(getattr(ct, name), ct.ClevertapError)
        if name.endswith("Warning"):
            assert issubclass(getattr(ct, name), ct.ClevertapWarning)
