"""Where an account lives: CleverTap's regions, and addresses that stand in for them."""

from __future__ import annotations

import difflib
import ipaddress
import re
import urllib.parse

from ct_pandas._shown import shown
from ct_pandas.errors import CredentialsError

# Hosts by region: developer.clevertap.com/docs/common-api-components. "eu1" is the older unprefixed host's
# twin; "sk1" appears in CleverTap's own rate-limit tables.
HOSTS = {
    "in1": "in1.api.clevertap.com",
    "sg1": "sg1.api.clevertap.com",
    "us1": "us1.api.clevertap.com",
    "aps3": "aps3.api.clevertap.com",
    "mec1": "mec1.api.clevertap.com",
    "sk1": "sk1.api.clevertap.com",
    "eu1": "eu1.api.clevertap.com",
    "eu": "api.clevertap.com",
}
DEFAULT_REGION = "eu"
# The codes of the dashboard's old addresses, and what people call the default.
ALIASES = {"in": "in1", "sg": "sg1", "us": "us1", "global": "eu", "default": "eu", "europe": "eu"}
# What a host and a path may be: anything else is read by one library as one host and by the next as another.
_HOST = re.compile(r"(\[[0-9a-f:.]+(%\w+)?\]|[\w.-]+)(:\d*)?")
_PATH = re.compile(r"[!-\[\]-~]*")
_PORTS = {"http": 80, "https": 443}


def region_of(region: object) -> str:
    """Read a region, or what people call it."""
    if region is None:
        return DEFAULT_REGION
    name = str(region).strip().lower()
    name = ALIASES.get(name, name)
    if name not in HOSTS:
        near = difflib.get_close_matches(name, [*HOSTS, *ALIASES], n=1)
        hint = f" Did you mean {ALIASES.get(near[0], near[0])!r}?" if near else ""
        raise CredentialsError(
            f"region={shown(region)} is not known.{hint} Known: {', '.join(HOSTS)}. It is the "
            "first part of your dashboard's address: in1.dashboard.clevertap.com is 'in1'; "
            "eu1.dashboard.clevertap.com, 'eu'."
        )
    return name


def base_url_of(base_url: str) -> str:
    """Read an address, written in one way however it is given."""
    form = "base_url must look like https://host or http://127.0.0.1:port."
    try:
        parts = urllib.parse.urlsplit(str(base_url).strip())
        usable = parts.port is None or parts.port > 0
    except ValueError:  # no port, no IPv6 address
        raise CredentialsError(form) from None
    host = _HOST.fullmatch(parts.netloc.lower())
    plain = _PATH.fullmatch(parts.path) and ".." not in parts.netloc and not parts.query
    if parts.scheme not in _PORTS or not parts.hostname or not host or not plain or not usable:
        raise CredentialsError(form)
    if parts.hostname.rstrip(".").endswith("dashboard.clevertap.com"):
        raise CredentialsError(
            "base_url is the address of a dashboard, but the API has another address. Give the "
            "region, which is the first part of that address: region='in1' for "
            "in1.dashboard.clevertap.com."
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise CredentialsError(
            f"base_url for {parts.hostname!r} uses http://, which would send the passcode in the "
            "clear. Use https://; plain http:// is only accepted for a loopback address."
        )
    port = "" if parts.port in (None, _PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host[1]}{port}{parts.path.rstrip('/')}"


def is_loopback(hostname: str) -> bool:
    """Tell whether a host is this machine."""
    if hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return False
