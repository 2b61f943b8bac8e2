"""Accounts: who is asked, where, and within which limits. Frozen values; no I/O but the environment."""

from __future__ import annotations

import difflib
import os
import re
import threading
import urllib.parse
import zoneinfo
from dataclasses import dataclass, field
from html import escape
from typing import Literal

from ct_pandas._limits import Limits
from ct_pandas._places import HOSTS, base_url_of, is_loopback, region_of
from ct_pandas._shown import shown
from ct_pandas.errors import ArgumentError, CredentialsError

MAX_WAIT = 900.0  # seconds; CleverTap advises to try again 10 minutes after a 429
WAYS_TO_CONNECT = (
    "Connect first, in one of these ways: ct.connect(account_id, passcode, region=...); "
    "the environment variables CLEVERTAP_ACCOUNT_ID, CLEVERTAP_PASSCODE and CLEVERTAP_REGION; "
    "account=ct.Account(...) in the call; or ct.connect_sandbox() to work on synthetic data with no account."
)


# Stands for a passcode that is no text, such as a number: no header takes the blank, so nobody's is it.
_NO_TEXT = "(no text)"


class _Passcode(str):
    """A passcode: a text without a face, as tracebacks may show the values of all names that they pass."""

    __slots__ = ()

    @classmethod
    def of(cls, given: object) -> _Passcode:
        """Hide what was given, before anything can fail; what is no text is not kept."""
        return cls(given if isinstance(given, str) else "" if given is None else _NO_TEXT)

    def __repr__(self) -> str:
        return "'***'"


