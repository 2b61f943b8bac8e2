"""Why an attempt gave no answer, and the error that says so."""

from __future__ import annotations

from dataclasses import dataclass

from ct_pandas._account import Account
from ct_pandas._failures import Failure, Verdict
from ct_pandas._shown import counted
from ct_pandas._transport.losses import Lost
from ct_pandas._transport.patience import WAITED, Tries
from ct_pandas._transport.scrub import code_of, said
from ct_pandas._wire import Request
from ct_pandas.errors import (
    AuthenticationError,
    ClevertapError,
    CursorError,
    QueryError,
    ServerError,
    ThrottledError,
)


@dataclass(frozen=True)
class Problem:
    """Why an attempt did not give the answer."""

    verdict: Verdict
    found: Failure | None = None
    status: int | None = None
    lost: Lost | None = None

    @property
    def reached(self) -> bool:
        """Whether the server may have processed the request although it gave no usable answer."""
        return self.verdict in (Verdict.SERVER, Verdict.GARBLED) and (self.lost is None or self.lost.sent)

    @property
    def passing(self) -> bool:
        """Whether the same request may be answered later."""
        return self.verdict in WAITED and not (self.lost and self.lost.final)

    @property
    def word(self) -> str:
        """What a progress bar says while this is waited for."""
        return {Verdict.PREPARING: "preparing", Verdict.THROTTLED: "throttled"}.get(self.verdict, "retrying")

    def may_be_repeated(self, request: Request) -> bool:
        """Tell whether sending again is safe: a write that may have been processed is not repeated."""
        if request.repeatable or self.verdict is Verdict.THROTTLED:
            return True
        return self.lost is not None and not self.lost.sent

    def error(self, account: Account, request: Request, tries: Tries) -> ClevertapError:
        """Return the error to raise, without the passcode or an id."""
        kind, text = _EXPLAINED[self.verdict]
        if self.lost is not None and self.lost.final:
            text = _GIVEN_UP if self.lost.sent else _FINAL
        lost = f": {self.lost.why}" if self.lost else ""
        tried = f" (tried {tries.number} times)" if tries.number > 1 else ""
        until = "until max_wait ran out"
        if tries.asked is not None and tries.asked >= tries.left:
            asked = counted(round(tries.asked), "second")
            until = f"and asked to wait {asked}, which is longer than max_wait allows"
        message = text.format(
            account=account.account_id,
            place=account.place,
            label=request.label,
            lost=lost,
            tried=tried,
            until=until,
            http=f" (HTTP {self.status})" if self.status else "",
        )
        if self.lost is not None and self.lost.final and self.lost.sent and request.label == "page":
            message += " Ask for smaller pages with batch_size=."
        if self.found is not None and "failed to process" in self.found.text.lower():
            message += " A wrong region or passcode may look like this: check region= too."
        error = kind(
            message + said(account.passcode, request, self.found),
            status=self.status,
            code=code_of(self.found, account.passcode),
            retryable=self.passing,
        )
        if isinstance(error, ServerError):
            error.sent = self.lost is None or self.lost.sent
        return error


_GIVEN_UP = "The answer from {place} to the {label} was not read to its end{lost}."
_FINAL = "The {label} was not sent to {place}{lost}."
_EXPLAINED: dict[Verdict, tuple[type[ClevertapError], str]] = {
    Verdict.PREPARING: (
        ServerError,
        "CleverTap was still preparing the {label} when max_wait ran out{tried}. Run it again later, or give "
        "the account a larger max_wait.",
    ),
    Verdict.THROTTLED: (
        ThrottledError,
        "CleverTap has too many requests in flight for account {account} ({place}) and kept "
        "refusing the {label} {until}{tried}. Another notebook or a nightly job may share the "
        "account; CleverTap advises trying again after 10 minutes.",
    ),
    Verdict.SERVER: (
        ServerError,
        "CleverTap ({place}) did not answer the {label}{lost}{tried}; try again later.",
    ),
    Verdict.GARBLED: (
        ServerError,
        "CleverTap ({place}) answered the {label} with something that is not JSON, is cut "
        "short or lacks what was asked for{tried}; the answer may come from a proxy or gateway on the way.",
    ),
    Verdict.LOGIN: (
        AuthenticationError,
        "CleverTap refused the login of account {account} at {place}. Either the id or the passcode is "
        "wrong, or the account lives in another region, which looks the same: check region= too.",
    ),
    Verdict.REDIRECT: (
        ClevertapError,
        "The {label} to {place} was answered with a redirect, which is not followed because the "
        "passcode would be sent along. Check region= or base_url=.",
    ),
    Verdict.CURSOR: (
        CursorError,
        "CleverTap no longer knows the cursor of this download. Resume it: the unfinished part "
        "is read again from its start.",
    ),
    Verdict.QUERY: (QueryError, "CleverTap refused the {label}."),
    Verdict.FAILED: (ClevertapError, "CleverTap ({place}) answered the {label} with a failure{http}."),
}
