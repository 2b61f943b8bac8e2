"""Query: whom to ask CleverTap for, as one frozen value.

CleverTap, CleverTap Query Language (developer.clevertap.com/docs/clevertap-query-language).
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ct_pandas._faces import NO_FORMULAS, visible
from ct_pandas._query import grammar, sentence, spelling
from ct_pandas._query.days import parse_days
from ct_pandas._query.filters import ABSENT, check_name, filter_tuples, make_filter
from ct_pandas._query.names import PROFILE, SESSION, check_profile_field, event_filters, own_name, route
from ct_pandas._query.parts import EVENT_GROUPS, AnyOf, Deed, Parts
from ct_pandas._shown import shown
from ct_pandas.errors import QueryError

_NOTHING: Final = Parts()


@dataclass(frozen=True, init=False, repr=False)
class Query:
    """People, chosen by what they did, who they are and where.

    A query never changes: each method returns a new one, with one more condition to be met. It costs nothing
    until a reader sends it. ``str`` says it in English, ``repr`` is the Python code that rebuilds it, and
    ``to_cql`` gives the JSON that CleverTap takes.

    Parameters
    ----------
    event
        The base event, spelt exactly as in CleverTap. Without one, the query is for people only: add filters
        on the profile, or ``did`` and similar conditions.
    start, end
        The first and last day of the event, both inclusive, in the project's time zone: ``"2025-10-01"``,
        ``20251001``, a date, a ``Timestamp`` without a time of day, a ``pandas.Period``. ``start="2025-10"``
        alone is the whole month.

    Raises
    ------
    QueryError
        For anything that CleverTap's grammar does not have. The server would ignore what it does not
        understand and return everybody, so nothing doubtful is sent.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> query = ct.Query("Charged", "2025-10-01", "2025-10-31").where("Amount", ">", 100)
    >>> print(query)
    People who did Charged with Amount greater than 100 between 1 and 31 October 2025.
    """

    _parts: Parts = _NOTHING  # also of one that is half made, as a traceback may show it

    def __init__(self, event: str | None = None, start: Any = None, end: Any = None) -> None:
        object.__setattr__(self, "_parts", Parts(*_base(event, start, end)))

    @property
    def event(self) -> str | None:
        """The base event, or ``None``."""
        return self._parts.event

    @property
    def start(self) -> int | None:
        """First day of the base event as an integer ``YYYYMMDD``, or ``None``."""
        return self._parts.start

    @property
    def end(self) -> int | None:
        """Last day of the base event as an integer ``YYYYMMDD``, or ``None``."""
        return self._parts.end

    def between(self, start: Any, end: Any = None) -> Query:
        """Ask the same question about other days."""
        if self.event is None:
            raise QueryError("between() moves the days of the base event, but this query names no event.")
        first, last = parse_days(start, end)
        return self._with(start=first, end=last)

    def where(self, name: str, operator: str | None, value: Any = ABSENT) -> Query:
        """Filter by a column of the frame.

        Parameters
        ----------
        name
            ``"Amount"`` or ``"event_props.Amount"`` for a property of the base event,
            ``"session_props.utm_source"``, ``"profileData.plan"``.
        operator
            ``=`` ``!=`` ``>`` ``>=`` ``<`` ``<=``, or CleverTap's words: ``equals``, ``not_equals``,
            ``greater_than``, ``greater_than_equals``, ``less_than``, ``less_than_equals``, ``contains``,
            ``does_not_contain``, ``exists``, ``does_not_exist``. ``None`` sends none, which means equals.
        value
            Text, a number, ``True`` or ``False``, or a list, any of which will do; nothing, or ``None``, for
            ``exists`` and ``does_not_exist``. How CleverTap compares dates is not documented; a date is sent
            as seconds since 1970, taken as UTC if it has no time zone.
        """
        group, plain = route(name)
        return self._filter(group, plain, operator, value)

    def where_session(self, name: str, operator: str | None, value: Any = ABSENT) -> Query:
        """Filter by the session of the base event: ``utm_source`` or ``session_props.utm_source``, ..."""
        return self._filter(SESSION, own_name(name, SESSION), operator, value)

    def where_profile(self, name: str, operator: str | None, value: Any = ABSENT) -> Query:
        """Filter by an attribute of the person: ``plan`` or ``profileData.plan``, ``Email``, ``Phone``."""
        return self._filter(PROFILE, own_name(name, PROFILE), operator, value)

    def where_demographics(self, name: str, operator: str | None, value: Any = ABSENT) -> Query:
        """Filter by ``Gender``, ``Education``, ``Age`` and the like."""
        return self._filter("demographics", name, operator, value)

    def where_technographics(self, name: str, operator: str | None, value: Any = ABSENT) -> Query:
        """Filter by the device, such as ``Device`` or ``Platform``."""
        return self._filter("technographics", name, operator, value)

    def where_app(self, name: str, operator: str | None, value: Any = ABSENT) -> Query:
        """Filter by what the app reports, such as ``Make``."""
        return self._filter("app_fields", name, operator, value)

    def where_reachability(self, name: str, operator: str | None, value: Any = ABSENT) -> Query:
        """Filter by how the person can be reached, such as ``has_token``."""
        return self._filter("reachability", name, operator, value)

    def in_region(self, country: str, region: str | None = None, city: str | None = None) -> Query:
        """Add a place; with several places, any of them will do."""
        if region is None and city is not None:
            raise QueryError(
                f"in_region: the city {city!r} needs its region too: in_region(country, region, city)."
            )
        given = [country, *(each for each in (region, city) if each is not None)]
        found = grammar.read_region(given, "in_region")
        return self._with(geo_fields=(*self._parts.geo_fields, found))

    def did(
        self,
        event: str | Query,
        start: Any = None,
        end: Any = None,
        where: Any = None,
        count: tuple[str, int] | None = None,
    ) -> Query:
        """Ask for people who also did this event.

        Parameters
        ----------
        event, start, end
            As for ``Query``, or a ``Query`` with an event and filters on it.
        where
            One ``(name, operator, value)`` or a list of them, on properties of this event.
        count
            How often: ``(">=", 3)`` means at least three times, ``None`` at least once.
        """
        deed = _deed(event, start, end, where, "did")
        operator, times = _count(count, "did")
        return self._with(did_all=(*self._parts.did_all, replace(deed, operator=operator, times=times)))

    def did_any(self, events: Iterable[Query], count: tuple[str, int] | None = None) -> Query:
        """Ask for people who did any of these events; a query can have one such condition."""
        if self._parts.did_any is not None:
            raise QueryError("did_any can be used only once in a query: put all its events into one list.")
        if isinstance(events, str | Query | Mapping) or not isinstance(events, Iterable):
            raise QueryError("did_any takes a list of queries: did_any([Query(...), Query(...)]).")
        deeds = tuple(_deed(each, None, None, None, "did_any") for each in events)
        if not deeds:
            raise QueryError("did_any needs at least one event.")
        return self._with(did_any=AnyOf(deeds, *_count(count, "did_any")))

    def did_not(self, event: str | Query, start: Any = None, end: Any = None, where: Any = None) -> Query:
        """Ask for people who did not do this event; the arguments are those of ``did``."""
        deed = _deed(event, start, end, where, "did_not")
        return self._with(did_none=(*self._parts.did_none, deed))

    def to_cql(self) -> dict[str, Any]:
        """Give the JSON object that CleverTap takes; a new one every time."""
        return grammar.write(self._parts)

    @classmethod
    def from_cql(cls, document: Mapping[str, Any]) -> Query:
        """Read the JSON object that CleverTap takes, refusing what its grammar does not have."""
        return cls._of(grammar.read(document))

    def to_python(self, *, prefix: str = "ct.", width: int | None = 88) -> str:
        """Give the Python code that rebuilds the query, one call per line where one line is too wide."""
        return spelling.python(self._parts, prefix=prefix, width=width)

    def __repr__(self) -> str:
        return spelling.python(self._parts)

    def __str__(self) -> str:
        return sentence.sentence(self._parts)

    def _repr_html_(self) -> str:
        said = f'<p style="white-space: pre-wrap">{html.escape(visible(str(self)))}</p>'
        return f'<div class="{NO_FORMULAS}">{said}<pre>{html.escape(self.to_python())}</pre></div>'

    @classmethod
    def _of(cls, parts: Parts) -> Query:
        made = cls.__new__(cls)
        object.__setattr__(made, "_parts", parts)
        return made

    def _with(self, **changes: Any) -> Query:
        return self._of(replace(self._parts, **changes))

    def _filter(self, group: str, name: str, operator: str | None, value: Any) -> Query:
        if group in EVENT_GROUPS and self.event is None:
            raise QueryError(
                f"{name!r} filters the base event, but this query names none: start with "
                "Query(event, start, end)."
            )
        made = make_filter(name, operator, value, place=group)
        if group == PROFILE:
            check_profile_field(made.name, group)
        return self._with(**{group: (*getattr(self._parts, group), made)})


def as_query(event: Any, start: Any = None, end: Any = None, where: Any = None) -> Query:
    """Make the query of a reader from its arguments.

    An event name needs ``start`` and ``end`` and may have ``where``; a ``Query`` or a raw CQL dict brings its
    own.
    """
    if isinstance(event, Query | Mapping):
        beside = [
            name for name, given in (("start", start), ("end", end), ("where", where)) if given is not None
        ]
        if beside:
            raise QueryError(
                f"{' and '.join(beside)} cannot be given beside a query, which brings its own. Put this into "
                "the query, or give the name of the event instead."
            )
        query = event if isinstance(event, Query) else Query.from_cql(event)
        if query in (Query(), Query(grammar.NO_EVENT)):
            raise QueryError(
                "The query is empty and would ask for everybody: name an event, or add a condition."
            )
        return query
    if not isinstance(event, str):
        raise QueryError(f"event must be a name, a Query or a CQL dict, not {type(event).__name__}.")
    query = Query(event, start, end)
    for each in filter_tuples(where):
        query = query.where(*each)
    return query


def require_event(query: Query, what: str) -> None:
    """Refuse a query without a base event where CleverTap demands one."""
    # CleverTap Query Language: the "base event query is mandatory for the event export API in all cases".
    if query.event is None or query.start is None:
        raise QueryError(
            f"{what} needs a base event and its days: start the query with Query(event, start, end)."
        )


def _base(event: Any, start: Any, end: Any) -> tuple[str | None, int | None, int | None]:
    if event is None:
        if start is not None or end is not None:
            raise QueryError("start and end belong to an event, but none is named: Query(event, start, end).")
        return None, None, None
    name = check_name(event, "event")
    if name == grammar.NO_EVENT and start is None and end is None:
        return name, None, None
    return name, *parse_days(start, end)


def _deed(event: Any, start: Any, end: Any, where: Any, method: str) -> Deed:
    if not isinstance(event, Query):
        if method == "did_any":
            raise QueryError(
                f"did_any takes a list of queries, not of {type(event).__name__}: Query(event, start, end)."
            )
        name = check_name(event, f"{method}: event")
        return Deed(name, *parse_days(start, end), event_filters(where, method))
    if start is not None or end is not None or where is not None:
        raise QueryError(
            f"{method}: start, end and where cannot be given beside a Query, which brings its own."
        )
    parts = event._parts  # noqa: SLF001
    if parts.event is None or parts.start is None or parts.end is None:
        raise QueryError(f"{method}: the query names no event.")
    if parts != Parts(parts.event, parts.start, parts.end, event_properties=parts.event_properties):
        raise QueryError(f"{method} takes an event with filters on its own properties, and nothing else.")
    return Deed(parts.event, parts.start, parts.end, parts.event_properties)


def _count(count: Any, method: str) -> tuple[str | None, int | None]:
    if count is None:
        return None, None
    if not isinstance(count, list | tuple) or len(count) != 2:
        raise QueryError(
            f"{method}: count is a pair such as ('>=', 3), at least three times; not {shown(count)}."
        )
    return grammar.read_count(count[0], count[1], f"{method}: count")
