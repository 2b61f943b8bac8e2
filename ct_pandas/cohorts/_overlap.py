"""Overlap: who is in which of several audiences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ct_pandas._shown import counted
from ct_pandas._unicode import spelled
from ct_pandas.cohorts._caveats import caveats_of_people
from ct_pandas.cohorts._events import person_ids, told
from ct_pandas.cohorts._numbering import number_people
from ct_pandas.cohorts._result import Result, count_text, left_out_text, share_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, repr=False, eq=False)
class Overlap(Result):
    """Audiences and their intersections; made by :func:`overlap`.

    Attributes
    ----------
    members
        One row per person, one boolean column per audience.
    sizes
        People in each audience.
    intersections
        One row per combination that occurs, largest first: a boolean column per audience, ``people`` who are
        in exactly these and no other, and their ``share`` of all. They add up to everybody.
    pairs
        Audience × audience: people in both.
    definition
        What was counted, as a sentence; printed on every figure.
    left_out
        What was not counted: reason to number.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> both = ct.overlap({"paid": ["a", "b"], "viewed": ["b", "c", "d"]})
    >>> both.sizes.to_dict()
    {'paid': 2, 'viewed': 3}
    """

    members: pd.DataFrame
    sizes: pd.Series
    intersections: pd.DataFrame
    pairs: pd.DataFrame
    definition: str
    left_out: dict[str, int] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """Give the combinations: a boolean column per audience, ``people``, ``share``."""
        return self.intersections.copy()

    def table(self) -> pd.DataFrame:
        """Give the table as it is shown: a dot where the combination is in the audience."""
        names = list(self.sizes.index)
        shown = self.intersections[names].map(lambda inside: "●" if inside else "")
        shown["people"] = self.intersections["people"].map(count_text)
        shown["share"] = self.intersections["share"].map(share_text)
        return shown

    def plot(
        self, *, ax: Axes | None = None, figsize: tuple[float, float] | None = None, **options: Any
    ) -> Axes:
        """Draw bars of the combinations over a grid of dots. Returns the Axes of the bars."""
        from ct_pandas import plots  # noqa: PLC0415 - matplotlib loads when something is drawn

        return plots.overlap(self, ax=ax, figsize=figsize, **options)


def overlap(audiences: Mapping[str, Any], *, person: str | None = None) -> Overlap:
    """Find out who is in which of several audiences.

    **Definition.** An audience is a set of people, each once, however often they appear. A combination holds
    the people who are in exactly these audiences and in no other, so all combinations add up to everybody.

    No requests. One boolean per person and audience.

    Parameters
    ----------
    audiences
        Names with frames (of people or of events), or with a Series, Index or other collection of ids.
        Numbers are compared as text where others are text.
    person
        Column of the person in the frames; left out: ``identity``, and where that is missing ``objectId``.

    Returns
    -------
    Overlap
        ``.members``, ``.sizes``, ``.intersections``, ``.pairs``, ``.to_frame()``, ``.plot()``.

    Examples
    --------
    >>> from ct_pandas.cohorts import overlap
    >>> overlap({"paid": ["a", "b"], "viewed": ["b", "c", "d"]}).intersections["people"].tolist()
    [2, 1, 1]
    """
    if not isinstance(audiences, Mapping) or not audiences:
        raise TypeError("overlap takes a dict from the name of an audience to its frame or ids.")
    ids = {str(name): _ids(name, audience, person) for name, audience in audiences.items()}
    if len(ids) < len(audiences) or {"people", "share"} & set(ids):
        raise ValueError(
            "Each audience needs its own name, other than 'people' and 'share': "
            f"{', '.join(map(str, audiences))}."
        )
    numbers, people = number_people(list(ids.values()))
    inside = np.zeros((len(people), len(ids)), dtype=bool)
    for column, number in enumerate(numbers):
        inside[number[number >= 0], column] = True
    members = pd.DataFrame(inside, index=people.rename("person"), columns=list(ids))
    frames = [each for each in audiences.values() if isinstance(each, pd.DataFrame)]
    left_out = {"rows without a person": int(sum((number < 0).sum() for number in numbers))}
    said = (
        "People by the audiences they are in; each bar or row holds those in exactly these audiences and no "
        f"other, so they add up to {counted(len(people), 'person', 'people')}."
        + left_out_text(left_out)
        + caveats_of_people(frames)
    )
    both = inside.T.astype(np.int64) @ inside.astype(np.int64)
    return Overlap(
        members,
        members.sum().rename("people"),
        _combinations(members),
        pd.DataFrame(both, members.columns, members.columns),
        said,
        left_out,
    )


def _ids(name: Any, audience: Any, person: str | None) -> pd.Series:
    if isinstance(audience, pd.DataFrame):
        return person_ids(audience, person, f"audience {name!r}")
    if isinstance(audience, str | bytes):
        raise TypeError(f"audience {name!r} is one text, not a collection of ids: put it into a list.")
    if isinstance(audience, pd.Series):
        return told(audience)
    if not isinstance(audience, Iterable):
        raise TypeError(
            f"audience {name!r} is {type(audience).__name__}, not a frame or a collection of ids."
        )
    values = [spelled(each) if isinstance(each, str) else each for each in audience]
    return told(pd.Series(values, dtype=None if values else "str"))


def _combinations(members: pd.DataFrame) -> pd.DataFrame:
    names = list(members.columns)
    rows, people = np.unique(members.to_numpy(), axis=0, return_counts=True)
    table = pd.DataFrame(rows.reshape(-1, len(names)), columns=names)
    table["people"] = people
    table["share"] = people / max(len(members), 1)
    return table.sort_values("people", ascending=False, kind="stable").reset_index(drop=True)
