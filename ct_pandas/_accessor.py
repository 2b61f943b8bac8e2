"""``df.clevertap``: stores the frame, forwards, nothing else. Registered when the package is imported."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from ct_pandas._unbroken import unbroken
from ct_pandas._upload.verbs import Uploads

if TYPE_CHECKING:
    from ct_pandas._upload.preview import Preview

Kind = Literal["profile", "event", "token"]


class ClevertapAccessor(Uploads):
    """Send a frame to CleverTap, look at it before that, or view what was read."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def validate(self, kind: Kind = "profile", **keywords: Any) -> pd.DataFrame:
        """Return everything that CleverTap would refuse, without sending anything.

        No requests. Reads the frame slice by slice.

        Parameters
        ----------
        kind
            ``"profile"``, ``"event"`` or ``"token"``.
        **keywords
            Those of :meth:`upload`, :meth:`upload_events` or :meth:`upload_tokens`.

        Returns
        -------
        DataFrame
            A row per problem, by position: ``position`` (from 0), ``row`` (label), ``column``, ``code``
            (CleverTap's; missing where it has none), ``reason``, ``value``, ``fix`` (a proposal, or missing).
            Without problems it is empty.

        Raises
        ------
        ValidationError
            The keywords do not fit the frame: a missing column, two columns for one key, nothing chosen.

        Examples
        --------
        >>> import pandas as pd
        >>> import ct_pandas as ct
        >>> df = pd.DataFrame({"identity": ["a-1", "a-2"], "Gender": ["F", "female"]})
        >>> df.clevertap.validate()[["position", "column", "code", "fix"]]
           position  column  code fix
        0         1  Gender   514   F
        """
        with unbroken():
            from ct_pandas._records.keywords import of_kind  # noqa: PLC0415
            from ct_pandas._upload import checking  # noqa: PLC0415  (only who asks pays for it)

        return checking.problems(self._frame, of_kind(kind, keywords), keywords.get("account"))

    def preview(self, n: int = 3, check: int = 0, *, kind: Kind | None = None, **keywords: Any) -> Preview:
        """Show what an upload would send, without sending it.

        Costs no request, except one for each id that ``check`` looks up.

        Parameters
        ----------
        n
            How many records to show.
        check
            How many ids to look up, one request each: how many of them do not exist and would become new
            profiles.
        kind
            ``"profile"``, ``"event"`` or ``"token"``; left out, it follows from the keywords.
        **keywords
            Those of the upload.

        Returns
        -------
        Preview
            ``.records`` (as they would be sent), ``.columns`` (what every column becomes) and, with
            ``columns="changed"``, ``.changes`` (old beside new). A notebook shows all of it, with the values
            hidden that reach or name a person.

        Raises
        ------
        ValidationError
            As :meth:`validate`.

        Examples
        --------
        >>> import pandas as pd
        >>> import ct_pandas as ct
        >>> df = pd.DataFrame({"identity": [7.0], "email": ["ana@example.com"], "points": [12]})
        >>> df.clevertap.preview().records
        [{'identity': '7', 'type': 'profile', 'profileData': {'Email': 'ana@example.com', 'points': 12}}]
        """
        with unbroken():
            from ct_pandas._records.keywords import of_kind  # noqa: PLC0415
            from ct_pandas._upload.preview import preview  # noqa: PLC0415  (only who asks pays for it)

        wanted = of_kind(kind, keywords)
        invalid = keywords.get("invalid", "raise")
        return preview(self._frame, wanted, keywords.get("account"), n=n, check=check, invalid=invalid)

    def redact(self, salt: str | bytes | None = None, keep: Iterable[Any] = ()) -> pd.DataFrame:
        """Return a copy in which e-mail, phone, names, tokens and ids are stable pseudonyms.

        Personal values are recognised by the names of columns, index levels and nested keys.
        E-mail addresses and international phone numbers are recognised anywhere, even within longer text. The
        same value has the same pseudonym in every column and frame, so joins still work. A redacted frame
        cannot be uploaded.

        Parameters
        ----------
        salt
            The secret behind the pseudonyms. Left out: one that is made once for you and kept in your own
            configuration folder, not in the notebook.
        keep
            Columns to leave as they are.

        Returns
        -------
        DataFrame
            With the same shape and columns; ids in its index are pseudonyms too.

        Examples
        --------
        >>> import pandas as pd
        >>> import ct_pandas as ct
        >>> df = pd.DataFrame({"identity": ["ana@example.com"], "email": ["ana@example.com"], "n": [1]})
        >>> hidden = df.clevertap.redact(salt="for this example")
        >>> bool((hidden["identity"] == hidden["email"]).all()), hidden["n"].tolist()
        (True, [1])
        """
        with unbroken():
            from ct_pandas import _redact  # noqa: PLC0415  (only who asks pays for it)

        return _redact.redact(self._frame, salt, keep)

    @property
    def profile(self) -> pd.DataFrame:
        """The attributes of a frame that was read, under their bare names: ``Plan`` for ``profileData.Plan``.

        The rows and the index are those of the frame.

        Examples
        --------
        >>> import ct_pandas as ct
        >>> account = ct.connect_sandbox()
        >>> people = ct.read_clevertap_events("Charged", "2025-10", progress=False)
        >>> "Plan" in people.clevertap.profile.columns
        True
        """
        with unbroken():
            from ct_pandas._records import provenance  # noqa: PLC0415  (views are for frames that were read)

        return provenance.attributes(self._frame)

    @property
    def devices(self) -> pd.DataFrame:
        """All devices of a frame that was read, one row each.

        Columns: ``person`` (the key of :attr:`person`), ``platform``, ``objectId``, then the other fields of
        the devices.

        Examples
        --------
        >>> import ct_pandas as ct
        >>> account = ct.connect_sandbox()
        >>> people = ct.read_clevertap_events("Charged", "2025-10", progress=False)
        >>> people.clevertap.devices.columns.tolist()[:4]
        ['person', 'platform', 'objectId', 'os_version']
        """
        with unbroken():
            from ct_pandas._frame import views  # noqa: PLC0415

        return views.devices(self._frame)

    @property
    def event_summary(self) -> pd.DataFrame:
        """One row per person and event, of a frame that was read with ``event_summary=True``.

        Columns: ``person`` (the key of :attr:`person`), ``event``, ``count`` (``Int64``), ``first_seen`` and
        ``last_seen`` (UTC).

        Examples
        --------
        >>> import ct_pandas as ct
        >>> account = ct.connect_sandbox()
        >>> people = ct.read_clevertap_events("Charged", "2025-10", event_summary=True, progress=False)
        >>> "Charged" in set(people.clevertap.event_summary["event"])
        True
        """
        with unbroken():
            from ct_pandas._frame import views  # noqa: PLC0415

        return views.event_summary(self._frame)

    @property
    def person(self) -> pd.Series:
        """The person of each row, by ``identity``, else ``objectId``, else the devices; never missing.

        Examples
        --------
        >>> import ct_pandas as ct
        >>> account = ct.connect_sandbox()
        >>> people = ct.read_clevertap_events("Charged", "2025-10", progress=False)
        >>> people.clevertap.person.is_unique, people.clevertap.person.hasnans
        (True, False)
        """
        with unbroken():
            from ct_pandas._frame import views  # noqa: PLC0415

        return views.person(self._frame)


def register() -> None:
    """Make ``df.clevertap`` known to pandas, once."""
    if not hasattr(pd.DataFrame, "clevertap"):
        pd.api.extensions.register_dataframe_accessor("clevertap")(ClevertapAccessor)


register()
