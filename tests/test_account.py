"""Rules of accounts: where the credentials come from, and that the passcode is never shown."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest

import ct_pandas as ct


def test_what_is_left_out_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No passcode has to stand in a notebook."""
    monkeypatch.setenv("CLEVERTAP_ACCOUNT_ID", "ENV-1")
    monkeypatch.setenv("CLEVERTAP_PASSCODE", "p")
    monkeypatch.setenv("CLEVERTAP_REGION", "sg1")
    monkeypatch.setenv("CLEVERTAP_TIMEZONE", "Asia/Singapore")
    account = ct.connect()
    assert (account.account_id, account.region, account.timezone) == ("ENV-1", "sg1", "Asia/Singapore")
    assert account.host == "https://sg1.api.clevertap.com"


@pytest.mark.parametrize(
    ("region", "host"),
    [
        (None, "https://api.clevertap.com"),
        ("eu", "https://api.clevertap.com"),
        ("eu1", "https://eu1.api.clevertap.com"),
        ("IN1", "https://in1.api.clevertap.com"),
        ("in", "https://in1.api.clevertap.com"),
        ("mec1", "https://mec1.api.clevertap.com"),
    ],
)
def test_regions_have_hosts(region: str | None, host: str) -> None:
    """A region is the host's prefix; Europe is the default and has none."""
    assert ct.Account("a", "b", region=region).host == host


def test_an_unknown_region_is_named_with_its_neighbour() -> None:
    """A typo would otherwise look like a wrong passcode."""
    with pytest.raises(ct.CredentialsError, match="Did you mean 'in1'"):
        ct.Account("ABC-123-4567", "secret", region="in2")
    with pytest.raises(ct.CredentialsError, match="Did you mean 'us1'"):
        ct.Account("a", "b", region="us11")


@pytest.mark.parametrize("timezone", ["Asia/Calcuta", "IST+5", "../etc/passwd"])
def test_an_unknown_time_zone_is_refused(timezone: str) -> None:
    """A wrong zone would shift every event."""
    with pytest.raises(ct.ClevertapError, match="IANA"):
        ct.Account("a", "b", timezone=timezone)


def test_an_abbreviated_time_zone_is_not_guessed_at() -> None:
    """Several zones are called IST; a place that is nearly right is proposed."""
    with pytest.raises(ct.ClevertapError, match=r"name\. Such a name looks like 'Asia/Kolkata'\.$"):
        ct.Account("a", "b", timezone="IST")
    with pytest.raises(ct.ClevertapError, match="Did you mean 'Asia/Calcutta'"):
        ct.Account("a", "b", timezone="Asia/Calcuta")


@pytest.mark.parametrize("passcode", ["", "  ", None, "line\nbreak"])
def test_a_missing_or_broken_passcode_is_refused_unshown(passcode: str | None) -> None:
    """A copy that went wrong is refused before any request."""
    with pytest.raises(ct.CredentialsError) as caught:
        ct.Account("a", passcode)  # type: ignore[arg-type]
    assert "line" not in str(caught.value)


def test_limits_by_name() -> None:
    """Both sets of documented numbers have a name; a typo is refused."""
    assert ct.Account("a", "b", limits="current").limits is ct.Limits.CURRENT
    assert ct.connect("a", "b").limits is ct.Limits.DOCUMENTED
    with pytest.raises(ct.ClevertapError, match='"documented"'):
        ct.Account("a", "b", limits="newest")


@pytest.mark.parametrize(
    ("name", "value"),
    [("key_unit", "char"), ("value_bytes", "512"), ("upload_records", 2.5), ("token_records", None)],
)
def test_limits_are_whole_numbers(name: str, value: object) -> None:
    """A unit that is none would measure keys in bytes, in silence."""
    with pytest.raises(ct.ClevertapError, match=f"{name} is {value!r}"):
        dataclasses.replace(ct.Limits.CURRENT, **{name: value})  # type: ignore[arg-type]


def test_limits_of_numpy_are_whole_numbers_too() -> None:
    """As batch_size= and max_rows= are: the largest call of a table of calls, say."""
    limits = dataclasses.replace(ct.Limits.CURRENT, upload_records=np.int64(250), token_records=np.array(9))
    assert hash(limits) == hash(dataclasses.replace(limits))
    assert limits.token_records == 9
    assert limits.upload_records == 250


