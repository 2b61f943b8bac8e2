"""The session of an account: its headers, its connections, and what the environment says of both."""

from __future__ import annotations

import http.cookiejar
import urllib.parse
from typing import Any

import requests
import requests.adapters

from ct_pandas._account import Account
from ct_pandas._places import is_loopback
from ct_pandas._transport.line import POOLS


class Session(requests.Session):
    """A session that sends one account's headers, keeps no cookie and sees no redirect.

    Parameters
    ----------
    account
        Whose it is.
    """

    def __init__(self, account: Account) -> None:
        super().__init__()
        self._host = account.host
        self.auth = _Headers(account)
        self.headers["User-Agent"] = "ct_pandas"
        self.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        size = max(account.limits.reads_in_flight, account.limits.uploads_in_flight)
        self.mount(self._host, _Adapter(pool_connections=1, pool_maxsize=size, max_retries=0))
        self._found: dict[str, Any] = {}

    @property
    def environment(self) -> dict[str, Any]:
        """The proxies and certificates that the environment names; not looked up for every request."""
        if not self._found:
            found = self.merge_environment_settings(self._host, {}, True, None, None)
            local = is_loopback(urllib.parse.urlsplit(self._host).hostname or "")
            self._found = {**found, "proxies": {}} if local else dict(found)
        return self._found

    def look_again(self) -> None:
        """Look at the environment anew next time: what was missing may have been named by then."""
        self._found = {}

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Follow none: both headers would go along."""


class _Headers(requests.auth.AuthBase):
    """Both headers of PROFILES on every request; being set, it also keeps ``.netrc`` unread."""

    def __init__(self, account: Account) -> None:
        self._headers = {
            "X-CleverTap-Account-Id": account.account_id,
            "X-CleverTap-Passcode": account.passcode,
        }

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        prepared.headers.update(self._headers)
        return prepared


class _Adapter(requests.adapters.HTTPAdapter):
    """Opens connections of our own kind."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager
