"""The triangle: people grouped by cohort, counted by period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ct_pandas.cohorts._births import Births
from ct_pandas.cohorts._breakdown import ordered
from ct_pandas.cohorts._calendar import Cut, Ints, moments
from ct_pandas.cohorts._returns import Flags, Returns


@dataclass(frozen=True)
class Triangle:
    """Cohort × period tables, the people in each cohort, and the weighted average."""

    counts: pd.DataFrame
    eligible: pd.DataFrame
    running: pd.DataFrame
    sizes: pd.Series
    average: Any


def count_triangle(came: Returns, values: pd.Series | None, *, cut: Cut, by: str | None) -> Triangle:
    """Count the people of each cohort who came back, were old enough, or were in a running period."""
    group, index = _groups(came.cohort, values, cut, by)
    columns = pd.RangeIndex(came.came.shape[1], name="period")

    def table(flags: Flags) -> pd.DataFrame:
        sums = [np.bincount(group[column], minlength=len(index)) for column in flags.T]
        return pd.DataFrame(
            np.array(sums, dtype=np.int64).T.reshape(len(index), len(columns)), index, columns
        )

    eligible = table(came.eligible)
    running = (table(came.running) > 0) & (eligible > 0)
    counts = table(came.came).astype("Int64").where(eligible > 0)
    final = eligible > 0 if cut.hours is not None else (eligible > 0) & ~running
    sizes = pd.Series(np.bincount(group, minlength=len(index)), index, name="size")
    return Triangle(counts, eligible, running, sizes, _average(counts, eligible, final, by))


def _groups(cohort: Ints, values: pd.Series | None, cut: Cut, by: str | None) -> tuple[Ints, pd.Index]:
    """Give every person the number of their group, and the groups that have people, by value and time."""
    if values is None:
        found, group = np.unique(cohort, return_inverse=True)
        return group, cut.first_days(found)
    codes, named = ordered(values)
    pairs, group = np.unique(np.stack([codes, cohort]), axis=1, return_inverse=True)
    levels = [pd.Index(named, dtype=None if named else object).take(pairs[0]), cut.first_days(pairs[1])]
    return group, pd.MultiIndex.from_arrays(levels, names=[by, "cohort"])


def _average(counts: pd.DataFrame, eligible: pd.DataFrame, final: pd.DataFrame, by: str | None) -> Any:
    came, old = counts.where(final).fillna(0).astype("int64"), eligible.where(final, 0)
    if by is not None:
        came, old = came.groupby(level=0, sort=False).sum(), old.groupby(level=0, sort=False).sum()
        return came / old.where(old > 0)
    totals = old.sum()
    return (came.sum() / totals.where(totals > 0)).rename("average")


def list_people(
    born: Births,
    came: Returns,
    values: pd.Series | None,
    ids: pd.Index,
    *,
    cut: Cut,
    by: str | None,
    zone: Any,
) -> pd.DataFrame:
    """Give one row per person: birth, cohort, value of the breakdown, whether they came in each period."""
    index = ids[born.people].rename("person")
    people = pd.DataFrame(
        {"birth": moments(born.when, zone), "cohort": cut.first_days(came.cohort)}, index=index
    )
    if values is not None:
        people[by] = values.to_numpy()
    return pd.concat([people, pd.DataFrame(came.came, index)], axis=1)
