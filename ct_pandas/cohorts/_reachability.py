"""Reachability: through which channels people can be spoken to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ct_pandas.cohorts._breakdown import breakdown, ordered, single
from ct_pandas.cohorts._calendar import Ints
from ct_pandas.cohorts._caveats import caveats_of_people
from ct_pandas.cohorts._devices import device_values
from ct_pandas.cohorts._events import note
from ct_pandas.cohorts._result import Result, count_text, share_text
from ct_pandas.cohorts._returns import Flags

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Subscription flags that a profile may carry; false is "do not send"; true is, in the "do not disturb" ones
# (CleverTap, developer.clevertap.com/docs/upload-user-profiles-api).
ALLOWED = {"push": "MSG-push", "email": "MSG-email", "phone": "MSG-sms"}
DO_NOT_DISTURB = {"email": "MSG-dndEmail", "phone": "MSG-dndPhone"}
CHANNELS = pd.Index([*ALLOWED, "any", "none"], name="channel")
OWN_NAMES = ("channel", "people", "known", "opted_out", "reachable", "share")


@dataclass(frozen=True, repr=False, eq=False)
class Reachability(Result):
    """People by channel; made by :func:`reachability`.

    Attributes
    ----------
    channels
        One row per channel (with ``by``: per value and channel): ``push``, ``email``, ``phone``, ``any`` and
        ``none``. ``known``, people with an address or token; ``opted_out`` of them; ``reachable``, the rest;
        ``share``, reachable people of all ``people``.
    members
        A boolean column per channel, with the frame's own index: whom a channel reaches.
    definition
        What was counted, as a sentence; printed on every figure.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> people = ct.read_clevertap_events("Charged", "2025-10", progress=False)
    >>> ct.reachability(people).channels.index.tolist()
    ['push', 'email', 'phone', 'any', 'none']
    """

    channels: pd.DataFrame
    members: pd.DataFrame
    definition: str
    by: str | None = None

    def to_frame(self) -> pd.DataFrame:
        """Give the channels with their names in columns."""
        return self.channels.reset_index()

    def table(self) -> pd.DataFrame:
        """Give the table as it is shown: formatted text."""
        if not int(self.channels["people"].sum()):
            return pd.DataFrame()
        shown = self.channels[["people", "known", "opted_out", "reachable"]].map(count_text)
        shown["share"] = self.channels["share"].map(share_text)
        return shown.rename(columns={"opted_out": "opted out"})

    def plot(
        self, *, ax: Axes | None = None, figsize: tuple[float, float] | None = None, **options: Any
    ) -> Axes:
        """Draw a bar per channel. Returns the Axes."""
        from ct_pandas import plots  # noqa: PLC0415 - matplotlib loads when something is drawn

        return plots.reachability(self, ax=ax, figsize=figsize, **options)


def reachability(people: pd.DataFrame, *, by: str | None = None) -> Reachability:
    """Count whom push messages, e-mail and text messages can reach.

    **Definition.** A channel is known for a person if the profile has what it takes: a push token on any of
    their devices, an e-mail address, a phone number. It reaches them unless the profile says otherwise:
    ``MSG-push``, ``MSG-email``, ``MSG-sms`` false, or ``MSG-dndEmail``, ``MSG-dndPhone`` true. Opt-outs of an
    address itself, and tokens that are no longer valid, are not part of a profile and cannot be seen here.

    No requests. One pass over the columns used.

    Parameters
    ----------
    people
        Frame with one row per person, as ``read_clevertap_events`` gives it.
    by
        Column to break down by.

    Returns
    -------
    Reachability
        ``.channels``, ``.members``, ``.to_frame()``, ``.plot()``.

    Examples
    --------
    >>> import pandas as pd
    >>> from ct_pandas.cohorts import reachability
    >>> people = pd.DataFrame({"identity": ["a", "b"], "email": ["a@example.org", None]})
    >>> reachability(people).channels["share"].tolist()
    [0.0, 0.5, 0.0, 0.5, 0.5]
    """
    if not isinstance(people, pd.DataFrame):
        raise TypeError(f"reachability takes a DataFrame of people, not {type(people).__name__}.")
    if note(people).get("kind") == "events" or (
        "ts" in people.columns and note(people).get("kind") != "people"
    ):
        raise ValueError('reachability needs one row per person: read with rows="profile".')
    values = None if by is None else breakdown(people, by, own=OWN_NAMES)
    known = {"push": _tokens(people), "email": _filled(people, "email"), "phone": _filled(people, "phone")}
    out = {channel: known[channel] & _opted_out(people, channel) for channel in known}
    table = _by_value(known, out, values, len(people))
    members = pd.DataFrame({channel: known[channel] & ~out[channel] for channel in known}, index=people.index)
    said = (
        "People with a push token on any device, an e-mail address, a phone number, whose profile does not "
        "say they opted out of that channel (MSG-* flags); any: through at least one of the three."
        + ("" if by is None else f" Broken down by {by}.")
        + caveats_of_people([people])
    )
    return Reachability(table, members, said, by)


def _tokens(people: pd.DataFrame) -> Flags:
    tokens = device_values(people, "push_token")
    has: Flags = np.zeros(len(people), dtype=bool)
    has[tokens.loc[tokens["value"] != "", "position"].to_numpy()] = True
    return has


def _filled(people: pd.DataFrame, column: str) -> Flags:
    if column not in people.columns:
        return np.zeros(len(people), dtype=bool)
    values = single(people, column)
    return (values.notna() & (values.astype(object) != "")).to_numpy(dtype=bool)


def _opted_out(people: pd.DataFrame, channel: str) -> Flags:
    out = _says(people, ALLOWED[channel], "false")
    return out | _says(people, DO_NOT_DISTURB[channel], "true") if channel in DO_NOT_DISTURB else out


def _says(people: pd.DataFrame, flag: str, word: str) -> Flags:
    column = f"profileData.{flag}"
    if column not in people.columns:
        return np.zeros(len(people), dtype=bool)
    return (single(people, column).astype(object).map(str).str.lower() == word).to_numpy(dtype=bool)


def _by_value(
    known: dict[str, Flags], out: dict[str, Flags], values: pd.Series | None, people: int
) -> pd.DataFrame:
    if values is None or not people:
        return _channels(known, out, np.zeros(people, np.int64), 1).set_axis(CHANNELS)
    codes, named = ordered(values)
    index = pd.MultiIndex.from_product([named, CHANNELS], names=[values.name, CHANNELS.name])
    return _channels(known, out, codes, len(named)).set_axis(index)


def _channels(known: dict[str, Flags], out: dict[str, Flags], codes: Ints, groups: int) -> pd.DataFrame:
    """Count every channel of each group, a group after the other."""

    def counted(flags: Flags) -> Ints:
        return np.bincount(codes[flags], minlength=groups)

    total = np.bincount(codes, minlength=groups)
    address = counted(np.logical_or.reduce(list(known.values())))
    somehow = counted(np.logical_or.reduce([known[channel] & ~out[channel] for channel in known]))
    nobody = np.zeros(groups, np.int64)
    has = [*map(counted, known.values()), address, nobody]
    lost = [*map(counted, out.values()), address - somehow, nobody]
    table = pd.DataFrame({"people": np.repeat(total, len(CHANNELS))})
    table["known"], table["opted_out"] = np.column_stack(has).ravel(), np.column_stack(lost).ravel()
    table["reachable"] = table["known"] - table["opted_out"]
    table.loc[len(CHANNELS) - 1 :: len(CHANNELS), "reachable"] = total - somehow
    table["share"] = table["reachable"] / table["people"]
    return table
