"""What never leaves: the passcode, ids in messages and logs, a connection that is not verified."""

from __future__ import annotations

import gzip
import io
import json
import logging
import os
import pickle
import socket
import ssl
import stat
import threading
import time
import traceback
import urllib.parse
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import trustme
import urllib3.connection

import ct_pandas as ct
from ct_pandas import _wire, errors
from ct_pandas._transport import sending
from ct_pandas.sandbox import Fault

from rawserver import RawServer, http
from scripted import Answer, Scripted

DAYS = ("2025-10-01", "2025-10-31")
FINE = json.dumps({"status": "success", "records": []}).encode()
EVIL = "<img src=x onerror=alert(1)>"
ODD = "p&\"a<s>s'c/o+d\\e%"


def read(account: ct.Account, **options: Any) -> pd.DataFrame:
    """Read something."""
    options = {"progress": False} | options
    return ct.read_clevertap_events("Charged", *DAYS, account=account, **options)


def everything_said(error: BaseException | None) -> str:
    """Return all that a traceback, a log or a debugger could show of an error and of those behind it."""
    told = []
    while error is not None:
        told += ["".join(traceback.format_exception(error)), repr(error), repr(error.args), repr(vars(error))]
        error = error.__cause__ or error.__context__
    return "\n".join(told)


def locals_of(error: BaseException) -> str:
    """Return what a traceback that prints local variables shows of the package's own functions."""
    home = Path(str(ct.__file__)).parent
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return repr([f.f_locals for f in frames if Path(f.f_code.co_filename).is_relative_to(home)])


ECHOES = [
    lambda secret: secret,
    lambda secret: urllib.parse.quote(secret, safe=""),
    urllib.parse.quote,
    lambda secret: urllib.parse.quote(secret, safe="").lower(),
    escape,
    lambda secret: escape(secret, quote=False),
    lambda secret: json.dumps(secret)[1:-1].replace("/", "\\/"),
    lambda secret: "".join(f"&#{ord(letter)};" for letter in secret),
    str.upper,
    lambda secret: json.dumps(secret)[1:-1],
    lambda secret: f"{'x' * 290}{secret}{'y' * 50}",
]


