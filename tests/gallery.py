"""Renders every drawing of made-up data into a folder: ``python tests/gallery.py FOLDER``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from ct_pandas import cohorts

PLATFORMS = ["Android", "iOS", "Web"]
SOURCES = [
    "google / cpc",
    "newsletter-autumn-2025-with-a-very-long-campaign-name",
    "direct",
    "partner",
    "push",
]
VERSIONS = ["5.9.1", "5.10.0", "6.0.0"]


def noted(frame: pd.DataFrame, name: str, kind: str = "events") -> pd.DataFrame:
    """Note on the frame what a download would."""
    query = {"event_name": name, "from": 20250804, "to": 20251031}
    frame.attrs["clevertap"] = {"query": query, "kind": kind, "downloaded_at": "2025-10-22T15:30:00+00:00"}
    return frame


def opened(people: int = 4000) -> pd.DataFrame:
    """Give visits of people who come back less and less often, more of them on one platform."""
    random = np.random.default_rng(5)
    start = pd.Timestamp("2025-08-04", tz="Europe/Berlin")
    born = random.integers(0, 79 * 24, people)
    platform = random.choice(3, people, p=[0.55, 0.3, 0.15])
    source = random.choice(len(SOURCES), people, p=[0.4, 0.2, 0.2, 0.12, 0.08])
    visits = 1 + random.poisson(np.where(platform == 1, 6, 3.5))
    who = np.repeat(np.arange(people), visits)
    later = np.where(np.append(True, np.diff(who) != 0), 0, random.exponential(24 * 20, len(who))).astype(int)
    hour = born[who] + later
    frame = pd.DataFrame(
        {
            "ts": (start + pd.to_timedelta(hour, unit="h")).as_unit("us"),
            "identity": pd.Series([f"person-{n}" for n in who], dtype="str"),
            "platform": np.array(PLATFORMS)[platform[who]],
            "app_version": np.array(VERSIONS)[
                np.clip((hour / 800 + random.normal(0, 0.5, len(who))).astype(int), 0, 2)
            ],
            "session_props.utm_source": np.array(SOURCES)[source[who]],
        }
    )
    frame = frame[frame["ts"] < pd.Timestamp("2025-10-22 17:30", tz="Europe/Berlin")]
    return noted(frame.reset_index(drop=True), "App Launched")


def step(frame: pd.DataFrame, share: float, minutes: int, name: str) -> pd.DataFrame:
    """Let a share of the rows be followed by a next step."""
    random = np.random.default_rng(len(name))
    chosen = frame[random.random(len(frame)) < share].copy()
    chosen["ts"] += pd.to_timedelta(random.exponential(minutes * 60, len(chosen)).astype(int) + 1, unit="s")
    return noted(chosen, name)


def crowd(people: int = 3000) -> pd.DataFrame:
    """Give people with and without addresses, some opted out."""
    random = np.random.default_rng(7)

    def some(values: list[str], share: float) -> pd.Series:
        return pd.Series(values, dtype="str").where(pd.Series(random.random(people) < share))

    numbers = range(people)
    frame = pd.DataFrame(
        {
            "identity": pd.Series([f"person-{n}" for n in numbers], dtype="str"),
            "email": some([f"p{n}@example.org" for n in numbers], 0.72),
            "phone": some([f"+4930{n:07d}" for n in numbers], 0.41),
            "profileData.MSG-email": pd.array(random.random(people) > 0.12, dtype="boolean"),
            "profileData.plan": random.choice(
                ["free", "plus", "premium with a quite long name indeed"], people
            ),
            "platformInfo.Android.push_token": some([f"fcm:{n}" for n in numbers], 0.5),
            "platformInfo.Android.app_version": some(["6.0.0" if n % 3 else "5.9.1" for n in numbers], 0.6),
            "platformInfo.iOS.push_token": some([f"apns:{n}" for n in numbers], 0.2),
            "platformInfo.iOS.app_version": some(["6.1.0" if n % 5 else "5.10.0" for n in numbers], 0.3),
        }
    )
    return noted(frame, "App Launched", "people")


def drawings() -> dict[str, Callable[[], Any]]:
    """Name every drawing."""
    app = opened()
    seen, added, paid = (
        step(app, 0.5, 4, "Product Viewed"),
        step(app, 0.28, 30, "Added To Cart"),
        step(app, 0.12, 600, "Charged"),
    )
    steps = {"App Launched": app, "Product Viewed": seen, "Added To Cart": added, "Charged": paid}
    audiences = {
        "viewed": seen.head(900),
        "paid": paid,
        "newsletter subscribers since 2023": [f"person-{n}" for n in range(700)],
    }
    nobody = app.iloc[:0]
    return {
        "retention": lambda: cohorts.retention(app).plot(),
        "retention_paid": lambda: cohorts.retention(app, paid, kind="unbounded", periods=6).plot(),
        "retention_by": lambda: cohorts.retention(app, by="platform", freq="M", periods=2).plot(),
        "retention_hours": lambda: cohorts.retention(app, freq="168h", periods=5).plot(),
        "retention_empty": lambda: cohorts.retention(nobody).plot(),
        "curves": lambda: cohorts.retention(app).plot("curves"),
        "curves_by": lambda: cohorts.retention(app, by="session_props.utm_source").plot("curves"),
        "funnel": lambda: cohorts.funnel(steps, within="2D").plot(),
        "funnel_by": lambda: cohorts.funnel(steps, within="2D", by="platform").plot(),
        "active": lambda: cohorts.active_users(app).plot(),
        "stickiness": lambda: cohorts.active_users(app).plot(stickiness=True),
        "first_touch": lambda: cohorts.first_touch(app, "session_props.utm_source", freq="W").plot(top=4),
        "adoption": lambda: cohorts.adoption(app, "app_version").plot(),
        "adoption_people": lambda: cohorts.adoption(crowd(), "app_version").plot(),
        "reachability": lambda: cohorts.reachability(crowd()).plot(),
        "reachability_by": lambda: cohorts.reachability(crowd(), by="profileData.plan").plot(),
        "overlap": lambda: cohorts.overlap(audiences).plot(),
        "overlap_empty": lambda: cohorts.overlap({"a": [], "b": []}).plot(),
        "dark": lambda: on_dark(cohorts.retention(app, periods=4)),
        "side_by_side": lambda: beside(cohorts.funnel(steps, within="2D"), cohorts.active_users(app)),
    }


def on_dark(result: cohorts.Retention) -> Any:
    """Draw on the axes of a dark figure of the caller's."""
    _, ax = plt.subplots(figsize=(8, 6), facecolor="#111111", layout="constrained")
    ax.set_facecolor("#111111")
    return result.plot("curves", ax=ax)


def beside(left: cohorts.Funnel, right: cohorts.ActiveUsers) -> Any:
    """Draw two results on one figure of the caller's."""
    _, (first, second) = plt.subplots(1, 2, figsize=(14, 4.6), layout="constrained")
    left.plot(ax=first)
    return right.plot(ax=second)


def main(folder: str) -> None:
    """Write a PNG per drawing."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name, draw in drawings().items():
        page = draw()
        page.figure.savefig(target / f"{name}.png", dpi=110)
        plt.close(page.figure)


if __name__ == "__main__":
    main(sys.argv[1])
