"""``python -m ct_pandas.sandbox``: serve one account until Ctrl-C."""

from __future__ import annotations

import argparse
import inspect
import re
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from typing import Any, Final

from ct_pandas.sandbox.server import SandboxServer
from ct_pandas.sandbox.switches import CHOICES, Switches

_LOOK: Final = 0.2


def main(arguments: Sequence[str] | None = None, stop: threading.Event | None = None) -> int:
    """Serve until interrupted.

    Parameters
    ----------
    arguments
        The command line; `sys.argv` if left out.
    stop
        Ends serving when set.
    """
    parser = _parser()
    asked = vars(parser.parse_args(arguments))
    stop = stop or threading.Event()
    signals: list[int] = []
    with _listening(signals), _started(parser, asked) as server:
        sys.stdout.write(_told(server))
        sys.stdout.flush()
        while not (signals or stop.wait(_LOOK)):
            pass
    return 0


def _started(parser: argparse.ArgumentParser, asked: dict[str, Any]) -> SandboxServer:
    """Start the server; what cannot be done is said in one line."""
    try:
        return SandboxServer(**asked).start()
    except (ValueError, OSError) as error:
        parser.error(str(error))


@contextmanager
def _listening(signals: list[int]) -> Iterator[None]:
    """Collect Ctrl-C and requests to end; a handler that took a lock could wait for itself."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, lambda number, _frame: signals.append(number)) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def _told(server: SandboxServer) -> str:
    people = len(server.world.people)
    return (
        f"# {people:,} people, {server.world.first_day} to {server.world.last_day}. Ctrl-C stops it.\n"
        f"export CLEVERTAP_BASE_URL={server.url}\n"
        f"export CLEVERTAP_ACCOUNT_ID={server.account_id}\n"
        f"export CLEVERTAP_PASSCODE={server.passcode}\n"
        f"export CLEVERTAP_TIMEZONE={server.timezone}\n"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ct_pandas.sandbox",
        description="Serve an embedded CleverTap account on loopback.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--users", type=int, default=2000, help="people to draw")
    parser.add_argument("--seed", type=int, default=0, help="equal seeds give equal worlds")
    parser.add_argument("--timezone", default="Asia/Kolkata", help="the project's time zone")
    parser.add_argument("--passcode", default=None, help="drawn anew unless given")
    meanings = _meanings()
    for one in fields(Switches):
        option = {"help": meanings.get(one.name, "switch"), **_option(one.name, one.default)}
        parser.add_argument(f"--{one.name.replace('_', '-')}", **option)
    return parser


def _meanings() -> dict[str, str]:
    """Read what each switch means from the documentation of `Switches`."""
    found = re.findall(r"^(\w[\w, ]*)\n((?: {4}.*\n?)+)", inspect.getdoc(Switches) or "", re.MULTILINE)
    return {name: " ".join(text.split()) for names, text in found for name in names.split(", ")}


def _option(name: str, default: Any) -> dict[str, Any]:
    """Say how a switch is written on the command line."""
    option: dict[str, Any] = {"default": default}
    if isinstance(default, bool):
        return {**option, "action": argparse.BooleanOptionalAction}
    if isinstance(default, tuple):
        return {**option, "nargs": "*"}
    if name in CHOICES:
        return {**option, "choices": CHOICES[name]}
    whole = isinstance(default, int) or name.endswith("_in_flight")
    return {**option, "type": int if whole else float}


if __name__ == "__main__":
    raise SystemExit(main())
