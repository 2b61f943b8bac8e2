"""Rules of the public face: the names there are, and what importing them costs."""

from __future__ import annotations

import dataclasses
import importlib
import subprocess
import sys
import warnings
from typing import Any

import pytest

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


def test_completion_offers_what_is_public() -> None:
    """A dot and a tab list names to use, not what the module itself imports."""
    assert {name for name in dir(ct) if not name.startswith("__")} == set(ct.__all__)


@pytest.mark.parametrize("name", ["builder", "cohorts", "dask", "errors", "plots", "sandbox"])
def test_completion_of_a_room_offers_what_is_public(name: str) -> None:
    """The same one dot further: no parts that a room is made of, and no imports of its own."""
    room = importlib.import_module(f"ct_pandas.{name}")
    assert dir(room) == sorted(room.__all__)


def draw(events: Any) -> None:
    """Draw something."""
    ct.retention(events).plot()


def cluster(_events: Any) -> None:
    """Import what needs Dask."""
    importlib.import_module("ct_pandas.dask")


def form(_events: Any) -> None:
    """Ask for the form itself."""
    _ = ct.QueryBuilder(ct.Query("Charged", "2025-10")).widget


@pytest.mark.parametrize(
    ("library", "extra", "work"),
    [("matplotlib", "notebook", draw), ("dask", "dask", cluster), ("ipywidgets", "notebook", form)],
)
def test_what_needs_an_extra_names_it(
    library: str, extra: str, work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without matplotlib, Dask or ipywidgets the error says what to install."""
    import pandas as pd

    ours = ("ct_pandas.dask", "ct_pandas.builder.panel")
    for name in [name for name in sys.modules if name.startswith((library, *ours))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    events = pd.DataFrame({"identity": ["a"], "ts": pd.to_datetime(["2025-10-01"])})
    with pytest.raises(ModuleNotFoundError, match=rf"{library}.*ct_pandas\[{extra}\]"):
        work(events)


def warned(work: Any, category: type[Warning]) -> str:
    """Return the file that the only warning of this kind names."""
    with warnings.catch_warnings(record=True, action="always") as seen:
        work()
    (one,) = [each for each in seen if issubclass(each.category, category)]
    return one.filename


def test_a_warning_names_the_line_that_called() -> None:
    """A path within the package tells a user nothing, and would be saved in the notebook."""
    import pandas as pd

    bad = pd.DataFrame({"identity": ["a-1"], "Gender": ["x"], "Born": [pd.Timestamp("2000-01-01")]})
    with ct.Sandbox(users=50) as sandbox:
        nowhere = dataclasses.replace(sandbox.account, timezone=None)
        october: Any = {"start": "2025-10", "progress": False, "account": nowhere}
        reads = ct.read_clevertap_events
        for category, work in {
            ct.ProfileNotFoundWarning: lambda: ct.read_profile(identity="x", progress=False, account=nowhere),
            ct.ClevertapWarning: lambda: reads("Charged", columns=["profileData.No"], **october),
            ct.TimezoneWarning: lambda: reads("Charged", rows="event", **october),
            ct.UploadWarning: lambda: bad.clevertap.upload(["Gender"], invalid="skip", account=nowhere),
        }.items():
            assert warned(work, category) == __file__, category
        assert warned(lambda: bad.clevertap.upload(["Born"], account=nowhere), ct.TimezoneWarning) == __file__


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
