"""Cohort tables of event and people frames: a frame with its definition first, a drawing second.

>>> import ct_pandas as ct
>>> account = ct.connect_sandbox()
>>> opened = ct.read_clevertap_events("App Launched", "2025-10", rows="event", progress=False)
>>> ct.cohorts.retention(opened, periods=4).average.index.tolist()
[0, 1, 2, 3, 4]
"""

from ct_pandas.cohorts._active import ActiveUsers, active_users
from ct_pandas.cohorts._adoption import Adoption, adoption
from ct_pandas.cohorts._fetch import fetch_retention
from ct_pandas.cohorts._first_touch import FirstTouch, first_touch
from ct_pandas.cohorts._funnel import Funnel, funnel
from ct_pandas.cohorts._overlap import Overlap, overlap
from ct_pandas.cohorts._reachability import Reachability, reachability
from ct_pandas.cohorts._retention import Retention, retention

__all__ = [
    "ActiveUsers",
    "Adoption",
    "FirstTouch",
    "Funnel",
    "Overlap",
    "Reachability",
    "Retention",
    "active_users",
    "adoption",
    "fetch_retention",
    "first_touch",
    "funnel",
    "overlap",
    "reachability",
    "retention",
]


def __dir__() -> list[str]:
    return __all__
