"""How a request got no answer: what an error of the network means for who waits, and what to do about it."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import requests
import urllib3.exceptions

UNUSABLE = "its address, or the proxy that the environment sets, cannot be used. Check base_url=, HTTPS_PROXY"
NAMELESS = "no host of this name was found. Check region= or base_url=, and this machine's network connection"
UNVERIFIED = (
    "the server's certificate could not be verified. Check base_url=; behind a company's proxy, "
    "set REQUESTS_CA_BUNDLE to the file that holds the proxy's certificate"
)
NO_COMMON_TLS = (
    "the two sides have no TLS version or cipher in common; the server, or a proxy on the way, is too old"
)
NO_CERTIFICATES = "REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE does not name a file of certificates in PEM format"
REFUSED_TLS = ("PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "HANDSHAKE_FAILURE", "KEY_TOO_SMALL")

# What a proxy answers instead of a way through: 407 asks for a login, 403 blocks the host.
TUNNEL_REFUSED = re.compile(r"Tunnel connection failed: (\d{3})")
MAY_PASS = re.compile("408|429|[^4]..")


@dataclass(frozen=True)
class Lost:
    """No answer; ``sent`` is false where the request cannot have reached the server.

    ``late`` is true where time ran out, ``final`` where another attempt would meet the same, ``nameless``
    where no host of this name was found.
    """

    why: str
    sent: bool
    final: bool = False
    late: bool = False
    nameless: bool = False


class TooLargeError(ValueError):
    """An answer that would take this machine's memory."""


def lost_by(error: Exception, *, late: bool) -> Lost:
    """Say what an error of the network means; ``late`` where it came after the deadline."""
    causes = list(_causes(error))
    if isinstance(error, TooLargeError):
        return Lost(str(error), sent=True, final=True)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Lost(UNVERIFIED, sent=False, final=True)
    if any(isinstance(cause, ssl.SSLError) and "WRONG_VERSION" in str(cause) for cause in causes):
        return Lost("the server does not speak TLS there; check base_url=", sent=False, final=True)
    if any(str(getattr(cause, "reason", None)).endswith(REFUSED_TLS) for cause in causes):
        return Lost(NO_COMMON_TLS, sent=False, final=True)
    unread = any(getattr(cause, "library", None) == "X509" for cause in causes)  # a file in another form
    if unread or (type(error) is OSError and error.errno is None):
        return Lost(NO_CERTIFICATES, sent=False, final=True)
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return Lost(UNUSABLE, sent=False, final=True)
    if isinstance(error, requests.exceptions.ProxyError):
        if refused := TUNNEL_REFUSED.search(str(error)):
            why = f"the proxy that the environment sets refused it (HTTP {refused[1]})"
            if MAY_PASS.fullmatch(refused[1]):
                return Lost(why, sent=False)
            return Lost(f"{why}. Check HTTPS_PROXY and the login in it", sent=False, final=True)
        return Lost("the proxy that the environment sets could not be reached", sent=False)
    if any(isinstance(cause, urllib3.exceptions.NameResolutionError) for cause in causes):
        return Lost(NAMELESS, sent=False, nameless=True)
    if isinstance(error, requests.ConnectTimeout) or any(
        isinstance(cause, urllib3.exceptions.NewConnectionError) for cause in causes
    ):
        return Lost("no connection could be made", sent=False)
    if late or isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return Lost("the answer did not come in time", sent=True, late=True)
    return Lost("the connection was dropped", sent=True)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give an error of requests and the errors wrapped in it."""
    for _ in range(6):
        yield error
        inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        if not isinstance(inner, BaseException):
            return
        error = inner
