"""Every behaviour on which descriptions of the API disagree, as a switch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import partial
from typing import Any, Final

from ct_pandas.sandbox.arguments import seconds, texts, truth, whole


@dataclass(frozen=True, kw_only=True)
class Switches:
    """How this account behaves; every default is what is best attested.

    Parameters
    ----------
    paging
        ``"buckets"``: pages hold a multiple of 23 records, a size below 23 means no limit.
        ``"exact"``: pages hold `batch_size` records.
    in_progress
        How often the first page answers "still in progress".
    in_progress_as
        ``"code2"``: HTTP 200 and code 2. ``"202"``: HTTP 202.
    mint_throttled
        How often each first request for a cursor answers code 1, "throttled".
    end
        How a walk ends: ``"absent"`` key, ``"empty"`` `next_cursor`, or ``"bare"``: one more page that is
        only ``{"status": "success"}``.
    empty_records
        Whether the page of an empty result has an empty list `records`, or no such key.
    cursor_first
        Whether `next_cursor` stands before the records.
    previous_cursor
        Whether pages carry `previous_cursor`.
    cursor_length
        Characters of a cursor before it is percent-encoded.
    page_methods
        Methods by which a page can be fetched.
    content_type
        ``"any"``; ``"always"``: ``application/json`` on every request; ``"never_on_get"``: refused on GET.
    app_default, events_default, profile_default
        What a missing flag means.
    lookback_days
        Days searched when a people query has no event of its own.
    operator_aliases
        Whether ``gt``, ``not_contains`` and their like are understood.
    unknown_operator
        ``"fail"``, or ``"ignore"`` the filter.
    phone_as
        ``"integer"`` or ``"string"`` on download.
    seen_as
        `first_seen` and `last_seen`: epoch ``"seconds"``, ``"milliseconds"``, or 14-digit ``"local"`` times.
    unknown_profile
        Answer for a person who is not there: ``"null"``, ``"absent"`` or ``"empty"`` record, ``"fail"``,
        ``"404"`` or ``"400"``.
    bad_login
        ``"401"``, or ``"400"`` with "Failed to process request".
    notification_export
        Whether `Notification ...` events can be exported.
    reads_in_flight, uploads_in_flight
        Requests answered at once, uploads and all others counted apart; `None` follows `limits`. What is
        beyond gets 429.
    over_limit
        ``"429"``, or ``"empty"``: a cursor request beyond the limit silently gets an export without records.
    retry_after
        Seconds named by 429 answers, or `None`.
    penalty
        Seconds for which everything is refused after a 429.
    limits
        ``"documented"`` (100 records, keys of 32 characters, values of 120 bytes, 63 attributes, 3
        requests in flight, uploads included) or ``"current"`` (1000, 120 bytes, 512 bytes, 256, 15 uploads
        and 3 others in flight).
    event_properties
        Most properties of an uploaded event.
    all_token_types
        Whether all six kinds of tokens are taken, or only apns, gcm and fcm.
    delete_any
        Whether ``$delete`` works for every attribute, or for name and gender only.
    discarded_events
        Names of events that the project has discarded.
    counts_partial
        How often a count answers ``partial`` before it is there.
    counts_extras
        Whether counts carry `nQCount`, `tcount` and `userDeviceCount`.
    latency
        Seconds that every answer takes.
    journal_size
        How many requests are remembered.
    """

    paging: str = "buckets"
    in_progress: int = 1
    in_progress_as: str = "code2"
    mint_throttled: int = 0
    end: str = "absent"
    empty_records: bool = False
    cursor_first: bool = True
    previous_cursor: bool = True
    cursor_length: int = 72
    page_methods: tuple[str, ...] = ("GET", "POST")
    content_type: str = "any"
    app_default: bool = True
    events_default: bool = True
    profile_default: bool = True
    lookback_days: int = 365
    operator_aliases: bool = False
    unknown_operator: str = "fail"
    phone_as: str = "integer"
    seen_as: str = "seconds"
    unknown_profile: str = "null"
    bad_login: str = "401"
    notification_export: bool = False
    reads_in_flight: int | None = None
    uploads_in_flight: int | None = None
    over_limit: str = "429"
    retry_after: float | None = None
    penalty: float = 0.0
    limits: str = "documented"
    event_properties: int = 256
    all_token_types: bool = True
    delete_any: bool = False
    discarded_events: tuple[str, ...] = ()
    counts_partial: int = 1
    counts_extras: bool = False
    latency: float = 0.0
    journal_size: int = 10_000

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name}={getattr(self, name)!r}: choose one of {', '.join(allowed)}")
        for one in fields(self):
            value = getattr(self, one.name)
            check = _CHECKS.get(one.name) or _KINDS.get(type(one.default))
            if check and not (value is None and one.default is None):
                check(one.name, value)


CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "paging": ("buckets", "exact"),
    "in_progress_as": ("code2", "202"),
    "end": ("absent", "empty", "bare"),
    "content_type": ("any", "always", "never_on_get"),
    "unknown_operator": ("fail", "ignore"),
    "phone_as": ("integer", "string"),
    "seen_as": ("seconds", "milliseconds", "local"),
    "unknown_profile": ("null", "absent", "empty", "fail", "404", "400"),
    "bad_login": ("401", "400"),
    "over_limit": ("429", "empty"),
    "limits": ("documented", "current"),
}
_CHECKS: Final[dict[str, Callable[[str, Any], Any]]] = {
    "cursor_length": partial(whole, least=18),
    "retry_after": seconds,
    **dict.fromkeys(
        ("lookback_days", "reads_in_flight", "uploads_in_flight", "event_properties"), partial(whole, least=1)
    ),
}
_KINDS: Final[dict[type, Callable[[str, Any], Any]]] = {
    bool: truth,
    int: partial(whole, least=0),
    float: seconds,
    tuple: texts,
}


def switches_of(given: dict[str, Any], beside: tuple[str, ...]) -> Switches:
    """Make `Switches`; a name that is none is an error that lists them.

    Parameters
    ----------
    given
        The values by name.
    beside
        Names of what may have been meant instead.
    """
    known = {one.name for one in fields(Switches)}
    wrong = sorted(set(given) - known)
    if wrong:
        near = get_close_matches(wrong[0], [*beside, *known], 1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise TypeError(f"no such switch: {', '.join(wrong)}{hint}; there are {', '.join(sorted(known))}")
    return Switches(**given)
