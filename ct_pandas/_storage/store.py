"""A download kept on disk while it arrives: a file for each page, and a manifest, each renamed into place.

A page and the cursor that follows it are one file, so that neither is ever there without the other. How far
a download has come is what files there are: whoever is killed loses at most the page on its way.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from ct_pandas._decode.decoder import Page
from ct_pandas._paging.plan import Slice, fingerprint
from ct_pandas._storage.belonging import Belonging
from ct_pandas._storage.files import locked, private_directory, replacing, settle, write_json
from ct_pandas.errors import ClevertapError

FORMAT = 1  # of the files in a store; another one is not read
MANIFEST, LOCK, PAGES = "manifest.json", "lock", "pages"


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

    @property
    def there(self) -> bool:
        """Whether anything is stored."""
        return (self.directory / MANIFEST).exists()

    @property
    def finished(self) -> bool:
        """Whether there is nothing more to ask for."""
        return "finished_at" in self.manifest

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only one at work here."""
        private_directory(self.whose)
        private_directory(self.directory)
        with locked(self.directory / LOCK, self.whose):
            yield

    def open(self) -> Belonging:
        """Read the manifest; say what the download belongs to."""
        self.manifest = read_manifest(self.directory / MANIFEST, self.whose)
        return Belonging.read(self.manifest["belongs"])

    def begin(self, belongs: Belonging, slices: Sequence[Mapping[str, Any]], **more: Any) -> None:
        """Write the manifest of a new download; pages without a manifest belong to none."""
        shutil.rmtree(self._pages, ignore_errors=True)
        private_directory(self._pages)
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
        pages = [found for path in self.files() if (found := _envelope(path)) is not None]
        expected = self.manifest.get("expected")
        return {
            "query": dict(belongs.query),
            "kind": "events" if belongs.rows == "event" else "people",
            "rows": sum(rows for rows, _ in pages),
            "pages": len(pages),
            "complete": False,
            **({} if expected is None else {"expected": expected}),
            "downloaded_at": self.manifest.get("finished_at", self.manifest["begun_at"]),
            "account": belongs.account_id,
            "region": self.manifest["region"],
        }

    def finish(self, **facts: Any) -> None:
        """Say that there is nothing more to ask for."""
        self.note(**facts, finished_at=_now())

    def page(self, part: Slice, body: bytes, page: Page, cursor: str | None) -> None:  # noqa: ARG002
        """Keep a page. The cursor that follows it stands in its envelope."""
        table = page.to_table()
        sink = pa.BufferOutputStream()
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.ipc.new_file(sink, table.schema, options=options) as writer:
            writer.write_table(table)
        private_directory(self._pages)
        if part.pages == 0:
            self.restart(part)  # an older walk's pages must not seem to follow this one
        with replacing(self._file(part.number, part.pages)) as file:
            file.write(sink.getvalue())

    def restart(self, part: Slice) -> None:
        """Forget the pages of a slice, the last one first: what is left is always a beginning."""
        for path in reversed(self._files(part.number)):
            path.unlink()

    def slices(self) -> list[Slice]:
        """Say how far each slice has come."""
        return [self.slice(number) for number in range(len(self.manifest["slices"]))]

    def slice(self, number: int) -> Slice:
        """Say how far a slice has come: the pages from the first to the last that can be read."""
        part = Slice(number, self.manifest["slices"][number])
        for path in self._files(number):
            found = _envelope(path) if path == self._file(number, part.pages) else None
            if found is None or part.done:
                path.unlink()
            else:
                part.lost |= found[1] is not None and fingerprint(found[1]) in part.seen  # it would go round
                part.advance(*found)
        return part

    def ordered(self) -> Iterator[Page]:
        """Read the pages, in slice and page order."""
        for path in self.files():
            with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as reader:
                yield Page.from_table(reader.read_all())

    def files(self) -> list[Path]:
        """List the files of the pages, in slice and page order."""
        return [
            path for number in range(len(self.manifest.get("slices", ()))) for path in self._files(number)
        ]

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
        write_json(self.directory / MANIFEST, self.manifest)

    def _file(self, part: int, page: int) -> Path:
        return self._pages / f"{part:03}-{page:07}.arrow"

    def _files(self, part: int) -> list[Path]:
        return sorted(self._pages.glob(f"{part:03}-*.arrow"))


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def _envelope(path: Path) -> tuple[int, str | None] | None:
    """Return a page's rows and the cursor that follows it; ``None`` where the file is no page."""
    try:
        with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as reader:
            note = reader.schema.metadata
            page = Page(json.loads(note[b"envelope"]), int(note[b"rows"]))
    except (OSError, pa.ArrowException, ValueError, KeyError):
        return None
    return page.rows, page.next_cursor


def read_manifest(path: Path, whose: Path) -> dict[str, Any]:
    """Read a manifest of this package."""
    try:
        manifest = json.loads(path.read_bytes())
        known = manifest["format"] == FORMAT
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise ClevertapError(
            f"{str(whose)!r} holds a manifest that this version of ct_pandas does not know. Give another "
            "directory."
        )
    return dict(manifest)
