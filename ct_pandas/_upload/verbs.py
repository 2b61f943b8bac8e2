"""The three uploads of ``df.clevertap``: their keywords, and what they promise."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from ct_pandas._account import Account
from ct_pandas._unbroken import unbroken

if TYPE_CHECKING:
    from ct_pandas._records.keywords import Keywords
    from ct_pandas._upload.report import UploadReport

Invalid = Literal["raise", "skip", "send"]


class Uploads:
    """Sends a frame to CleverTap."""

    _frame: pd.DataFrame

    def upload(
        self,
        columns: Sequence[Any] | Literal["changed", "all"] | None = None,
        *,
        identity: Any = None,
        id_type: Literal["identity", "objectId", "FBID", "GPID"] | None = None,
        ts: Any = None,
        original: pd.DataFrame | None = None,
        backup: str | os.PathLike[str] | None = None,
        dry_run: bool = False,
        invalid: Invalid = "raise",
        parallel: int = 1,
        progress: Any = True,
        account: Account | None = None,
    ) -> UploadReport:
        """Send every row as a profile; the report says what became of each.

        Everything is checked before the first request. Costs one request per 100 rows (1000 with
        ``limits="current"``), and with ``backup=`` one per person. Memory does not grow with the frame,
        except for a few bytes per row.

        Parameters
        ----------
        columns
            What to send, named as in the frame or bare. Left out: every column of a hand-made frame; for a
            downloaded frame you have to choose. ``"changed"``: only cells that differ from what was read.
            ``"all"``: every attribute. Missing values are never sent.
        identity
            The column or index level of the ids. Left out: ``identity``, ``objectId``, ``FBID`` or ``GPID``,
            whichever a row has first, else the first device's ``objectId``.
        id_type
            The key that ids of another column are sent as; ``"identity"`` if left out.
        ts
            The column of the dates of creation: datetimes, or seconds since 1970.
        original
            With ``columns="changed"``: the frame as it was read. Left out: the read that this frame came
            from, if the process still remembers it: it keeps the last 8 reads, as long as their frames, or
            frames made from them, exist.
        backup
            A new Parquet file for the present values of what is about to change; a retry adds the people of
            its rows. To put them back: ``pd.read_parquet(path).clevertap.upload(columns="all")``.
        dry_run
            Let CleverTap judge the rows without storing anything.
        invalid
            What to do about rows that CleverTap would refuse: ``"raise"`` sends nothing, ``"skip"`` sends the
            rest, ``"send"`` lets the server judge what can be sent at all.
        parallel
            How many calls to make side by side, up to what the account may have in flight. Rows of the same
            person keep their order.
        progress
            ``True``, ``False`` or a tqdm-compatible class.
        account
            Another account than the default; needed for a frame downloaded from another one.

        Returns
        -------
        UploadReport
            ``.counts``, ``.rows``, ``.problems``, ``.failed``, ``.unknown``, ``.retry()``.

        Raises
        ------
        ValidationError
            Problems were found and nothing was sent; see ``.problems``. Or the keywords do not fit the frame.
        UploadError
            The whole upload was stopped: login refused, throttled, or no answer for ``max_wait``; see
            ``.report``.
        UploadInterrupted
            You stopped it; see ``.report``.

        Warns
        -----
        UploadWarning
            Once, with counts by code, if anything was not accepted.
        TimezoneWarning
            Times without a zone were sent as UTC because the account's zone is unknown.

        Notes
        -----
        CleverTap, "Working with User Profiles API", Uploading User Profiles
        (https://developer.clevertap.com/docs/upload-user-profiles-api). Whole numbers, fractions, text,
        ``True`` and ``False`` go as they are, ``Decimal`` as a number, lists, arrays and sets as a list,
        dates and times as ``"$D_<seconds since 1970>"``. As the value of a cell, ``{"$add": ["a"]}``,
        ``{"$remove": ["a"]}``, ``{"$incr": 1}`` and ``{"$decr": 1}`` change what is there.

        Examples
        --------
        >>> import pandas as pd
        >>> import ct_pandas as ct
        >>> account = ct.connect_sandbox()
        >>> df = pd.DataFrame({"identity": ["a-1", "a-2"], "plan": ["gold", "free"]})
        >>> df.clevertap.upload(progress=False).counts
        {'accepted': 2, 'refused': 0, 'not_sent': 0, 'unknown': 0}
        """
        with unbroken():
            from ct_pandas._records.keywords import Keywords  # noqa: PLC0415  (only who sends pays for it)

        keywords = Keywords(
            kind="profile", columns=columns, identity=identity, id_type=id_type, ts=ts, original=original
        )
        return self._send(
            keywords,
            account,
            backup=backup,
            dry_run=dry_run,
            invalid=invalid,
            parallel=parallel,
            progress=progress,
        )

    def upload_events(
        self,
        event: str | None = None,
        *,
        event_column: Any = None,
        columns: Sequence[Any] | Literal["all"] | None = None,
        identity: Any = None,
        id_type: Literal["identity", "objectId", "FBID", "GPID"] | None = None,
        ts: Any = None,
        dry_run: bool = False,
        invalid: Invalid = "raise",
        parallel: int = 1,
        progress: Any = True,
        account: Account | None = None,
    ) -> UploadReport:
        """Send every row as an event.

        An event is never sent twice: if no answer came, its row is *unknown*, and no retry repeats it.
        Costs one request per 100 rows (1000 with ``limits="current"``).

        Parameters
        ----------
        event
            One name for all rows.
        event_column
            A column of names instead.
        columns
            The properties. Left out: every other column; of a downloaded frame ``event_props.*`` and the
            columns that you added.
        ts
            The column of the times: datetimes, or seconds since 1970. Left out: ``ts`` if there is one, else
            CleverTap uses the time of arrival. Times without a zone are in the account's; if that is unknown,
            they are a problem.
        identity, id_type, dry_run, invalid, parallel, progress, account
            As in :meth:`upload`.

        Returns
        -------
        UploadReport
            As of :meth:`upload`.

        Raises
        ------
        ValidationError, UploadError, UploadInterrupted
            As :meth:`upload`.

        Notes
        -----
        CleverTap, Upload Events API (https://developer.clevertap.com/docs/upload-events-api).

        Examples
        --------
        >>> import pandas as pd
        >>> import ct_pandas as ct
        >>> account = ct.connect_sandbox()
        >>> bought = pd.DataFrame({"identity": ["a-1"], "Amount": [300], "Items": [[{"Category": "books"}]]})
        >>> bought.clevertap.upload_events("Charged", progress=False).ok
        True
        """
        with unbroken():
            from ct_pandas._records.keywords import Keywords  # noqa: PLC0415  (only who sends pays for it)

        keywords = Keywords(
            kind="event",
            event=event,
            event_column=event_column,
            columns=columns,
            identity=identity,
            id_type=id_type,
            ts=ts,
        )
        options = {"dry_run": dry_run, "invalid": invalid, "parallel": parallel, "progress": progress}
        return self._send(keywords, account, **options)

    def upload_tokens(
        self,
        token_type: Literal["apns", "gcm", "fcm", "wns", "mpns", "chrome"] | None = None,
        *,
        object_id: Any = "objectId",
        token: Any = "token",  # noqa: S107  (the name of a column)
        type: Any = "type",  # noqa: A002  (the API's word)
        p256dh: Any = "p256dh",
        auth: Any = "auth",
        dry_run: bool = False,
        invalid: Invalid = "raise",
        parallel: int = 1,
        progress: Any = True,
        account: Account | None = None,
    ) -> UploadReport:
        """Send every row as a device token.

        *Accepted* means that CleverTap took the token. A profile that has one already keeps it; CleverTap
        says so only in the dashboard's Live Error Stream. Costs one request per 100 rows.

        Parameters
        ----------
        token_type
            One type for all rows.
        object_id, token
            The columns of the device's ``objectId`` and of its token.
        type
            The column of types, where they differ.
        p256dh, auth
            The columns of the keys that a ``chrome`` token needs.
        dry_run, invalid, parallel, progress, account
            As in :meth:`upload`.

        Returns
        -------
        UploadReport
            As of :meth:`upload`.

        Raises
        ------
        ValidationError, UploadError, UploadInterrupted
            As :meth:`upload`.

        Notes
        -----
        CleverTap, "Import Device Tokens" (https://developer.clevertap.com/docs/upload-device-tokens-api).

        Examples
        --------
        >>> import pandas as pd
        >>> import ct_pandas as ct
        >>> account = ct.connect_sandbox()
        >>> phones = pd.DataFrame({"objectId": ["__a1"], "token": ["dYfuuBmHLGI:APA91b"]})
        >>> phones.clevertap.upload_tokens("fcm", dry_run=True, progress=False).dry_run
        True
        """
        with unbroken():
            from ct_pandas._records.keywords import Keywords  # noqa: PLC0415  (only who sends pays for it)

        keywords = Keywords(
            kind="token",
            token_type=token_type,
            object_id=object_id,
            token=token,
            type=type,
            p256dh=p256dh,
            auth=auth,
        )
        options = {"dry_run": dry_run, "invalid": invalid, "parallel": parallel, "progress": progress}
        return self._send(keywords, account, **options)

    def _send(self, keywords: Keywords, account: Account | None, **options: Any) -> UploadReport:
        """Send the frame; frames of other kinds do it in their own way."""
        with unbroken():
            from ct_pandas._upload.upload import upload  # noqa: PLC0415  (only who sends pays for it)

        return upload(self._frame, keywords, account, **options)