@pytest.mark.parametrize("echo", range(len(ECHOES)))
@pytest.mark.parametrize("passcode", ["plain-CODE-1", ODD])
def test_no_echo_of_a_server_brings_the_passcode_into_an_error(
    scripted: Scripted, passcode: str, echo: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Plain, percent-encoded, in HTML, in JSON, cut: in a text, in a code, in each kind of refusal.

    Not even in the local variables that some tracebacks print.
    """
    said = ECHOES[echo](passcode)
    shown = {passcode, said, said[290:-50] or said}
    account = ct.Account("TEST-1", passcode, base_url=scripted.url, max_wait=0.2)
    frame = pd.DataFrame({"identity": ["a"], "x": [1]})
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for status in (200, 400, 401, 418, 429, 500, 302):
            body = {"status": "fail", "error": f"no: {said}", "code": f"E {said}"}
            scripted.answers = lambda _, body=body, status=status: Answer(body, status, {"X-Echo": "y"})
            for work in (
                lambda: read(account),
                lambda: ct.count_profiles("Charged", *DAYS, account=account),
                lambda: ct.read_profile(email="a@example.com", account=account, progress=False),
                lambda: frame.clevertap.upload(account=account, progress=False),
            ):
                try:
                    told = work()
                except (errors.ClevertapError, KeyboardInterrupt) as error:
                    told = everything_said(error) + locals_of(error)
                    told += repr(getattr(error, "report", ""))
                assert not any(one in str(told) for one in shown)
                if isinstance(told, ct.UploadReport):
                    faces = told.rows.to_string() + told.problems.to_string() + told._repr_html_()
                    assert not any(one in faces for one in shown)
                assert passcode not in caplog.text
    assert not any(passcode in str(one.message) for one in warned)


def test_a_name_that_was_perhaps_meant_is_scrubbed_too(scripted: Scripted) -> None:
    """A list of names is a server's words like any other."""
    account = ct.Account("TEST-1", "pass-CODE-1", base_url=scripted.url)
    scripted.answers = lambda seen: (
        {"status": "success", "events": [{"name": "Charged pass-CODE-1"}], "userProperties": []}
        if "getSchema" in seen.target
        else Answer({"status": "fail", "error": "Invalid event : x", "code": 400}, 400)
    )
    with pytest.raises(ct.QueryError, match=r"Did you mean 'Charged \*\*\*'") as caught:
        ct.read_clevertap_events("Charged pass-CODE-2", *DAYS, account=account, progress=False)
    assert "pass-CODE-1" not in everything_said(caught.value)


def test_words_of_a_server_neither_rule_a_terminal_nor_fill_it(scripted: Scripted) -> None:
    """A code may be words, and words may be long and hold what moves a cursor."""
    evil = "\x1b[2J\u202e" + "A" * 200_000 + "\nTraceback: forged"
    for body in ({"error": "x", "code": evil}, {"error": evil, "code": 9}):
        scripted.answers = lambda _, body=body: Answer({"status": "fail", **body}, 418)
        with pytest.raises(ct.ClevertapError) as caught:
            read(scripted.account(max_wait=0.2))
        assert len(str(caught.value)) < 1000
        assert len(str(caught.value.code)) < 100
        assert str(caught.value).isprintable()


def test_words_of_a_server_name_nobody(scripted: Scripted) -> None:
    """Whoever else they are about."""
    words = "bad profile for Jane@Example.com, +1 415-555-0199"
    scripted.answers = lambda _: Answer({"status": "fail", "error": words, "code": 9}, 400)
    with pytest.raises(ct.ClevertapError, match="bad profile for") as caught:
        read(scripted.account(max_wait=0.2))
    assert "jane" not in str(caught.value).lower()
    assert "0199" not in str(caught.value)


def test_an_answer_without_an_end_takes_no_memory(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packed, or longer than any page: it is given up, and not asked for again."""
    monkeypatch.setattr(sending, "MOST_BYTES", 1 << 20)
    packed = gzip.compress(b" " * (1 << 22))
    for body, headers in ((packed, {"Content-Encoding": "gzip"}), (b" " * (1 << 21), {})):
        scripted.seen.clear()
        scripted.answers = lambda _, body=body, headers=headers: Answer(body, 200, headers)
        with pytest.raises(ct.ClevertapError, match="larger than"):
            read(scripted.account())
        assert len(scripted.seen) == 1


def test_a_trap_in_a_directory_catches_nothing(tmp_path: Path, scripted: Scripted) -> None:
    """A file or a link where an unfinished one will stand is not written into."""
    directory, victim = tmp_path / "d", tmp_path / "victim"
    directory.mkdir()
    victim.write_text("precious")
    trap = directory / ".part-00000.parquet.tmp"
    trap.touch(0o666)
    (directory / "._manifest.parquet.tmp").symlink_to(victim)
    scripted.answers = lambda seen: (
        {"status": "success", "cursor": "c"}
        if seen.method == "POST" and "counts" not in seen.target
        else {"status": "success", "count": 1, "records": [{"identity": "a"}]}
    )
    with trap.open("rb") as spy:
        ct.download_clevertap_events(
            "Charged", *DAYS, directory=directory, account=scripted.account(), progress=False
        )
        assert spy.read() == b""
    assert victim.read_text() == "precious"
    assert not any(file.is_symlink() for file in directory.iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in directory.iterdir()} <= {0o600, 0o700}


def test_an_account_never_shows_its_passcode() -> None:
    """Not in any face, and not in that of what holds it."""
    account = ct.Account("TEST-1", "s3cret-CODE", region="in1")
    transport = sending.transport(account)
    faces = [
        repr(account),
        str(account),
        f"{account}",
        account._repr_html_(),
        repr(transport),
        repr(vars(transport)),
    ]
    faces += [
        repr([account]),
        repr({"a": account}),
        repr(transport._session.auth),
        str(transport._session.headers),
    ]
    assert "s3cret" not in "".join(faces)
    assert all("TEST-1" in face for face in faces[:4])
    sending.close(account)


def shows_a_passcode(error: BaseException) -> bool:
    """Tell whether a traceback with the value of every name, as of ``%xmode Verbose``, has a passcode."""
    told = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    return "s3cret-CODE" in told or "pass-CODE-1" in told


@pytest.mark.parametrize(
    "wrong",
    [{"region": "in7"}, {"region": "in1", "timezone": "Nowhere"}, {"base_url": "http://example.com"}, {}],
)
def test_no_traceback_shows_the_passcode_of_a_wrong_account(
    monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]
) -> None:
    """Verbose ones show the values of names, and are saved in notebooks."""
    monkeypatch.setenv("CLEVERTAP_ACCOUNT_ID", "TEST-1")
    monkeypatch.setenv("CLEVERTAP_PASSCODE", "s3cret-CODE" + "\N{ZERO WIDTH SPACE}" * (not wrong))
    with pytest.raises(errors.ClevertapError) as caught:
        ct.connect(**wrong)
    assert not shows_a_passcode(caught.value)
    with pytest.raises(errors.ClevertapError) as caught:
        ct.Account("TEST-1", os.environ["CLEVERTAP_PASSCODE"], **wrong)
    assert not shows_a_passcode(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: ct.Account("", "p"),
        lambda: ct.Query("Charged", "yesterday"),
        lambda: ct.Sandbox(user=5),
        lambda: ct.open_download("nowhere"),
        lambda: ct.open_download(5),  # type: ignore[arg-type]
        lambda: ct.QueryBuilder(5),  # type: ignore[arg-type]
        lambda: ct.Limits(upload_records=0),
        lambda: Fault("none"),
    ],
)
def test_a_traceback_shows_what_is_half_made(wrong: Callable[[], Any]) -> None:
    """A traceback with the value of every name tells what was wrong, not that it cannot be shown."""
    with pytest.raises(Exception) as caught:
        wrong()
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    assert str(caught.value) in "".join(told)


@pytest.mark.parametrize("odd", [RuntimeError("odd"), MemoryError()])
def test_no_traceback_of_an_odd_failure_shows_the_passcode(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, odd: Exception
) -> None:
    """What nobody expects is told with the names of the library's own lines, the headers among them."""

    def fail(*_: Any) -> Any:
        raise odd

    monkeypatch.setattr(urllib3.connection.HTTPConnection, "getresponse", fail)
    account = scripted.account()
    frame = pd.DataFrame({"identity": ["a"], "x": [1]})
    for work in (
        lambda: read(account),
        lambda: ct.count_profiles("A", 20251001, 20251002, account=account),
        lambda: ct.read_profile(identity="a", account=account, progress=False),
        lambda: frame.clevertap.upload(account=account, progress=False),
    ):
        with pytest.raises(Exception) as caught:
            work()
        assert not shows_a_passcode(caught.value)


def test_a_request_shows_neither_its_body_nor_an_answer_its_own() -> None:
    """Values of people stand in both."""
    assert "secret" not in repr(_wire.upload(b"secret"))
    assert "secret" not in repr(_wire.Reply(200, {"a": "secret"}, b"secret"))


def test_attrs_and_files_hold_no_passcode(tmp_path: Path, scripted: Scripted) -> None:
    """Neither a frame's notes, nor what is written of it, nor a checkpoint, a download or a backup."""
    with ct.Sandbox(users=40) as world:
        account, passcode = world.account, world.server.passcode
        frame = read(account, checkpoint=tmp_path / "kept", verify=True)
        assert passcode not in json.dumps(frame.attrs)
        frame[["identity", "email"]].to_parquet(tmp_path / "frame.parquet")
        ct.download_clevertap_events(
            "Charged", *DAYS, directory=tmp_path / "down", account=account, progress=False
        )
        world.server.order(Fault("login_refused", on="page", after=2))
        with pytest.raises(ct.DownloadError):
            ct.read_clevertap_events(
                "App Launched",
                "2025-07-01",
                "2025-12-31",
                rows="event",
                batch_size=23,
                checkpoint=tmp_path / "broken",
                progress=False,
                account=account,
            )
        mine = pd.DataFrame({"identity": frame["identity"].dropna()[:3], "Mark": "x"})
        mine.clevertap.upload(backup=tmp_path / "backup.parquet", account=account, progress=False)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 6
    for path in files:
        assert passcode.encode() not in path.read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_what_is_kept_is_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the umask: directories 0700, files 0600, the salt too."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    before = os.umask(0)
    try:
        with ct.Sandbox(users=40) as world:
            frame = read(world.account, checkpoint=tmp_path / "kept")
            ct.download_clevertap_events(
                "Charged", *DAYS, directory=tmp_path / "down", account=world.account, progress=False
            )
            mine = pd.DataFrame({"identity": frame["identity"].dropna()[:3], "Mark": "x"})
            mine.clevertap.upload(backup=tmp_path / "backup.parquet", account=world.account, progress=False)
        frame.clevertap.redact()
    finally:
        os.umask(before)
    found = list(tmp_path.rglob("*"))
    assert {"kept", "down", "config", "backup.parquet"} <= {
        path.relative_to(tmp_path).parts[0] for path in found
    }
    for path in found:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o077 == 0 or path == tmp_path / "config", f"{path} has mode {mode:o}"


def test_errors_of_other_processes_carry_no_passcode(scripted: Scripted) -> None:
    """An error or a report that is pickled, by a pool or a queue, keeps its rows and loses its account."""
    first = Answer({"status": "success", "records": [{"identity": "a"}], "next_cursor": "d"})
    scripted.answers = [{"status": "success", "cursor": "c"}, first, Answer({"status": "fail"}, 418)]
    with pytest.raises(ct.DownloadError) as caught:
        read(scripted.account())
    packed = pickle.dumps(caught.value)
    assert b"pass-CODE-1" not in packed
    again = pickle.loads(packed)
    assert (str(again), again.status) == (str(caught.value), 418)
    assert again.partial["identity"].tolist() == ["a"]
    with pytest.raises(ct.ClevertapError, match="another process"):
        again.resume()
    scripted.answers = [Answer({"status": "fail", "error": "no"}, 401)]
    with pytest.raises(ct.UploadError) as refused:
        pd.DataFrame({"identity": ["a"], "x": [1]}).clevertap.upload(
            account=scripted.account(), progress=False
        )
    packed = pickle.dumps(refused.value)
    assert b"pass-CODE-1" not in packed
    report = pickle.loads(packed).report
    assert report.counts["not_sent"] == 1
    with pytest.raises(ct.ClevertapError, match="process"):
        report.retry()


@pytest.mark.parametrize(
    "kind", [ct.DownloadInterrupted, ct.UploadInterrupted, ct.CursorError, ct.ValidationError]
)
def test_every_error_survives_a_pickle(kind: type[BaseException]) -> None:
    """Its text and its class."""
    again = pickle.loads(pickle.dumps(kind("what happened")))
    assert type(again) is kind
    assert str(again) == "what happened"


@pytest.mark.parametrize(
    "fault",
    [Answer(FINE, reset=True), Answer(FINE, cut=3), Answer(FINE, until=threading.Event()), Answer(b"x")],
)
def test_nothing_of_requests_stands_behind_an_error(scripted: Scripted, fault: Answer) -> None:
    """Not as a cause, not as a context, all the way down: its text holds the address, with ids."""
    scripted.answers = lambda _: fault
    account = scripted.account(max_wait=0.3)
    someone = "ja" + "ck@example.com"
    frame = pd.DataFrame({"identity": [someone], "x": [1]})
    for work in (
        lambda: read(account),
        lambda: ct.read_profile(email=someone, account=account, progress=False),
        lambda: frame.clevertap.upload(account=account, progress=False),
    ):
        with pytest.raises(errors.ClevertapError) as caught:
            work()
        said = everything_said(caught.value)
        assert "requests.exceptions" not in said
        assert "urllib3" not in said
        assert "HTTPConnection" not in said
        assert "jack" not in said
    if fault.until:
        fault.until.set()


PEOPLE = pd.DataFrame({"email": ["ana@example.com"], "identity": ["secret-id-1"]})


@pytest.mark.parametrize(
    "given", [PEOPLE, PEOPLE["email"], PEOPLE.to_dict("records")], ids=["df", "column", "list"]
)
def test_a_frame_in_the_wrong_place_shows_nobody(given: Any) -> None:
    """A typing error puts people where an option belongs; the message is kept in the notebook."""
    account = ct.connect("TEST-1", "none")
    event: dict[str, Any] = {"event": "A", "start": "2025-10", "account": account, "progress": False}
    options = ("start", "rows", "event_summary", "batch_size", "max_rows", "parallel", "checkpoint", "verify")
    works = [lambda name=name: ct.read_clevertap_events(**event | {name: given}) for name in options]
    upload, look = PEOPLE.clevertap.upload, PEOPLE.clevertap.preview
    works += [
        lambda name=name: upload(**{name: given}) for name in ("id_type", "dry_run", "invalid", "parallel")
    ]
    works += [lambda name=name: look(**{name: given}) for name in ("n", "check", "kind")]
    works += [
        lambda name=name: ct.connect("a", "b", **{name: given}) for name in ("region", "limits", "max_wait")
    ]
    works += [lambda: ct.open_download(given), lambda: ct.resume(given)]
    query = ct.Query("A", "2025-10-01", "2025-10-02")
    works += [lambda: ct.Query(given), lambda: query.did(given), lambda: query.in_region(given)]
    works += [lambda: query.did("B", "2025-10", count=given), lambda: query.where(given, "=", 1)]
    works += [lambda: query.where("Amount", given, 1), lambda: query.where("Amount", "=", [given])]
    works += [lambda: ct.read_clevertap_events(**event, where=given)]
    happened = PEOPLE.assign(ts=pd.Timestamp("2025-10-01"))
    words = ("freq", "periods", "kind", "first", "until")
    works += [lambda name=name: ct.retention(happened, **{name: given}) for name in words]
    for work in works:
        with pytest.raises((ValueError, ct.ClevertapError)) as caught:
            work()
        assert "ana@" not in str(caught.value)
        assert "secret-id" not in str(caught.value)


def test_a_column_in_place_of_its_name_shows_nobody() -> None:
    """``upload(df["email"])`` means the column; each of its values would be taken for the name of one."""
    for work in (PEOPLE.clevertap.upload, lambda column: PEOPLE.clevertap.redact("s", keep=column)):
        with pytest.raises(ct.ValidationError, match="takes a list of names") as caught:
            work(PEOPLE["email"])
        assert "ana@" not in str(caught.value)
    named = pd.Series(["email"])
    assert PEOPLE.clevertap.preview(columns=named).records[0]["profileData"] == {"Email": "ana@example.com"}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Return a certificate authority that nobody trusts."""
    return trustme.CA()


def context_of(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """Return a server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture
def refused(authority: trustme.CA) -> Iterator[RawServer]:
    """Serve TLS under a certificate that is not trusted."""
    with RawServer(lambda _: http(FINE), tls=context_of(authority, "127.0.0.1")) as server:
        yield server


def test_a_certificate_that_is_not_trusted_is_refused_at_once(refused: RawServer) -> None:
    """Not after fifteen minutes of retries, not for a write either; and nothing was sent."""
    account = refused.account(max_wait=900.0)
    started = time.monotonic()
    with pytest.raises(
        ct.DownloadError, match=r"certificate could not be verified.*REQUESTS_CA_BUNDLE"
    ) as caught:
        read(account)
    assert not caught.value.retryable
    with pytest.raises(ct.UploadError) as upload:
        pd.DataFrame({"identity": ["a"], "x": [1]}).clevertap.upload(account=account, progress=False)
    assert upload.value.report.counts["not_sent"] == 1
    assert time.monotonic() - started < 10
    assert not refused.seen


@pytest.mark.parametrize("variable", ["CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PYTHONHTTPSVERIFY"])
def test_no_variable_switches_the_check_off(
    refused: RawServer, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """An empty bundle, or what older tools knew, does not mean "do not verify"."""
    monkeypatch.setenv(variable, "0" if variable == "PYTHONHTTPSVERIFY" else "")
    with pytest.raises(ct.DownloadError, match="certificate"):
        read(refused.account())


def test_a_companys_own_authority_can_be_named(
    refused: RawServer, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """REQUESTS_CA_BUNDLE names it, as for every other tool."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    assert sending.transport(refused.account()).send(_wire.page("profile", "c")).status == 200


def test_no_answer_is_read_for_the_next_one(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two answers at once, the first ending where a read ends: TLS holds the other one out of sight."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "own.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "own.pem"))

    def named(who: str, filling: str = "") -> bytes:
        return http(json.dumps({"status": "success", "record": {"identity": who, "x": filling}}).encode())

    def twice(request: bytes) -> bytes:
        who = request.split(b" ")[1][-1:].decode()
        room = io.DEFAULT_BUFFER_SIZE - len(named(who)) - 2  # its length will have two more digits
        first = named(who, "x" * room)
        assert len(first) == io.DEFAULT_BUFFER_SIZE
        return first + named("somebody else")

    with RawServer(twice, tls=context_of(authority, "127.0.0.1")) as server:
        account = server.account(limits=replace(ct.Limits.DOCUMENTED, reads_in_flight=1))
        frame = ct.read_profile(identity=["a", "b", "c"], account=account, progress=False)
    assert list(frame["identity"]) == ["a", "b", "c"]


def test_an_authority_that_is_named_after_a_refusal_counts(
    refused: RawServer, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Who does what the message says in the same notebook need not restart it."""
    with pytest.raises(ct.DownloadError, match="REQUESTS_CA_BUNDLE") as caught:
        read(refused.account())
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with pytest.raises(ct.DownloadError, match="is not JSON"):
        caught.value.resume()  # what this server says is no cursor, but it is heard
    assert refused.seen


def test_a_certificate_of_another_name_is_refused(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Trusted, but somebody else's."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with RawServer(lambda _: http(FINE), tls=context_of(authority, "api.clevertap.com")) as server:
        with pytest.raises(ct.DownloadError, match="certificate"):
            read(server.account())
        assert not server.seen


def test_a_bundle_that_is_not_there_is_named(refused: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong path is an error of the path, not of the server."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with pytest.raises(ct.DownloadError, match="does not name a file of certificates"):
        read(refused.account(max_wait=900.0))


@pytest.mark.parametrize("form", ["binary", "cut", "empty"])
def test_a_bundle_in_another_form_is_named(
    refused: RawServer, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str
) -> None:
    """Such as the .cer file that Windows exports: waiting mends nothing, and nothing was sent."""
    text = authority.cert_pem.bytes()
    held = {"binary": ssl.PEM_cert_to_DER_cert(text.decode()), "cut": text[:200], "empty": b""}
    (tmp_path / "ca.pem").write_bytes(held[form])
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    account = refused.account(max_wait=900.0)
    with pytest.raises(ct.DownloadError, match="does not name a file of certificates") as caught:
        read(account)
    assert not caught.value.retryable
    with pytest.raises(ct.UploadError) as upload:
        pd.DataFrame({"identity": ["a"], "x": [1]}).clevertap.upload(account=account, progress=False)
    assert upload.value.report.counts["not_sent"] == 1


def test_a_server_without_tls_is_named() -> None:
    """https:// to a plain port cannot work later either."""
    with RawServer(lambda _: http(b"", "400 Bad Request"), eager=True) as server:
        account = ct.Account("A", "b", base_url=f"https://127.0.0.1:{server.port}", max_wait=900.0)
        with pytest.raises(ct.DownloadError, match="does not speak TLS"):
            read(account)
        sending.close(account)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated")
def test_a_server_with_an_old_tls_only_is_named(authority: trustme.CA) -> None:
    """Neither side changes its mind within fifteen minutes; and nothing was sent."""
    old = context_of(authority, "127.0.0.1")
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1
    with RawServer(lambda _: http(FINE), tls=old) as server:
        account = server.account(max_wait=900.0)
        with pytest.raises(ct.DownloadError, match="no TLS version or cipher in common"):
            read(account)
        with pytest.raises(ct.UploadError) as upload:
            pd.DataFrame({"identity": ["a"], "x": [1]}).clevertap.upload(account=account, progress=False)
        assert upload.value.report.counts["not_sent"] == 1
        assert not server.seen


def test_a_proxy_sees_no_passcode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a proxy of the environment goes a tunnel: the headers are inside."""
    with RawServer(lambda _: b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as proxy:
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        account = ct.Account("TEST-1", "pass-CODE-1", base_url="https://ct.invalid", max_wait=0.3)
        with pytest.raises(ct.DownloadError, match="proxy") as caught:
            read(account)
        sending.close(account)
        assert proxy.seen
        assert proxy.seen[0].startswith(b"CONNECT ct.invalid:443 ")
        assert b"pass-CODE-1" not in b"".join(proxy.seen)
        assert isinstance(caught.value, ct.ServerError)


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "403 Forbidden"])
def test_a_proxy_that_refuses_is_told_at_once(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    """It asks for a login or blocks the host: it was reached, and waiting mends neither."""
    with RawServer(lambda _: f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()) as proxy:
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        account = ct.Account("TEST-1", "pass-CODE-1", base_url="https://ct.invalid", max_wait=900.0)
        with pytest.raises(
            ct.DownloadError, match=rf"refused it \(HTTP {status[:3]}\).*HTTPS_PROXY"
        ) as caught:
            read(account)
        sending.close(account)
        assert not caught.value.retryable
        assert len(proxy.seen) == 1


@pytest.mark.parametrize("status", ["503 Service Unavailable", "429 Too Many Requests"])
def test_a_proxy_that_is_down_for_a_moment_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    """A gateway behind it may come back; it is not said that nobody was reached."""
    with RawServer(lambda _: f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()) as proxy:
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        account = ct.Account("TEST-1", "pass-CODE-1", base_url="https://ct.invalid", max_wait=2.0)
        with pytest.raises(ct.DownloadError, match=rf"refused it \(HTTP {status[:3]}\)") as caught:
            read(account)
        sending.close(account)
        assert caught.value.retryable
        assert len(proxy.seen) > 1


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"])
def test_loopback_goes_through_no_proxy(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whatever the environment says."""
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    scripted.answers = [FINE]
    assert sending.transport(scripted.account()).send(_wire.page("profile", "c")).status == 200


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://127.0.0.1@example.com",
        "http://user:word@127.0.0.1",
        "http://0.0.0.0:80",
        "http://2130706433",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "https://example.com?x=1",
        "example.com",
        "",
    ],
)
def test_an_address_that_would_show_the_passcode_is_refused(address: str) -> None:
    """Plain HTTP goes to this machine only, whatever an address looks like; no message repeats a password."""
    with pytest.raises(ct.CredentialsError, match="http://") as caught:
        ct.Account("a", "b", base_url=address)
    assert "word" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "http://127.9.9.9"]
)
def test_loopback_may_be_plain(address: str) -> None:
    """Every way to name this machine."""
    assert ct.Account("a", "b", base_url=address).place == "loopback"


@pytest.mark.parametrize("same", [True, False], ids=["the same host", "another host"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nothing_follows_a_redirect(scripted: Scripted, status: int, same: bool) -> None:
    """Neither a read nor a write, neither to another host nor to the same one."""
    with RawServer(lambda _: http(FINE)) as other:
        there = scripted.url if same else other.url
        scripted.answers = lambda _: Answer(b"", status, {"Location": f"{there}/1/upload"})
        account = scripted.account()
        for work in (
            lambda: read(account),
            lambda: ct.read_profile(identity="a", account=account, progress=False),
            lambda: pd.DataFrame({"identity": ["a"], "x": [1]}).clevertap.upload(
                account=account, progress=False
            ),
        ):
            with pytest.raises(errors.ClevertapError, match="redirect"):
                work()
        assert other.connections == 0
    assert len(scripted.seen) == 3


def test_what_a_server_says_is_text_in_every_face(scripted: Scripted, tmp_path: Path) -> None:
    """Names, codes, texts and values of a server or a frame are escaped before they are HTML."""
    code = {"status": "fail", "code": EVIL, "error": f"{EVIL} Skipped record number : 1", "record": {}}
    scripted.answers = [{"status": "partial", "processed": 0, "unprocessed": [code]}]
    account = ct.Account(EVIL.replace(" ", "_"), "b", base_url=scripted.url)
    frame = pd.DataFrame({"identity": [EVIL], EVIL: [EVIL]}, index=pd.Index([EVIL], name=EVIL))
    with pytest.warns(ct.UploadWarning):
        report = frame.clevertap.upload(account=account, progress=False, invalid="send")
    faces = [report._repr_html_(), account._repr_html_(), frame.clevertap.preview()._repr_html_()]
    faces.append(ct.Query(EVIL, *DAYS).where(EVIL, "=", EVIL)._repr_html_())
    sending.close(account)
    scripted.answers = [
        {"status": "success", "cursor": "c"},
        {"status": "success", "records": [{"identity": EVIL, EVIL: EVIL, "profileData": {EVIL: EVIL}}]},
    ]
    kept = ct.download_clevertap_events(
        EVIL, *DAYS, directory=tmp_path / "x", account=scripted.account(), progress=False
    )
    faces.append(kept._repr_html_())
    events = [{"name": EVIL, "eventProperties": [{"name": EVIL, "type": EVIL}]}]
    scripted.answers = [
        {"status": "success", "events": events},
        {"status": "success", "userProperties": [{"name": EVIL, "type": EVIL}]},
    ]
    faces.append(ct.schema(scripted.account())._repr_html_())
    for face in faces:
        assert "<img" not in face
        assert "mathjax_ignore" in face or face.startswith("<code>"), "dollars would be read as formulas"


def test_connecting_from_many_threads_leaves_one_account() -> None:
    """Whoever is last is the default, and nobody sees half of an account."""
    made: list[ct.Account] = []

    def connect(number: int) -> None:
        for _ in range(50):
            made.append(ct.connect(f"A-{number}", f"code-{number}", region="in1"))
            from ct_pandas import _account

            found = _account.resolve(None)
            assert found.passcode == f"code-{found.account_id[2:]}"

    threads = [threading.Thread(target=connect, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 300


def test_two_accounts_side_by_side_never_mix() -> None:
    """Each request goes out under its own account's name, whatever is read at the same time."""
    frames: dict[str, list[pd.DataFrame]] = {"one": [], "two": []}
    with (
        ct.Sandbox(users=60, seed=1, account_id="one") as first,
        ct.Sandbox(users=60, seed=2, account_id="two") as second,
    ):

        def work(name: str, account: ct.Account) -> None:
            for _ in range(3):
                frames[name].append(read(account, batch_size=23, parallel=3))

        threads = [
            threading.Thread(target=work, args=(name, box.account))
            for name, box in (("one", first), ("two", second)) * 2
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for box in (first, second):
            assert {seen.headers["x-clevertap-account-id"] for seen in box.server.requests} == {
                box.server.account_id
            }
            assert all(seen.status == 200 for seen in box.server.requests)
    for name, found in frames.items():
        assert len(found) == 6
        assert {frame.attrs["clevertap"]["account"] for frame in found} == {name}
        assert len({tuple(sorted(frame["objectId"].dropna())) for frame in found}) == 1


def test_no_socket_stays_open(scripted: Scripted) -> None:
    """After a success, an error and a close there is nothing left to warn of."""
    scripted.answers = lambda seen: (
        {"status": "success", "cursor": "c"}
        if seen.method == "POST"
        else {"status": "success", "records": [{"a": 1}]}
    )
    account = scripted.account()
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        read(account)
        scripted.answers = lambda _: Answer(b"", 418)
        with pytest.raises(ct.DownloadError):
            read(account)
        sending.close(account)
        import gc

        gc.collect()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", 9), timeout=1)
