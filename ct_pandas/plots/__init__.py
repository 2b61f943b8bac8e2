"""Drawings of cohort tables in plain matplotlib.

Each function takes a result, draws it on ``ax`` (left out: a new white figure) and returns the Axes. The
result is the table beside the drawing. No global style is changed; colours tell apart for colour-blind people
and in grey; text is dark or light as the figure's paper asks. Several on one figure need room for their
headlines and definitions: ``plt.subplots(1, 2, layout="constrained")``.

>>> import ct_pandas as ct
>>> account = ct.connect_sandbox()
>>> opened = ct.read_clevertap_events("App Launched", "2025-10", rows="event", progress=False)
>>> page = ct.plots.active_users(ct.active_users(opened))
"""

from ct_pandas.plots._bars import funnel_bars, reachability
from ct_pandas.plots._curves import retention_curves
from ct_pandas.plots._heatmap import retention_heatmap
from ct_pandas.plots._lines import active_users
from ct_pandas.plots._overlap import overlap
from ct_pandas.plots._stacks import adoption, first_touch

__all__ = [
    "active_users",
    "adoption",
    "first_touch",
    "funnel_bars",
    "overlap",
    "reachability",
    "retention_curves",
    "retention_heatmap",
]


def __dir__() -> list[str]:
    return __all__
