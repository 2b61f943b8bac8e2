"""Problems of a frame, all of them, before the first request. Works on whole columns, slice by slice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ct_pandas._limits import Limits
from ct_pandas._records import rules
from ct_pandas._records.encode import Cells
from ct_pandas._records.outgoing import Field, Outgoing
from ct_pandas._records.pieces import Piece
from ct_pandas._records.plain import Unsendable
from ct_pandas._records.rules import Rule
from ct_pandas._records.stamps import problem_of
from ct_pandas._validate.findings import Finding, only
from ct_pandas._validate.sizes import oversized

Mask = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int64]


def nothing_to_send(piece: Piece, outgoing: Outgoing) -> Mask:
    """Tell which rows have nothing to send; an event is something by itself, and so is a token."""
    if outgoing.kind != "profile":
        return np.zeros(len(piece), bool)
    some = np.zeros(len(piece), bool)
    for cells in piece.cells:
        some |= cells.present
    return ~some


def look(piece: Piece, outgoing: Outgoing, limits: Limits) -> Iterator[Finding]:
    """Yield everything that is wrong with a slice, leaving out rows with nothing to send."""
    idle = nothing_to_send(piece, outgoing)
    findings = _tokens(piece, outgoing) if outgoing.kind == "token" else _records(piece, outgoing, limits)
    for finding in findings:
        keep = ~idle[finding.places]
        if keep.any():  # a finding may be about no row at all
            yield finding if keep.all() else only(finding, keep)


def _records(piece: Piece, outgoing: Outgoing, limits: Limits) -> Iterator[Finding]:
    yield from _identity(piece, outgoing)
    yield from _times(piece, outgoing)
    if outgoing.kind == "event":
        yield from _event_names(piece, outgoing)
    for field, cells in zip(outgoing.fields, piece.cells, strict=True):
        if cells.faults:
            yield from _alike(cells.faults, field.label, piece.part.iloc[:, field.at], sendable=False)
        yield from _key(field, cells, limits)
        yield from _sizes(piece, field, cells, limits)
        if outgoing.kind == "profile" and field.key in rules.ATTRIBUTES:
            yield from _broken(piece, field.label, field.at, cells, rules.ATTRIBUTES[field.key])
        if cells.nested:
            yield from _operations(piece, field, cells)
    if outgoing.kind == "profile":
        yield from _count(piece, outgoing, limits)


def _identity(piece: Piece, outgoing: Outgoing) -> Iterator[Finding]:
    people = piece.people
    first = outgoing.ids.sources[0].label if outgoing.ids.sources else None
    for source in dict.fromkeys(people.at_fault.values()):
        faults = {at: fault for at, fault in people.faults.items() if people.at_fault[at] is source}
        yield from _alike(faults, source.label, source.values(piece.part), sendable=False)
    missing = [at for at, value in enumerate(people.ids) if value is None and at not in people.faults]
    rule = rules.NO_IDENTITY
    fixes = [rule.fix(None)] * len(missing)
    yield Finding(np.array(missing, "int64"), first, rule.code, rule.reason, None, fixes)
    if "objectId" in people.keys:
        ids = pa.array(
            [
                value if key == "objectId" else None
                for key, value in zip(people.keys, people.ids, strict=True)
            ],
            pa.string(),
        )
        rule = rules.OBJECT_ID
        bad = _unlike(ids, rule.pattern)
        yield Finding(bad, "objectId", rule.code, rule.reason, ids.take(pa.array(bad)).to_pylist())


def _unlike(text: pa.Array, pattern: str) -> Positions:
    """Return where text is present and does not match."""
    matches = pc.match_substring_regex(text, f"^({pattern})$")
    return np.flatnonzero(pc.invert(matches).fill_null(False).to_numpy(zero_copy_only=False))


def _times(piece: Piece, outgoing: Outgoing) -> Iterator[Finding]:
    if piece.seconds is None or outgoing.ts is None:
        return
    label, column = outgoing.label(outgoing.ts), piece.part.iloc[:, outgoing.ts]
    yield from _alike(piece.second_faults, label, column, sendable=False)
    judged = {at: problem_of(second) for at, second in enumerate(piece.seconds) if second is not None}
    yield from _alike({at: one for at, one in judged.items() if one is not None}, label, column)


def _event_names(piece: Piece, outgoing: Outgoing) -> Iterator[Finding]:
    if piece.events is None:
        return
    label = outgoing.label(outgoing.event_at)
    rule = rules.EVENT_NAME
    names = piece.events.values()
    missing = [at for at, name in enumerate(names) if name is None or not str(name).strip()]
    yield Finding(np.array(missing, "int64"), label, rule.code, rule.reason)
    odd = [at for at, name in enumerate(names) if name is not None and not isinstance(name, str)]
    values = [names[at] for at in odd]
    yield Finding(np.array(odd, "int64"), label, rule.code, "the name of the event is not text", values)


def _alike(
    faults: Mapping[int, Unsendable], label: Any, column: pd.Series, *, sendable: bool = True
) -> Iterator[Finding]:
    """Yield one finding for all cells of a column that have the same fault."""
    by_fault: dict[tuple[int | None, str], list[int]] = {}
    for at in sorted(faults):
        by_fault.setdefault((faults[at].code, faults[at].reason), []).append(at)
    for (code, reason), found in by_fault.items():
        fixes = [faults[at].fix for at in found]
        values = column.iloc[found].tolist()
        yield Finding(np.array(found), label, code, reason, values, fixes, sendable=sendable)


def _key(field: Field, cells: Cells, limits: Limits) -> Iterator[Finding]:
    """PROFILES, Data Validation: keys are limited to 32 characters."""
    size = len(field.key) if limits.key_unit == "characters" else len(field.key.encode())
    if 0 < size <= limits.key_length:
        return
    at = np.flatnonzero(cells.present)
    reason = "the key is empty"
    if size:
        reason = f"the key has {size} {limits.key_unit}, more than {limits.key_length}"
    current = Limits.CURRENT
    fits = 0 < len(field.key.encode()) <= current.key_length
    fix = "rename the column" + (_remedy(limits) if fits else "")
    yield Finding(at, field.label, None, reason, [field.key] * len(at), [fix] * len(at))


def _remedy(limits: Limits) -> str:
    return "" if limits == Limits.CURRENT else ', or connect with limits="current" if your account has them'


def _sizes(piece: Piece, field: Field, cells: Cells, limits: Limits) -> Iterator[Finding]:
    """PROFILES, Data Validation: values are limited to 120 bytes."""
    by_size: dict[int, list[int]] = {}
    for at, size in oversized(cells, limits.value_bytes):
        by_size.setdefault(size, []).append(at)
    column = piece.part.iloc[:, field.at]
    for size, found in by_size.items():
        places = np.array(found)
        reason = f"the value has {size} bytes, more than {limits.value_bytes}"
        fix = f"shorten it to {limits.value_bytes} bytes" + _remedy(limits)
        values = column.iloc[places].tolist()
        yield Finding(places, field.label, None, reason, values, [fix] * len(places))


def _broken(piece: Piece, label: Any, column: int, cells: Cells, rule: Rule) -> Iterator[Finding]:
    """Yield the values that break a rule; text is matched a column at a time."""
    if cells.text is not None:
        at = _unlike(cells.text, rule.pattern)
    else:
        allowed = [one is None or isinstance(one, dict) or rule.allows(one) for one in cells.values()]
        at = np.flatnonzero(~np.array(allowed, bool))  # objects are operations, such as "$delete"
    broken = piece.part.iloc[at, column].tolist()
    yield Finding(at, label, rule.code, rule.reason, broken, [rule.fix(value) for value in broken])


def _operations(piece: Piece, field: Field, cells: Cells) -> Iterator[Finding]:
    """Yield objects whose keys look like operations and are none."""
    places = [
        at
        for at, value in enumerate(cells.values())
        if isinstance(value, dict) and any(key.startswith("$") for key in value) and not _is_operation(value)
    ]
    at = np.array(places, "int64")
    known = ", ".join(sorted(rules.OPERATIONS))
    values = piece.part.iloc[at, field.at].tolist()
    yield Finding(
        at, field.label, None, "not an operation of the API", values, [f"use one of {known}"] * len(at)
    )


def _is_operation(value: dict[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)) in rules.OPERATIONS


def _count(piece: Piece, outgoing: Outgoing, limits: Limits) -> Iterator[Finding]:
    """PROFILES, Data Validation: the maximum number of custom attributes is 63."""
    custom = [
        cells
        for field, cells in zip(outgoing.fields, piece.cells, strict=True)
        if field.key not in rules.STANDARD
    ]
    if len(custom) <= limits.custom_attributes:
        return
    counts = np.sum([cells.present for cells in custom], axis=0)
    at = np.flatnonzero(counts > limits.custom_attributes)
    for count in np.unique(counts[at]).tolist():
        places = at[counts[at] == count]
        reason = f"{count} custom attributes, more than {limits.custom_attributes}"
        fix = "name fewer with columns=[...]" + _remedy(limits)
        yield Finding(places, None, None, reason, [count] * len(places), [fix] * len(places))


def _tokens(piece: Piece, outgoing: Outgoing) -> Iterator[Finding]:
    """TOKENS, Error Codes 530 to 535."""
    label, rule = outgoing.keywords.object_id, rules.TOKEN_OBJECT_ID
    for finding in _identity(piece, outgoing):
        yield replace(finding, column=label, code=rule.code, reason=rule.reason, fixes=None)
    yield from _needed(piece, outgoing, "token", rules.TOKEN_MISSING, rules.TOKEN_DATA)
    chrome = np.full(len(piece), outgoing.keywords.token_type == "chrome")  # noqa: S105
    if "type" in piece.tokens:
        yield from _needed(piece, outgoing, "type", rules.TOKEN_TYPE_MISSING, rules.TOKEN_TYPE)
        chrome = np.array([one == "chrome" for one in piece.tokens["type"].values()], bool)
    for role in ("p256dh", "auth"):
        cells = piece.tokens.get(role)
        values = cells.values() if cells else [None] * len(piece)
        whole = np.array([isinstance(one, str) and bool(one.strip()) for one in values], bool)
        rule = rules.CHROME_KEYS
        at = np.flatnonzero(chrome & ~whole)
        yield Finding(at, getattr(outgoing.keywords, role), rule.code, rule.reason)


def _needed(piece: Piece, outgoing: Outgoing, role: str, missing: Rule, odd: Rule) -> Iterator[Finding]:
    """Yield cells that are missing, and those that are not the text they should be."""
    cells, label = piece.tokens[role], getattr(outgoing.keywords, role)
    values = cells.values()
    blank = {i for i, one in enumerate(values) if one is None or (isinstance(one, str) and not one.strip())}
    absent = np.array(sorted(blank - set(cells.faults)), "int64")
    yield Finding(absent, label, missing.code, missing.reason)
    wrong = [i for i, one in enumerate(values) if i not in blank and not odd.allows(one)]
    for found, sendable in ((wrong, True), (sorted(cells.faults), False)):
        at = np.array(found, "int64")
        broken = piece.part.iloc[at, outgoing.named[role]].tolist()
        fixes = [odd.fix(value) for value in broken]
        yield Finding(at, label, odd.code, odd.reason, broken, fixes, sendable=sendable)
