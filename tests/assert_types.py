"""What a type checker makes of the public names, as a user's script has them: checked by mypy, never run."""

from __future__ import annotations

import datetime as dt
from typing import Any, assert_type

import pandas as pd
from matplotlib.axes import Axes

import ct_pandas as ct

account = ct.Account("ABC-123-4567", "never-shown", region="in1", limits="current", max_wait=60)
assert_type(account, ct.Account)
assert_type(account.limits, ct.Limits)
assert_type(ct.connect(limits=ct.Limits.CURRENT), ct.Account)
assert_type(ct.connect_sandbox(users=10), ct.Account)

query = ct.Query("Charged", 20251001, "2025-10-31").where("Amount", ">", 500)
assert_type(query.did_not("App Launched", pd.Period("2025-10")), ct.Query)
assert_type(query.to_cql(), dict[str, Any])

people = ct.read_clevertap_events(query, columns=["identity"], progress=False)
assert_type(people, pd.DataFrame)
assert_type(ct.read_clevertap_events("Charged", dt.date(2025, 10, 1), where=("Amount", ">", 1)), pd.DataFrame)
assert_type(ct.read_profile(identity=people["identity"]), pd.DataFrame)
assert_type(ct.count_profiles("Charged", pd.Timestamp("2025-10-01")), int)

download = ct.download_clevertap_events(query, directory="somewhere", rows="event")
assert_type(download, ct.Download)
assert_type(download.complete, bool)
for part in download.iter_frames(1000):
    assert_type(part, pd.DataFrame)
pd.read_parquet(download)

retention = ct.retention(people, freq="W")
assert_type(retention, ct.Retention)
assert_type(retention.rates, pd.DataFrame)
assert_type(retention.plot("curves"), Axes)
assert_type(ct.funnel([people]).plot(), Axes)
assert_type(ct.plots.retention_heatmap(retention), Axes)

report: ct.UploadReport = people.clevertap.upload(columns=["profileData.Plan"])
assert_type(report.retry(report.failed).counts, dict[str, int])

stopped = ct.last_interruption()
assert_type(stopped, ct.DownloadError | ct.DownloadInterrupted | ct.UploadError | ct.UploadInterrupted | None)
with ct.Sandbox(users=10) as sandbox:
    assert_type(sandbox.account, ct.Account)


def mend(error: Exception | KeyboardInterrupt) -> None:
    """Take what the errors carry."""
    if isinstance(error, ct.DownloadError | ct.DownloadInterrupted):
        assert_type(error.partial, pd.DataFrame)
        assert_type(error.resume(), pd.DataFrame | Any)
    elif isinstance(error, ct.UploadError | ct.UploadInterrupted):
        assert_type(error.report, ct.UploadReport)
        assert_type(ct.resume("somewhere"), pd.DataFrame | Any)
    elif isinstance(error, ct.ValidationError):
        assert_type(error.problems, pd.DataFrame | None)
