"""What a reader is measured against: loops that only fetch, and the ways that people write by hand."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import orjson
import pandas as pd
import polars as pl
import requests

HEADERS = {"X-CleverTap-Account-Id": "BENCH-1", "X-CleverTap-Passcode": "bench-pass"}
QUERY = {"event_name": "Charged", "from": 20251001, "to": 20251030}


def _start(session: requests.Session, url: str, rows: str) -> str:
    session.headers.update(HEADERS)
    return str(session.post(f"{url}/1/{rows}.json?batch_size=5000", json=QUERY).json()["cursor"])


def bytes_only(url: str, rows: str = "profiles") -> None:
    """Only download the bytes; the next cursor is searched for in the last of them."""
    with requests.Session() as session:
        cursor: str | None = _start(session, url, rows)
        while cursor:
            body = session.get(f"{url}/1/{rows}.json?cursor={cursor}").content
            found = re.search(rb'"next_cursor":"([^"]*)"', body[-4096:])
            cursor = found[1].decode() if found else None


def loads_dropped(url: str, rows: str = "profiles") -> None:
    """Do the same with ``orjson.loads`` for each page, and the pages dropped."""
    with requests.Session() as session:
        cursor: str | None = _start(session, url, rows)
        while cursor:
            cursor = orjson.loads(session.get(f"{url}/1/{rows}.json?cursor={cursor}").content).get(
                "next_cursor"
            )


def _pages(url: str, rows: str) -> Iterator[requests.Response]:
    with requests.Session() as session:
        cursor: str | None = _start(session, url, rows)
        while cursor:
            reply = session.get(f"{url}/1/{rows}.json?cursor={cursor}")
            yield reply
            found = re.search(rb'"next_cursor":"([^"]*)"', reply.content[-4096:])
            cursor = found[1].decode() if found else None


def idiomatic_pandas(url: str, rows: str = "profiles") -> pd.DataFrame:
    """Do what a tutorial would: ``.json()``, ``json_normalize``, a pivot of the devices, a merge."""
    records: list[dict[str, Any]] = []
    for reply in _pages(url, rows):
        records += reply.json()["records"]
    people = pd.json_normalize(records).drop(columns="platformInfo")
    devices = pd.json_normalize(records, "platformInfo", ["identity"])
    devices = devices.drop_duplicates(["identity", "platform"]).pivot(index="identity", columns="platform")  # noqa: PD010  (as tutorials do it)
    devices.columns = [f"platformInfo.{platform}.{field}" for field, platform in devices.columns]
    return people.drop_duplicates("identity", keep="last").merge(devices, on="identity", how="left")


def with_polars(url: str, rows: str = "profiles") -> pl.DataFrame:
    """Read each page with Polars: ``read_json``, unnest, a pivot of the devices, a join."""
    pages = [pl.read_json(io.BytesIO(reply.content)).select(pl.col("records")) for reply in _pages(url, rows)]
    records = pl.concat([page.explode("records").unnest("records") for page in pages], how="diagonal_relaxed")
    people = records.drop("platformInfo").unnest("profileData").unique("identity", keep="last")
    devices = records.select("identity", "platformInfo").explode("platformInfo").unnest("platformInfo")
    wide = devices.unique(["identity", "platform"], keep="first").pivot(  # noqa: PD010  (Polars, not pandas)
        "platform",
        index="identity",
        values=["os_version", "app_version", "make", "model", "push_token", "objectId"],
    )
    return people.join(wide, on="identity", how="left")
