"""Files that only their owner can read, each whole or not there, and a lock that dies with its process."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

from ct_pandas._shown import shown
from ct_pandas.errors import ArgumentError, ClevertapError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows: two processes at work in one directory are not noticed there
    fcntl = None

OWNER_READS_AND_WRITES, OWNER_ENTERS = 0o600, 0o700
UNFINISHED = ".tmp"
DIGEST = 64  # bytes; as many as Arrow likes its data aligned to
_SEAL = "digest"


class InUse(ClevertapError):  # noqa: N818  (the name says what is wrong)
    """Somebody else is at work here."""


def directory_named(given: Any, name: str = "directory") -> Path:
    """Return the directory that a caller names."""
    return path_named(given, name, "a directory")


def path_named(given: Any, name: str, what: str) -> Path:
    """Return the path that a caller names, wherever the process goes later; an empty name is none."""
    path = os.fspath(given) if isinstance(given, str | os.PathLike) else None
    try:
        if isinstance(path, str) and path and "\0" not in path:
            return Path(path).expanduser().absolute()
    except RuntimeError:
        pass  # "~somebody", whom nobody knows here
    except FileNotFoundError:
        raise ClevertapError(
            f"{name}={shown(given)} cannot be found: the folder that this process works in is gone. "
            "Give a whole path, or os.chdir() to a folder that is there."
        ) from None
    raise ArgumentError(f"{name}={shown(given)} is not the path of {what}.")


def private_directory(path: Path) -> None:
    """Make a directory, or take an empty one, that nobody else can enter; others stay as they are."""
    with _usable(path):
        path.mkdir(mode=OWNER_ENTERS, parents=True, exist_ok=True)
        if not any(path.iterdir()):
            with contextlib.suppress(PermissionError):  # somebody else's, who lets us in
                path.chmod(OWNER_ENTERS)


@contextlib.contextmanager
def _usable(path: Path) -> Iterator[None]:
    """Say of a directory that cannot be worked in why that is."""
    try:
        yield
    except OSError as error:
        raise ClevertapError(f"{str(path)!r} cannot be used as a directory: {error.strerror}.") from None


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write a file beside its place and rename it there once it is whole and on the disk."""
    unfinished = _beside(path)
    try:
        with open(_descriptor(unfinished), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    settle(path.parent)


def check_place(path: Path) -> None:
    """Raise what ``replacing`` would, where nothing can be written here."""
    unfinished = _beside(path)
    os.close(_descriptor(unfinished))
    unfinished.unlink()


def _beside(path: Path) -> Path:
    """Return where a file is written that is not whole yet; nothing stands there."""
    unfinished = path.with_name(f".{path.name}{UNFINISHED}")
    unfinished.unlink(missing_ok=True)  # of a run that was killed, or somebody's trap
    return unfinished


def _descriptor(path: Path) -> int:
    binary = getattr(os, "O_BINARY", 0)  # Windows would change line ends
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | binary, OWNER_READS_AND_WRITES)


def settle(directory: Path) -> None:
    """Have the names in a directory on the disk too, where the system knows how."""
    if fcntl is None:
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: Path, value: Any) -> None:
    """Write a small file of JSON."""
    with replacing(path) as file:
        file.write(json.dumps(value, indent=1, ensure_ascii=False).encode())


def digest(body: Any) -> bytes:
    """Give the bytes that only this content has."""
    return hashlib.blake2b(body, digest_size=DIGEST).digest()


def sealed(value: Mapping[str, Any]) -> dict[str, Any]:
    """Give what becomes JSON with a digest, by which a change of any byte is known."""
    return {**value, _SEAL: digest(json.dumps(value, sort_keys=True).encode()).hex()}


def unsealed(text: bytes) -> dict[str, Any]:
    """Read what was sealed; raises ``ValueError`` where it is not as it was written."""
    with contextlib.suppress(TypeError, RecursionError):  # no object, or none that ends
        found = dict(json.loads(text))
        value = {name: each for name, each in found.items() if name != _SEAL}
        if sealed(value) == found:
            return value
    raise ValueError("not as it was written")


class Lock:
    """A file that one process at a time holds. The system lets go of it when that process ends, however.

    It is a file object, no bare descriptor, so that one which an interrupt leaves without a name is closed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = open(path, "r+b", buffering=0, opener=_opened)  # noqa: SIM115  (closed by ``release``)

    @property
    def is_there(self) -> bool:
        """Whether the file still stands where others look for it."""
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), self.path.stat())
        except OSError:
            return False

    def take(self, whose: Path) -> bool:
        """Hold it, or say who does; false where its last holder took it away meanwhile."""
        descriptor = self._file.fileno()
        try:
            if fcntl is not None:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not self.is_there:
                return False
            _sign(descriptor)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode() or "?"
            raise InUse(
                f"Process {holder} is already using {str(whose)!r}. Wait until it has ended, or "
                "give another directory."
            ) from None
        except OSError:
            pass  # a file system without locks
        return True

    def release(self) -> None:
        """Let go of it, also on behalf of processes that were forked meanwhile and have it open, too."""
        with contextlib.suppress(OSError, ValueError):
            if fcntl is not None:
                fcntl.flock(self._file.fileno(), fcntl.LOCK_UN)
        self._file.close()


def _opened(path: str, _flags: int) -> int:
    follow_no_link = getattr(os, "O_NOFOLLOW", 0)
    return os.open(path, os.O_RDWR | os.O_CREAT | follow_no_link, OWNER_READS_AND_WRITES)


@contextlib.contextmanager
def locked(path: Path, whose: Path) -> Iterator[Lock]:
    """Hold a lock, or say who does."""
    held: list[Lock] = []
    try:
        with _usable(whose):
            while True:
                held.append(Lock(path))
                if held[-1].take(whose):
                    break
                held.pop().release()
        yield held[-1]
    finally:
        for lock in held:
            lock.release()


def _sign(descriptor: int) -> None:
    """Say in a lock whose it is; a file of somebody else's that has its name stays as it is."""
    said = os.read(descriptor, 20)
    if not said.strip() or said.isdigit():
        os.truncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, str(os.getpid()).encode())
