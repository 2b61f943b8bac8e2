"""The plainest client there is: `http.client`, both headers, cursors as they came. No client code of ours."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from ct_pandas.sandbox import SandboxServer

YEAR = {"from": 20250701, "to": 20251231}


@dataclass
class Reply:
    """A status, headers and a body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body read."""
        return json.loads(self.body)


@dataclass
class Raw:
    """Talks to one sandbox."""

    server: SandboxServer
    passcode: str | None = None
    account_id: str | None = None
    timeout: float = 10

    def ask(
        self, method: str, path: str, payload: Any = None, headers: dict[str, str] | None = None
    ) -> Reply:
        """Send one request on a connection of its own; bytes go out as they are."""
        body = payload if payload is None or isinstance(payload, bytes) else json.dumps(payload).encode()
        sent = {
            "X-CleverTap-Account-Id": self.account_id or self.server.account_id,
            "X-CleverTap-Passcode": self.passcode or self.server.passcode,
            **(headers or {}),
        }
        connection = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=self.timeout)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> Reply:
        """Send a GET."""
        return self.ask("GET", path)

    def post(self, path: str, payload: Any) -> Reply:
        """Send a POST."""
        return self.ask("POST", path, payload)

    def cursor(self, query: Any, kind: str = "profiles", **flags: Any) -> str:
        """Ask for a cursor."""
        asked = "&".join(f"{name}={value}" for name, value in flags.items())
        reply = self.post(f"/1/{kind}.json?{asked}", query).json
        return str(reply["cursor"])

    def page(self, cursor: str, kind: str = "profiles") -> Any:
        """Fetch a page, asking again while it is in progress."""
        while (page := self.get(f"/1/{kind}.json?cursor={cursor}").json).get("code") == 2:
            pass
        return page

    def pages(self, query: Any, kind: str = "profiles", **flags: Any) -> list[Any]:
        """Walk to the end."""
        cursor, pages = self.cursor(query, kind, **flags), []
        while cursor:
            pages.append(self.page(cursor, kind))
            cursor = pages[-1].get("next_cursor", "")
        return pages

    def records(self, query: Any, kind: str = "profiles", **flags: Any) -> list[Any]:
        """Walk to the end and put all records together."""
        return [one for page in self.pages(query, kind, **flags) for one in page.get("records", [])]

    def count(self, query: Any, kind: str = "profiles") -> int:
        """Ask for a count until it is there."""
        path = f"/1/counts/{kind}.json"
        reply = self.post(path, query).json
        while reply["status"] == "partial":
            reply = self.get(f"{path}?req_id={reply['req_id']}").json
        return int(reply["count"])

    def person(self, **key: str) -> Any:
        """Read one person."""
        ((name, value),) = key.items()
        return self.get(f"/1/profile.json?{name}={quote(value, safe='')}").json["record"]

    def upload(self, *records: Any, dry: bool = False) -> Any:
        """Upload records."""
        return self.post("/1/upload" + ("?dryRun=1" if dry else ""), {"d": list(records)}).json
