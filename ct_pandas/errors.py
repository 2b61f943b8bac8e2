"""Errors and warnings. Standard library only, so that every room may import them.

A message says what happened, to what, and what to do. It never holds the passcode or a personal value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ct_pandas._warnings import (
    ClevertapWarning,
    FilterWarning,
    IncompleteDownloadWarning,
    ProfileNotFoundWarning,
    TimezoneWarning,
    UploadWarning,
)

if TYPE_CHECKING:  # what the errors carry is made in rooms above
    import pandas as pd

    from ct_pandas._upload.report import UploadReport

__all__ = [
    "ArgumentError",
    "AuthenticationError",
    "ClevertapError",
    "ClevertapWarning",
    "CredentialsError",
    "CursorError",
    "DownloadError",
    "DownloadInterrupted",
    "FilterWarning",
    "IncompleteDownloadWarning",
    "ProfileNotFoundWarning",
    "QueryError",
    "RefusedDownloadError",
    "ServerDownloadError",
    "ServerError",
    "ThrottledDownloadError",
    "ThrottledError",
    "TimezoneWarning",
    "UploadError",
    "UploadInterrupted",
    "UploadWarning",
    "ValidationError",
]


def __dir__() -> list[str]:
    return __all__


class _Walk(Protocol):
    """What an unfinished download can still do."""

    def partial(self) -> pd.DataFrame: ...

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

    Examples
    --------
    >>> import ct_pandas as ct
    >>> try:
    ...     ct.connect(region="in7")
    ... except ct.ClevertapError as error:
    ...     print(type(error).__name__, error.retryable)
    CredentialsError False
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


class ArgumentError(ClevertapError, ValueError):
    """A setting that cannot be meant, such as ``batch_size=6000``; nothing was sent."""


class CredentialsError(ClevertapError):
    """No account to work with: the message names every way to connect.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> try:
    ...     ct.Account("ABC-123-4567", "")
    ... except ct.CredentialsError as error:
    ...     print(str(error)[:29])
    passcode is missing or empty.
    """


class AuthenticationError(ClevertapError):
    """CleverTap refused the login. A wrong region looks the same as a wrong passcode.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> me = ct.connect_sandbox()
    >>> stranger = ct.Account(me.account_id, "not-the-passcode", base_url=me.base_url)
    >>> try:
    ...     ct.count_profiles("Charged", "2025-10", account=stranger)
    ... except ct.AuthenticationError as error:
    ...     print(error.status)
    401
    """


class QueryError(ClevertapError, ValueError):
    """A query that the server would refuse, or would silently misread.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> try:
    ...     ct.Query("Charged", "2025-10").where("Amount", "greater", 100)
    ... except ct.QueryError as error:
    ...     print("greater_than" in str(error))
    True
    """


class ValidationError(ClevertapError, ValueError):
    """Rows that CleverTap would refuse; nothing was sent.

    ``problems`` is a DataFrame with one row per problem: ``position``, ``row``, ``column``, ``code``,
    ``reason``, ``value``, ``fix``. It is ``None`` if the keywords of the call are wrong and not the rows.

    Examples
    --------
    >>> import pandas as pd
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> try:
    ...     pd.DataFrame({"identity": ["a-1"], "Phone": ["12025550101"]}).clevertap.upload()
    ... except ct.ValidationError as error:
    ...     print(error.problems[["position", "column", "code", "fix"]])
       position column  code           fix
    0         0  Phone   516  +12025550101
    """

    def __init__(self, message: str, *, problems: pd.DataFrame | None = None) -> None:
        super().__init__(message)
        self.problems = problems


class ThrottledError(ClevertapError):
    """Too many requests in flight for longer than ``max_wait``.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> from ct_pandas.sandbox import Fault
    >>> with ct.Sandbox(users=10, max_wait=2, faults=[Fault("throttle_429", times=None)]) as busy:
    ...     try:
    ...         ct.count_profiles("Charged", "2025-10", account=busy.account)
    ...     except ct.ThrottledError as error:
    ...         print(error.status, error.retryable)
    429 True
    """


class ServerError(ClevertapError):
    """CleverTap failed, or could not be reached, for longer than ``max_wait``.

    ``sent`` is false if the request cannot have reached CleverTap.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> from ct_pandas.sandbox import Fault
    >>> with ct.Sandbox(users=10, max_wait=2, faults=[Fault("html_503", times=None)]) as away:
    ...     try:
    ...         ct.count_profiles("Charged", "2025-10", account=away.account)
    ...     except ct.ServerError as error:
    ...         print(error.status, error.retryable)
    503 True
    """

    sent: bool = True


class _Unfinished:
    """What an interrupted or failed download offers: the rows so far and the way to go on."""

    _walk: _Walk | None = None
    _kept: Any = None
    args: tuple[Any, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process with the rows, without what holds connections and the passcode."""
        state = {name: value for name, value in vars(self).items() if name != "_walk"}
        return type(self), self.args, state | {"_kept": self.partial}

    @property
    def partial(self) -> pd.DataFrame:
        """The typed frame of what has arrived so far, marked incomplete; built when asked for."""
        return self._kept if self._walk is None else self._walk.partial()

    def resume(self) -> pd.DataFrame | Any:
        """Go on from the last good page and return the whole result: a frame, or the ``Download`` on disk."""
        if self._walk is None:
            raise ClevertapError(
                "There is nothing to resume here: no page had been asked for, another process "
                "was using the directory, or this is a copy of the error. Run the read again."
            )
        return self._walk.resume()


