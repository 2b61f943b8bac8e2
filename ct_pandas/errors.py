"""Errors and warnings. Standard library only, so that every room may import them.

A message says what happened, to what, and what to do. It never holds the passcode or a personal value.
"""

from __future__ import annotations

from typing import Any, Protocol


class _Walk(Protocol):
    """What an unfinished download can still do."""

    def partial(self) -> Any: ...

    def resume(self) -> Any: ...


class ClevertapError(Exception):
    """Anything that CleverTap, or ct_pandas on its behalf, refuses or fails to do.

    Parameters
    ----------
    message
        What happened, to what, and what to do.
    status
        HTTP status of the answer, if there was one.
    code
        CleverTap's own code, a number or a word, if there was one.
    retryable
        Whether the same call may succeed later.
    """

    _reached: bool = False  # whether an attempt may have been processed although no answer came

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: int | str | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retryable = retryable


class CredentialsError(ClevertapError):
    """No account to work with: the message names every way to connect."""


class AuthenticationError(ClevertapError):
    """CleverTap refused the login. A wrong region looks the same as a wrong passcode."""


class QueryError(ClevertapError, ValueError):
    """A query that the server would refuse, or would silently misread."""


class ValidationError(ClevertapError, ValueError):
    """Rows that CleverTap would refuse; nothing was sent.

    ``problems`` is a DataFrame with a row per problem: ``position``, ``row``, ``column``, ``code``,
    ``reason``, ``value``, ``fix``.
    """

    def __init__(self, message: str, *, problems: Any = None) -> None:
        super().__init__(message)
        self.problems = problems


class ThrottledError(ClevertapError):
    """Too many requests in flight for longer than ``max_wait``."""


class ServerError(ClevertapError):
    """CleverTap failed, or could not be reached, for longer than ``max_wait``.

    ``sent`` is false where the request cannot have reached CleverTap.
    """

    sent: bool = True


class _Unfinished:
    """What an interrupted or failed download offers: the rows so far and the way to go on."""

    _walk: _Walk | None = None

    @property
    def partial(self) -> Any:
        """The typed frame of what has arrived so far, marked incomplete; built when asked for."""
        return None if self._walk is None else self._walk.partial()

    def resume(self) -> Any:
        """Go on from the last good page and return the whole result."""
        if self._walk is None:
            raise ClevertapError(
                "There is nothing to resume: no page had been asked for. Run the read again."
            )
        return self._walk.resume()


class DownloadError(_Unfinished, ClevertapError):
    """A download that could not be completed; ``.partial`` and ``.resume()`` keep what came."""

    def __init__(
        self,
        message: str,
        *,
        walk: _Walk | None = None,
        status: int | None = None,
        code: int | str | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(message, status=status, code=code, retryable=retryable)
        self._walk = walk


class CursorError(DownloadError):
    """The cursor was lost, expired, or came back a second time."""


class RefusedDownloadError(DownloadError, AuthenticationError):
    """CleverTap refused the login in the middle of a download."""


class ThrottledDownloadError(DownloadError, ThrottledError):
    """A download met too many requests in flight for longer than ``max_wait``."""


class ServerDownloadError(DownloadError, ServerError):
    """A download met a service that failed, or could not be reached, for longer than ``max_wait``."""


class UploadError(ClevertapError):
    """What stopped a whole upload; ``.report`` holds the outcome of every row."""

    def __init__(
        self,
        message: str,
        *,
        report: Any = None,
        status: int | None = None,
        code: int | str | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(message, status=status, code=code, retryable=retryable)
        self.report = report


class DownloadInterrupted(_Unfinished, KeyboardInterrupt):
    """You stopped a download. A ``KeyboardInterrupt``, so that ``except Exception`` does not eat it."""

    def __init__(self, message: str, *, walk: _Walk | None = None) -> None:
        super().__init__(message)
        self._walk = walk


class UploadInterrupted(KeyboardInterrupt):
    """You stopped an upload; ``.report`` holds the outcome of every row."""

    def __init__(self, message: str, *, report: Any = None) -> None:
        super().__init__(message)
        self.report = report


class ClevertapWarning(UserWarning):
    """Base of the warnings of ct_pandas."""


class ProfileNotFoundWarning(ClevertapWarning):
    """Some of the ids asked for do not exist."""


class IncompleteDownloadWarning(ClevertapWarning):
    """The rows received and the count that CleverTap gives differ."""


class FilterWarning(ClevertapWarning):
    """CleverTap returned rows that do not meet the query's own filters."""


class TimezoneWarning(ClevertapWarning):
    """A time is read without knowing its zone, or falls on a change of clocks."""


class UploadWarning(ClevertapWarning):
    """Some rows of an upload were not accepted."""