@dataclass(frozen=True, repr=False, init=False)
class Account:
    """A CleverTap account as this process talks to it. The passcode is never shown.

    Parameters
    ----------
    account_id, passcode
        From the dashboard: Settings, Project.
    region
        ``"in1"``, ``"sg1"``, ``"us1"``, ``"aps3"``, ``"mec1"``, ``"sk1"``, ``"eu1"`` or ``"eu"``
        (the default).
    base_url
        An address to use instead of a region's, such as a sandbox's; ``http://`` only on a loopback address.
    timezone
        The project's time zone as an IANA name, such as ``"Asia/Kolkata"``. Without it, event times have no
        zone.
    limits
        ``"documented"``, ``"current"`` or a :class:`Limits`.
    max_wait
        How many seconds one request may take in all, waits and retries included. A host that cannot be found
        and never answered is given up after some seconds: its name is wrong, or there is no network.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> ct.Account("ABC-123-4567", "never-shown", region="in1")
    Account('ABC-123-4567', region='in1')
    """

    account_id: str
    passcode: str = field(repr=False)
    region: str | None = field(default=None, kw_only=True)
    base_url: str | None = field(default=None, kw_only=True)
    timezone: str | None = field(default=None, kw_only=True)
    limits: Limits = field(default=Limits.DOCUMENTED, kw_only=True)
    max_wait: float = field(default=MAX_WAIT, kw_only=True)

    def __init__(
        self,
        account_id: str,
        passcode: str,
        *,
        region: str | None = None,
        base_url: str | None = None,
        timezone: str | None = None,
        limits: Limits | Literal["documented", "current"] = "documented",
        max_wait: float = MAX_WAIT,
    ) -> None:
        passcode = _Passcode.of(passcode)

        def set_(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        set_("account_id", _credential("account_id", account_id))
        set_("passcode", _Passcode.of(_credential("passcode", passcode)))
        set_("region", None if region is None and base_url is not None else region_of(region))
        set_("base_url", None if base_url is None else base_url_of(base_url))
        set_("timezone", _timezone(timezone))
        set_("limits", Limits.of(limits))
        set_("max_wait", max_wait)
        if not isinstance(max_wait, int | float) or not 0 < max_wait < float("inf"):
            raise ArgumentError(f"max_wait={shown(max_wait)} is not a number of seconds above 0.")

    @staticmethod
    def default() -> Account:
        """Return the account that every call without ``account=`` uses.

        It is the account connected last, or else the one in the environment. If there is neither, it raises
        ``CredentialsError``, which names every way to connect.

        Examples
        --------
        >>> import ct_pandas as ct
        >>> account = ct.connect("ABC-123-4567", "never-shown", region="in1")
        >>> ct.Account.default()
        Account('ABC-123-4567', region='in1')
        """
        return resolve(None)

    @property
    def host(self) -> str:
        """The address that requests go to, such as ``https://in1.api.clevertap.com``."""
        return self.base_url or "https://" + HOSTS[str(self.region)]

    @property
    def place(self) -> str:
        """The region, or the host where there is none, for people to read."""
        parts = urllib.parse.urlsplit(self.host)
        return self.region or ("loopback" if is_loopback(parts.hostname or "") else parts.netloc)

    def __repr__(self) -> str:
        if "account_id" not in vars(self):  # half made, as a traceback may show it
            return object.__repr__(self)
        parts = [repr(self.account_id)]
        parts += [f"region={self.region!r}"] if self.region else []
        parts += [f"base_url={self.base_url!r}"] if self.base_url else []
        parts += [f"timezone={self.timezone!r}"] if self.timezone else []
        parts += [f"limits={self.limits.name!r}"] if self.limits != Limits.DOCUMENTED else []
        return f"Account({', '.join(parts)})"

    def _repr_html_(self) -> str:
        return f"<code>{escape(repr(self))}</code>"


def _credential(name: str, value: object) -> str:
    if not isinstance(value, str | None) or value == _NO_TEXT:
        raise CredentialsError(f"{name} must be text: write it in quotes.")
    if not value or not value.strip():
        raise CredentialsError(f"{name} is missing or empty. {WAYS_TO_CONNECT}")
    if not re.fullmatch(r"[!-~]+", value.strip()):
        raise CredentialsError(
            f"{name} contains a character that is not allowed in an HTTP header; copy it again."
        )
    return value.strip()


def _timezone(name: object) -> str | None:
    if _is_left_out(name):
        return None
    key = getattr(name, "key", name)
    try:
        zoneinfo.ZoneInfo(str(key))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        places = [zone for zone in zoneinfo.available_timezones() if "/" in zone]  # "IST" is several zones
        near = difflib.get_close_matches(str(key), places, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else "Such a name looks like 'Asia/Kolkata'."
        raise ArgumentError(f"timezone={shown(name)} is not an IANA time zone name. {hint}") from None
    return str(key)


_lock = threading.Lock()
_default: list[Account] = []


def connect(
    account_id: str | None = None,
    passcode: str | None = None,
    *,
    region: str | None = None,
    base_url: str | None = None,
    timezone: str | None = None,
    limits: Limits | Literal["documented", "current"] = "documented",
    max_wait: float = MAX_WAIT,
) -> Account:
    """Make the default account of this process. Sends nothing.

    Arguments that you leave out come from ``CLEVERTAP_ACCOUNT_ID``, ``CLEVERTAP_PASSCODE``,
    ``CLEVERTAP_REGION``, ``CLEVERTAP_BASE_URL`` and ``CLEVERTAP_TIMEZONE``, so no notebook needs a passcode.

    Parameters
    ----------
    account_id, passcode, region, base_url, timezone, limits, max_wait
        As in :class:`Account`.

    Returns
    -------
    Account
        The account that every call without ``account=`` will now use.

    Raises
    ------
    CredentialsError
        If the id or the passcode is missing, or the region is unknown.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect("ABC-123-4567", "never-shown", region="in1", timezone="Asia/Kolkata")
    >>> account
    Account('ABC-123-4567', region='in1', timezone='Asia/Kolkata')
    """
    passcode = _Passcode.of(_environment("PASSCODE") if _is_left_out(passcode) else passcode)
    if region is None and base_url is None:
        region, base_url = _environment("REGION") or None, _environment("BASE_URL") or None
    account = Account(
        _environment("ACCOUNT_ID") if _is_left_out(account_id) else account_id,  # type: ignore[arg-type]
        passcode,
        region=region,
        base_url=base_url,
        timezone=_environment("TIMEZONE") if _is_left_out(timezone) else timezone,
        limits=Limits.of(limits),
        max_wait=max_wait,
    )
    return set_default(account)


def _is_left_out(given: object) -> bool:
    return given is None or (isinstance(given, str) and not given)


def _environment(name: str) -> str:
    """Read one variable: a traceback that shows every name of a line shall not meet all of them."""
    return os.environ.get(f"CLEVERTAP_{name}", "")


def set_default(account: Account) -> Account:
    """Make an account the default of this process."""
    with _lock:
        _default[:] = [account]
    return account


def resolve(account: Account | None) -> Account:
    """Return the account given, else the default, else the one of the environment."""
    if account is not None:
        if not isinstance(account, Account):
            raise CredentialsError(f"account= takes a ct.Account, not {type(account).__name__}.")
        return account
    with _lock:
        if _default:
            return _default[0]
    if os.environ.get("CLEVERTAP_ACCOUNT_ID") and os.environ.get("CLEVERTAP_PASSCODE"):
        return connect()
    raise CredentialsError(f"No CleverTap account is connected. {WAYS_TO_CONNECT}")
