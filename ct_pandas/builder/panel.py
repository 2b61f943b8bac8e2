"""The widget that is displayed: the form, its sentence and code, and the runs it starts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as w

import ct_pandas as ct
from ct_pandas._shown import counted
from ct_pandas.builder import look
from ct_pandas.builder.composing import Composed, compose
from ct_pandas.builder.drafts import Draft, take_apart
from ct_pandas.builder.fields import discard, focus, mark
from ct_pandas.builder.form import Form
from ct_pandas.builder.results import DOUBT, EVENTS, PEOPLE, Results, counted_rows
from ct_pandas.builder.running import Job, progress_class
from ct_pandas.builder.state import NO_EVENT, State

_NOTHING_YET = "Choose an event above, or add a filter: a query for everybody is never sent."


class Panel:
    """What stands on the page for one builder; ``before`` is a closed one that this one goes on from."""

    def __init__(self, state: State, connected: Callable[[], None], before: Panel | None = None) -> None:
        self._state, self._connected = state, connected
        self.closed = self.handed_out = False
        self._job: Job | None = None
        self._insist = False
        self._given: tuple[Draft, ct.Query] | None = None
        self._ran: tuple[ct.Query, str] | None = None
        self._most: int | None = None  # rows of the read that ran; a count has none
        self._progress = progress_class(lambda: self._job, self._moved)
        self._expected: tuple[ct.Query, str, int] | None = None
        count, read, cancel, go_on = map(self._told, (self._count, self._read, self._cancel, self._go_on))
        self.results = Results(count, read, cancel, go_on, self._refresh)
        self._head, self._faces = w.HTML(), mark(w.HTML(), "ct-faces")
        self._place = w.VBox()
        parts = [w.HTML(look.STYLE), self._head, self._place, self._faces, self.results.widget]
        self.widget = mark(w.VBox(parts), "ct-builder")
        self._title("")
        if before is None:
            self.fill(state.query)
        else:
            self.results.rows.value = before.results.rows.value
            self.results.most.value = before.results.most.value
            self._given = before._given  # noqa: SLF001  (one of its own kind)
            self._put(before._form.draft)  # noqa: SLF001

    @property
    def options(self) -> dict[str, Any]:
        """What "Read" passes on beside the query, where it is not the default."""
        rows, most = self.results.asked_rows, self.results.max_rows
        return ({} if rows == "profile" else {"rows": rows}) | ({} if most is None else {"max_rows": most})

    @property
    def thread(self) -> threading.Thread | None:
        """The thread of the last run."""
        return self._job.thread if self._job else None

    def fill(self, query: ct.Query) -> None:
        """Put a query into the form."""
        self._put(take_apart(query.to_cql()), query)

    def close(self) -> None:
        """Take all of it from the page and from the state that is saved with the notebook."""
        self.closed = True
        discard(self.widget)

    def _put(self, draft: Draft, query: ct.Query | None = None) -> None:
        self._form = Form(draft, self._state.naming, self._state.today, self._refresh)
        if query is not None:
            self._given = (self._form.draft, query)
        before, self._place.children = self._place.children, (self._form.widget,)
        for widget in before:
            discard(widget)
        self._refresh()

    def named(self, told: str) -> None:
        """Take over the names that have come, or say that none will."""
        self._form.complete()
        self._title(told)
        self._refresh()

    def _title(self, told: str) -> None:
        schema = self._state.naming.schema
        note = str(schema.source) if schema else ""
        if schema is not None:
            attributes = counted(len(schema.attributes), "attribute")
            note = f"{counted(len(schema.events), 'event')}, {attributes} known"
            note += "" if schema.source == "getSchema" else f", from {schema.source}"
        elif told:
            note = f"Names cannot be completed. {told.partition('. ')[0].rstrip('.')}."
        self._head.value = look.title("CleverTap query", note)

    def _told(self, deed: Callable[[], None]) -> Callable[[], None]:
        """Show what goes wrong in a click, which the page would not."""

        def click() -> None:
            try:
                deed()
            except Exception as error:  # noqa: BLE001  (whatever it is)
                self.results.refused(f"{type(error).__name__}: {error}")

        return click

    def _refresh(self) -> None:
        try:
            self._take_over()
        except Exception as error:  # noqa: BLE001  (the query of before would be taken for that of the form)
            said = f"{type(error).__name__}: {error}"
            self._state.composed, self._insist = Composed(None, {("event",): said}), True
            self.results.refused(said)

    def _take_over(self) -> None:
        self._form.renew()
        draft = self._form.draft
        composed = compose(draft, self._state.today())
        if self._given and draft == self._given[0]:  # untouched: give back the very query that came
            composed = Composed(self._given[1])
        self._state.composed = composed
        insisted, self._insist = self._insist, self._insist and bool(composed.problems)
        if insisted and not self._insist:
            self.results.mended()
        self._mark_old()
        hidden = frozenset() if self._insist else composed.unfinished
        self._form.tell({path: said for path, said in composed.problems.items() if path not in hidden})
        call = self._state.code(self.options)
        shown = look.note(NO_EVENT) if NO_EVENT in call else "" if call.startswith("#") else look.code(call)
        said = _NOTHING_YET if composed.query == ct.Query() else self._state.sentence
        self._faces.value = look.sentence(said) + shown

    def _mark_old(self) -> None:
        """Say so where what is shown came of another query than the one that stands in the form now."""
        now = (self._state.composed.query, self.results.rows.value)
        cut = self._state.frame is not None and self.results.max_rows != self._most
        self.results.old(self._ran is not None and (cut or now != self._ran))

    def _ready(self) -> ct.Query | None:
        """Give the query to run; with a problem in the form, show all of them instead."""
        self._insist = True
        self._refresh()
        query = self._state.composed.query
        if query is None:
            self.results.refused("Nothing was sent: first correct what is marked above.")
        elif query.event is None and self.results.rows.value == EVENTS:
            self.results.refused(f"Nothing was sent. {NO_EVENT}")
        else:
            return query
        return None

    def _count(self) -> None:
        if self.busy or (query := self._ready()) is None:
            return
        counts = ct.count_events if self.results.rows.value == EVENTS else ct.count_profiles
        what = self.results.rows.value
        self._begin(query, "Counting …")

        def ended(number: Any, error: BaseException | None, told: list[str]) -> None:
            if job.cancelled:  # nobody waits for it any more
                return
            self._end(error)
            if error is None:
                self._expected = (query, what, number)
                self.results.counted(number, what)
            self.results.warned(told)

        job = Job(lambda: counts(query, account=self._state.account), ended, stops=False)
        self._start(job)

    def _read(self) -> None:
        if self.busy or (query := self._ready()) is None:
            return
        self._state.frame = None
        self._begin(query, "Asking CleverTap …")
        options = self.options

        def work() -> Any:
            return ct.read_clevertap_events(
                query, progress=self._progress, account=self._state.account, **options
            )

        self._start(Job(work, self._ended))

    def _go_on(self) -> None:
        resume = getattr(self._state.error, "resume", None)
        if self.busy or resume is None:
            return
        self.results.busy("Going on …")
        focus(self.results.cancel)  # as the button just pressed is gone
        self._start(Job(resume, self._ended))

    def _cancel(self) -> None:
        if self._job is None or not self.busy:
            focus(self.results.read)  # as what just ended by itself left the cursor on this button
            return
        self._job.cancel()
        if self._job.stops:
            self.results.status.value = look.status("Stopping …")
        else:
            self.results.idle()
            self.results.status.value = look.status("Not waiting for the count any more.")
            focus(self.results.count)

    def _begin(self, query: ct.Query, said: str) -> None:
        self._ran, self._most = (query, self.results.rows.value), self.results.max_rows
        self._mark_old()
        self.results.busy(said)

    @property
    def busy(self) -> bool:
        """Whether a run is under way."""
        return self._job is not None and self._job.awaited

    def _start(self, job: Job) -> None:
        self._state.error = None
        self._job = job
        job.start()

    def _moved(self, rows: int, total: int | None, note: str) -> None:
        if self._job is None or self._ran is None or self._job.cancelled:
            return
        if total is None and self._expected is not None and self._expected[:2] == self._ran:
            total = self._expected[2]
        self.results.moved(rows, total, note, self._ran[1])

    def _ended(self, frame: Any, error: BaseException | None, told: list[str]) -> None:
        self._end(error)
        if error is None:
            self._state.frame = frame
            self.results.show_frame(frame, _said(frame) + (f". {DOUBT}" if frame.empty else ""))
        elif (partial := _partial(error)) is not None:
            self._state.frame = partial
            self.results.show_frame(partial, f"{_said(partial)}. What came is in .frame, marked incomplete.")
        self.results.warned(told)

    def _end(self, error: BaseException | None) -> None:
        self._state.error = error
        self.results.idle()
        if self._job is not None and self._job.cancelled:
            focus(self.results.go_on if hasattr(error, "resume") else self.results.read)
        if error is None:
            self._connected()
        elif isinstance(error, ct.DownloadInterrupted) and self._job is not None and self._job.cancelled:
            self.results.stopped()
        else:
            self.results.failed(error, resumable=hasattr(error, "resume"))


def _partial(error: BaseException) -> Any:
    """Give what came before the error, if anything did."""
    try:
        partial = getattr(error, "partial", None)
    except Exception:  # noqa: BLE001  (the error itself is what matters)
        return None
    return partial if partial is not None and len(partial) else None


def _said(frame: Any) -> str:
    attrs = frame.attrs.get("clevertap", {})
    rows = counted_rows(len(frame), EVENTS if attrs.get("kind") == "events" else PEOPLE)
    whole = "complete" if attrs.get("complete") else "not complete"
    pages = counted(attrs.get("pages", 0), "page")
    return f"{rows}, {counted(frame.shape[1], 'column')}, {pages}, {whole}"