class DownloadError(_Unfinished, ClevertapError):
    """A download that could not be completed; ``.partial`` and ``.resume()`` keep what came.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> from ct_pandas.sandbox import Fault
    >>> refused = Fault("login_refused", on="page", after=3)
    >>> with ct.Sandbox(users=300, faults=[refused]) as sandbox:
    ...     try:
    ...         ct.read_clevertap_events("App Launched", "2025-10", batch_size=23, account=sandbox.account)
    ...     except ct.DownloadError as error:
    ...         print(len(error.partial), error.partial.attrs["clevertap"]["complete"])
    46 False
    """

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
    """The cursor was lost, expired, or came back a second time.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> from ct_pandas.sandbox import Fault
    >>> round_and_round = Fault("repeated_cursor", on="page", after=2, times=None)
    >>> with ct.Sandbox(users=300, faults=[round_and_round]) as sandbox:
    ...     try:
    ...         ct.read_clevertap_events("App Launched", "2025-10", batch_size=23, account=sandbox.account)
    ...     except ct.CursorError as error:
    ...         print(len(error.partial) > 0)
    True
    """


class RefusedDownloadError(DownloadError, AuthenticationError):
    """CleverTap refused the login in the middle of a download."""


class ThrottledDownloadError(DownloadError, ThrottledError):
    """A download met too many requests in flight for longer than ``max_wait``."""


class ServerDownloadError(DownloadError, ServerError):
    """A download met a service that failed, or could not be reached, for longer than ``max_wait``."""


class UploadError(ClevertapError):
    """What stopped a whole upload; ``.report`` holds the outcome of every row.

    Examples
    --------
    >>> import pandas as pd
    >>> import ct_pandas as ct
    >>> from ct_pandas.sandbox import Fault
    >>> df = pd.DataFrame({"identity": ["a-1", "a-2"], "plan": ["gold", "free"]})
    >>> with ct.Sandbox(users=10, faults=[Fault("login_refused", on="upload")]) as sandbox:
    ...     try:
    ...         df.clevertap.upload(progress=False, account=sandbox.account)
    ...     except ct.UploadError as error:
    ...         print(error.report.counts)
    {'accepted': 0, 'refused': 0, 'not_sent': 2, 'unknown': 0}
    """

    report: UploadReport

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
    """You stopped a download. A ``KeyboardInterrupt``, so that ``except Exception`` does not eat it.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> issubclass(ct.DownloadInterrupted, KeyboardInterrupt), issubclass(ct.DownloadInterrupted, Exception)
    (True, False)
    """

    def __init__(self, message: str, *, walk: _Walk | None = None) -> None:
        super().__init__(message)
        self._walk = walk


class UploadInterrupted(KeyboardInterrupt):
    """You stopped an upload; ``.report`` holds the outcome of every row.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> issubclass(ct.UploadInterrupted, KeyboardInterrupt), issubclass(ct.UploadInterrupted, Exception)
    (True, False)
    """

    report: UploadReport

    def __init__(self, message: str, *, report: Any = None) -> None:
        super().__init__(message)
        self.report = report
