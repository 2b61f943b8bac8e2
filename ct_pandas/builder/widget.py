"""QueryBuilder: the form as its user holds it."""

from __future__ import annotations

import html
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import ct_pandas as ct
from ct_pandas._extras import comes_with
from ct_pandas._faces import NO_FORMULAS, visible
from ct_pandas.builder import places
from ct_pandas.builder.composing import Composed
from ct_pandas.builder.state import State

if TYPE_CHECKING:
    import pandas as pd

    from ct_pandas.builder.panel import Panel


# Beside the picture that a page without widgets shows, which does not follow what is changed in the form.
_WHEN: Final = "This is the form as it was when the cell was run."


class QueryBuilder:
    """Build a query by hand in a notebook, count it, read it.

    The form starts from a :class:`Query` and gives one back. You can build only what CleverTap's grammar can
    express, and the form suggests names from the project's schema if CleverTap gives it. Building costs two
    requests, for these names. "Count" and "Read" cost what :func:`count_profiles` and
    :func:`read_clevertap_events` cost, and leave the notebook free meanwhile. Without ipywidgets you see the
    sentence, the code, and how to get the form.

    Parameters
    ----------
    query
        A ``Query``, or a query in CleverTap's JSON form, to start from.
    account
        Another account than the default.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> builder = ct.QueryBuilder(ct.Query("Charged", "2025-10").where("Amount", ">", 100))
    >>> builder.sentence
    'People who did Charged with Amount greater than 100 between 1 and 31 October 2025.'
    """

    def __init__(
        self, query: ct.Query | Mapping[str, Any] | None = None, account: ct.Account | None = None
    ) -> None:
        if account is not None and not isinstance(account, ct.Account):
            raise ct.CredentialsError(f"account= takes a ct.Account, not {type(account).__name__}.")
        self._state = State(Composed(_as_query(query)), account)
        self._naming: threading.Thread | None = None
        self._unconnected = False
        self._panel: Panel | None = None

    @property
    def query(self) -> ct.Query:
        """The query in the form; raises ``QueryError`` while something in it is unfinished."""
        return self._state.query

    @query.setter
    def query(self, query: ct.Query | Mapping[str, Any] | None) -> None:
        self._state.composed = Composed(_as_query(query))
        if self._panel is not None:
            self._panel.fill(self._state.query)

    @property
    def sentence(self) -> str:
        """The query in plain English, or what is missing."""
        return self._state.sentence

    @property
    def code(self) -> str:
        """The Python call that "Read" makes; an account appears under its name in the notebook."""
        return self._state.code(self._panel.options if self._panel is not None else {})

    @property
    def frame(self) -> pd.DataFrame | None:
        """What "Read" returned; after a cancel or an error, what had come until then, marked incomplete."""
        return self._state.frame

    @property
    def error(self) -> BaseException | None:
        """The error of the last run, with its ``.partial`` and ``.resume()`` if it has them."""
        return self._state.error

    @property
    def widget(self) -> Any:
        """The ipywidgets box that is displayed, made on first use."""
        panel = self._drawn()
        panel.handed_out = True
        return panel.widget

    def wait(self, timeout: float | None = None) -> None:
        """Wait until work in the background has ended: names, a count, a read."""
        if self._panel is not None and self._panel.thread is not None:
            self._panel.thread.join(timeout)
        if self._naming is not None:
            self._naming.join(timeout)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process as the query it holds: an account would bring the passcode along."""
        return type(self), (self._state.composed.query,)

    def __copy__(self) -> QueryBuilder:
        return type(self)(self._state.composed.query, self._state.account)

    def __deepcopy__(self, memo: object) -> QueryBuilder:
        return self.__copy__()

    def __repr__(self) -> str:
        if "_state" not in vars(self):  # half made, as a traceback may show it
            return object.__repr__(self)
        return f"{self.sentence}\n\n{self.code}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        try:
            panel = self._drawn()
            live = panel.widget._repr_mimebundle_(include=include, exclude=exclude)
        except ImportError as error:
            return self._still(f"The form cannot be drawn: {error}")
        places.stand(panel)
        return {**(live[0] if isinstance(live, tuple) else live or {}), **self._still(_WHEN)}

    def _drawn(self) -> Panel:
        """Give the form, made anew where its cell was run again since."""
        if self._panel is None or self._panel.closed:
            with comes_with("notebook"):
                from ct_pandas.builder.panel import Panel  # noqa: PLC0415  (ipywidgets is optional)

            self._panel = Panel(self._state, self._connected, self._panel)
            self._learn()
        return self._panel

    def _still(self, *notes: str) -> dict[str, str]:
        """Give the faces that need no widget."""
        words = "".join(f"<p>{html.escape(visible(text))}</p>" for text in (self.sentence, *notes))
        return {
            "text/plain": "\n\n".join([repr(self), *notes]),
            "text/html": f'<div class="{NO_FORMULAS}">{words}<pre>{html.escape(self.code)}</pre></div>',
        }

    def _connected(self) -> None:
        """Learn the names that there was no account for when the form was made."""
        if self._unconnected:
            self._learn()

    def _learn(self) -> None:
        self._unconnected = False
        self._naming = threading.Thread(target=self._learn_names, daemon=True, name="ct_pandas names")
        self._naming.start()

    def _learn_names(self) -> None:
        told = ""
        try:
            self._state.naming.schema = ct.schema(self._state.account)
        except Exception as error:  # noqa: BLE001  (the form works without names, and says why)
            told = str(error)
            self._unconnected = isinstance(error, ct.CredentialsError | ValueError)
        if self._panel is not None:
            self._panel.named(told)


def _as_query(query: Any) -> ct.Query:
    if query is None:
        return ct.Query()
    if isinstance(query, ct.Query):
        return query
    if isinstance(query, Mapping):
        return ct.Query.from_cql(query)
    raise ct.QueryError(f"QueryBuilder starts from a Query or a CQL dict, not {type(query).__name__}.")
