"""A download kept on disk while it arrives: a file for each page, and a manifest, each renamed into place.

A page and the cursor that follows it are one file, so that neither is ever there without the other. How far
a download has come is what files there are: whoever is killed loses at most the page on its way.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ct_pandas._decode.decoder import Page
from ct_pandas._paging.plan import Slice, fingerprint
from ct_pandas._storage import page_file
from ct_pandas._storage.belonging import Belonging
from ct_pandas._storage.files import (
    Lock,
    locked,
    private_directory,
    replacing,
    sealed,
    settle,
    unsealed,
    write_json,
)
from ct_pandas.errors import ClevertapError

FORMAT = 1  # of the files in a store; another one is not read
MANIFEST, LOCK, PAGES = "manifest.json", "lock", "pages"
UNFINISHED, DATASET = ".unfinished", "_manifest.parquet"
"""What a download into a directory has there: a store until it is whole, then a dataset."""


class Store:
    """The pages of one download in a directory.

    Parameters
    ----------
    directory
        Where the files are.
    whose
        The directory as the caller knows it, for messages.
    """

    def __init__(self, directory: Path, whose: Path | None = None) -> None:
        self.directory, self.whose = directory, whose or directory
        self.manifest: dict[str, Any] = {}
        self._lock: Lock | None = None

    @property
    def there(self) -> bool:
        """Whether anything is stored."""
        return os.path.exists(self.directory / MANIFEST)  # noqa: PTH110  (also where nobody may look)

    @property
    def finished(self) -> bool:
        """Whether there is nothing more to ask for."""
        return "finished_at" in self.manifest

    @contextlib.contextmanager
    def locked(self, *, workers: bool = False) -> Iterator[None]:
        """Be the only one at work here; with ``workers``, the one they work for, each with a lock of its own.

        Workers outlive whoever they worked for: they may still be at work where the main lock is free.
        """
        private_directory(self.whose)
        private_directory(self.directory)
        with contextlib.ExitStack() as held:
            self._lock = held.enter_context(locked(self.directory / LOCK, self.whose))
            for path in () if workers else sorted(self.directory.glob(f"{LOCK}-*")):
                held.enter_context(locked(path, self.whose))
            try:
                yield
            finally:
                self._lock = None

    def _refuse_if_removed(self) -> None:
        """Stop where the directory is gone, or another's by now: only half would be kept there."""
        if self._lock is not None and not self._lock.is_there:
            raise ClevertapError(
                f"{str(self.whose)!r} was removed, renamed or started over while this download "
                "was using it. Run the download again."
            )

    def has_all_of(self, parts: Sequence[Slice]) -> bool:
        """Whether there is a file for each page of these slices, and no other."""
        files = self._files_of_slices()
        return all(
            files[part.number] == [self._file(part.number, page) for page in range(part.pages)]
            for part in parts
        )

    @property
    def begun(self) -> int | None:
        """The number of slices of the download that is kept here, if one is."""
        with contextlib.suppress(ClevertapError):
            if self.there:
                return len(_read_manifest(self.directory / MANIFEST, self.whose)[0]["slices"])
        return None

    def open(self) -> Belonging:
        """Read the manifest; say what the download belongs to."""
        self.manifest, belongs = _read_manifest(self.directory / MANIFEST, self.whose)
        return belongs

    def begin(self, belongs: Belonging, slices: Sequence[Mapping[str, Any]], **more: Any) -> None:
        """Write the manifest of a new download; pages without a manifest belong to none."""
        private_directory(self._pages)
        for pattern in ("[0-9]*-[0-9]*.arrow", "[0-9]*.start"):  # and nothing of anybody else's
            for left in self._pages.glob(pattern):
                left.unlink()
        self.manifest = {
            "format": FORMAT,
            "complete": False,
            "belongs": belongs.written(),
            "slices": list(slices),
            "begun_at": _now(),
            **more,
        }
        self._save()

    def note(self, **more: Any) -> None:
        """Add to the manifest."""
        self.manifest |= more
        self._save()

    def attrs(self) -> dict[str, Any]:
        """Say what is known of the download so far: what its frame's attrs would say."""
        belongs = self.open()
        parts = [self._standing(number, files) for number, files in enumerate(self._files_of_slices())]
        expected = self.manifest.get("expected")
        return {
            "query": dict(belongs.query),
            "kind": belongs.kind,
            "rows": sum(part.rows for part in parts),
            "pages": sum(part.pages for part in parts),
            "complete": False,
            **({} if expected is None else {"expected": expected}),
            "downloaded_at": self.manifest.get("finished_at", self.manifest["begun_at"]),
            "account": belongs.account_id,
            "region": self.manifest["region"],
        }

    def finish(self, **facts: Any) -> None:
        """Say that there is nothing more to ask for."""
        self._refuse_if_removed()
        self.note(**facts, finished_at=_now())

    def reopen(self) -> None:
        """Say that pages are missing after all: files were removed or damaged."""
        del self.manifest["finished_at"]
        self.note(complete=False)

    def begin_slice(self, part: Slice, cursor: str) -> None:
        """Keep the cursor that a slice starts with."""
        self._refuse_if_removed()
        private_directory(self._pages)
        write_json(self._start(part.number), sealed({"slice": part.number, "cursor": cursor}))

    def page(self, part: Slice, page: Page) -> None:
        """Keep a page."""
        self._refuse_if_removed()
        private_directory(self._pages)
        if part.pages == 0:
            self._forget(part.number)  # an older walk's pages must not seem to follow this one
        path = self._file(part.number, part.pages)
        with replacing(path) as file:
            page_file.write(file, page, path.name)

    def restart(self, part: Slice) -> None:
        """Forget the walk of a slice."""
        self._start(part.number).unlink(missing_ok=True)
        self._forget(part.number)

    def _forget(self, number: int) -> None:
        """Forget the pages of a slice, the last one first: what is left is always a beginning."""
        for path in reversed(self._files(number)):
            path.unlink()

    def slices(self) -> list[Slice]:
        """Say how far each slice has come."""
        return [self._slice(number, files) for number, files in enumerate(self._files_of_slices())]

    def slice(self, number: int) -> Slice:
        """Say how far a slice has come, and forget files that are no part of that."""
        return self._slice(number, self._files(number))

    def _slice(self, number: int, files: Sequence[Path]) -> Slice:
        part = self._standing(number, files)
        for path in reversed(files[part.pages :]):
            path.unlink()
        return part

    def _standing(self, number: int, files: Sequence[Path]) -> Slice:
        """Say how far a slice has come: the pages from the first to the last that can be read."""
        part = Slice(number, self.manifest["slices"][number])
        with contextlib.suppress(OSError, ValueError, KeyError):  # it is not there, or was edited
            begun = unsealed(self._start(number).read_bytes())
            if begun["slice"] == number:
                part.begin(begun["cursor"])
        for path in files:
            if part.done or path != self._file(number, part.pages):
                break
            try:
                with _legible(self.whose):
                    cursor, rows = page_file.outline(path)
            except page_file.Damaged:
                break
            part.lost |= cursor is not None and fingerprint(cursor) in part.seen  # it would go round
            part.advance(rows, cursor)
        return part

    def ordered(self) -> Iterator[Page]:
        """Read the pages, in slice and page order."""
        for path in self.files():
            try:
                with _legible(self.whose):
                    page = page_file.read(path)
                yield page
            except page_file.Damaged:
                raise ClevertapError(
                    f"{path.name} in {str(self.whose)!r} is damaged. Run the download again: it "
                    "reads the missing part again."
                ) from None

    def files(self) -> list[Path]:
        """List the files of the pages, in slice and page order."""
        return list(itertools.chain.from_iterable(self._files_of_slices()))

    def remove(self) -> None:
        """Take everything away, the manifest last but the lock."""
        shutil.rmtree(self._pages, ignore_errors=True)
        (self.directory / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(self.directory, ignore_errors=True)
        settle(self.directory.parent)

    @property
    def _pages(self) -> Path:
        return self.directory / PAGES

    def _save(self) -> None:
        write_json(self.directory / MANIFEST, sealed(self.manifest))

    def _start(self, part: int) -> Path:
        return self._pages / f"{part:03}.start"

    def _file(self, part: int, page: int) -> Path:
        return self._pages / f"{part:03}-{page:07}.arrow"

    def _files(self, part: int) -> list[Path]:
        return sorted(self._pages.glob(f"{part:03}-*.arrow"))

    def _files_of_slices(self) -> list[list[Path]]:
        """List the files of every slice, in order; one look at a directory that may hold many thousands."""
        found: dict[str, list[Path]] = {}
        for path in sorted(self._pages.glob("*-*.arrow")):
            found.setdefault(path.name.partition("-")[0], []).append(path)
        return [found.get(f"{part:03}", []) for part in range(len(self.manifest.get("slices", ())))]


def holds_download(directory: Path) -> bool:
    """Whether a directory is that of a download, whole or not, and so no place for a checkpoint."""
    return os.path.exists(directory / DATASET) or Store(directory / UNFINISHED).there  # noqa: PTH110  (as there)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


@contextlib.contextmanager
def _legible(whose: Path) -> Iterator[None]:
    """Say of a directory that cannot be read why that is."""
    try:
        yield
    except OSError as error:
        raise ClevertapError(f"{str(whose)!r} cannot be read: {error.strerror}.") from None


def _read_manifest(path: Path, whose: Path) -> tuple[dict[str, Any], Belonging]:
    """Read a manifest of this package, and what its download belongs to."""
    try:
        with _legible(whose):
            manifest = unsealed(path.read_bytes())
        if manifest["format"] == FORMAT:
            return manifest, Belonging.read(manifest["belongs"])
    except (ValueError, KeyError):
        pass
    raise ClevertapError(
        f"{str(whose)!r} holds a manifest that this version of ct_pandas does not know, or that was "
        "edited. Give another directory."
    )