@pytest.mark.parametrize("value", [123456, b"secret-9", ["secret-9"]], ids=str)
def test_credentials_are_text(value: object) -> None:
    """A passcode of digits without its quotes is not "missing"; and it is not shown either."""
    for account_id, passcode in ((value, "b"), ("a", value)):
        with pytest.raises(ct.CredentialsError, match="must be text: write it in quotes") as caught:
            ct.connect(account_id, passcode)  # type: ignore[arg-type]
        assert "123456" not in str(caught.value)
        assert "secret-9" not in str(caught.value)


@pytest.mark.parametrize("name", ["account_id", "passcode", "region", "base_url", "timezone"])
@pytest.mark.parametrize("value", [0, [], pd.Series(["a", "b"]), pd.NA], ids=str)
def test_what_is_no_text_is_neither_left_out_nor_compared(name: str, value: object) -> None:
    """Only what is missing or empty comes from the environment."""
    with pytest.raises(ct.ClevertapError):
        ct.connect(**{"account_id": "a", "passcode": "b", name: value})  # type: ignore[arg-type]


def test_a_region_that_is_not_known_says_where_to_look() -> None:
    """Nobody knows the code of a region by heart; the dashboard's address has it."""
    with pytest.raises(ct.CredentialsError, match=r"in1\.dashboard\.clevertap\.com is 'in1'"):
        ct.connect("a", "b", region="india")


def test_accounts_are_values() -> None:
    """Equal accounts hash alike and survive pickling; a frozen value cannot be changed."""
    account = ct.Account("a", "b", region="us1", max_wait=5)
    assert {account: 1}[pickle.loads(pickle.dumps(account))] == 1
    with pytest.raises(AttributeError):
        account.region = "in1"  # type: ignore[misc]


@pytest.mark.parametrize("max_wait", [0, -1, float("inf"), "900"])
def test_max_wait_is_a_number_of_seconds(max_wait: object) -> None:
    """A wait without an end is not offered."""
    with pytest.raises(ct.ClevertapError, match="max_wait"):
        ct.Account("a", "b", max_wait=max_wait)  # type: ignore[arg-type]


def test_one_address_is_one_account() -> None:
    """However a host is written, its requests go through one gate and its checkpoints are one account's."""
    hosts = ("API.Example.com", "api.example.com", "api.example.com:443", "api.example.com:")
    accounts = {ct.Account("A-1", "p", base_url=f"https://{host}/") for host in hosts}
    assert [account.host for account in accounts] == ["https://api.example.com"]
    ports = {ct.Account("A-1", "p", base_url=f"http://127.0.0.1{port}").host for port in (":80", ":0080", "")}
    assert ports == {"http://127.0.0.1"}
    assert ct.Account("A-1", "p", base_url="http://[::1]:8080/v2/").host == "http://[::1]:8080/v2"


@pytest.mark.parametrize(
    "base_url",
    [
        "http://127.0.0.1:abc", "http://127.0.0.1:99999", "http://127.0.0.1:0", "https://ex ample.com",
        "https://a..b", "http://[::1", "http://[bad]", "http://evil\u2100.com", "https://:pw@host",
        "http://[::1].example.com", "http://[::1]example.com", "http://[::1%example.com]",
        "https://example.com\\.api.clevertap.com", "https://*", "https://a,b", "https://a\x00b",
        "https://host/a b", "https://host/\u00e9", "https://host/a\\b",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_told_at_once(base_url: str) -> None:
    """Before any request, and without what may be a secret in it."""
    with pytest.raises(ct.CredentialsError, match="must look like") as caught:
        ct.Account("A-1", "p", base_url=base_url)
    assert "pw@" not in str(caught.value)


def test_an_address_beside_a_region_is_shown() -> None:
    """What is asked is the address; a face that named the region alone would name another host."""
    account = ct.Account("A-1", "p", region="in1", base_url="https://proxy.example.com")
    assert account.host == "https://proxy.example.com"
    assert repr(account) == "Account('A-1', region='in1', base_url='https://proxy.example.com')"


@pytest.mark.parametrize(
    "host",
    [
        "in1.dashboard.clevertap.com/ABC-123-4567/board",
        "Dashboard.CleverTap.com",
        "in1.dashboard.clevertap.com.",
    ],
)
def test_the_address_of_a_dashboard_is_told_from_that_of_the_api(host: str) -> None:
    """It is the address that people see, and would be given the passcode with every request."""
    with pytest.raises(ct.CredentialsError, match="address of a dashboard"):
        ct.Account("A-1", "p", base_url=f"https://{host}")
