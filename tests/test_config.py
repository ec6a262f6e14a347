from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.config import Settings, checked_address, load_settings
from pipeline.errors import ConfigError
from tests.delivery import _clean_environment, everything_said  # noqa: F401 - an autouse fixture

KEY = "k3y-that-nobody-may-see"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://acme.leadbyte.com", "https://acme.leadbyte.com"),
        ("https://acme.leadbyte.co.uk/", "https://acme.leadbyte.co.uk"),
        (" https://acme.leadbyte.com:8443 ", "https://acme.leadbyte.com:8443"),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:1/", "http://[::1]:1"),
    ],
)
def test_leads_go_over_https_or_to_this_machine(url: str, address: str) -> None:
    assert checked_address(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "https://Acme.LeadByte.com",
        "HTTPS://acme.leadbyte.com/",
        "https://acme.leadbyte.com.",
        "https://acme.leadbyte.com./",
        "https://acme.leadbyte.com:443",
        "https://acme.leadbyte.com:0443/",
        "https://acme.leadbyte.com:",
        "https://ACME.leadbyte.com.:443//",
    ],
)
def test_an_account_is_one_however_it_is_spelt(url: str) -> None:
    """Its journal and its locks know an account by the address: two spellings would send everybody twice."""
    assert Settings(base_url=url).address() == "https://acme.leadbyte.com"
    assert Settings(account="Acme", domain="LeadByte.com.").address() == "https://acme.leadbyte.com"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://localhost:80", "http://localhost"),
        ("http://LOCALHOST.:443", "http://localhost:443"),
        ("https://acme.leadbyte.com:80", "https://acme.leadbyte.com:80"),
        ("http://[::1]:80", "http://[::1]"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_only_the_port_that_goes_without_saying_is_left_out(url: str, address: str) -> None:
    assert checked_address(url) == address
    assert checked_address(address) == address


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.leadbyte.com",
        "http://192.168.0.1",
        "http://10.0.0.1:80",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://0.0.0.0",
        "http://[::2]",
        "acme.leadbyte.com",
        "//acme.leadbyte.com",
        "ftp://acme.leadbyte.com",
        "file:///etc/passwd",
        "https://",
        "https://?key=x",
        "https://acme.leadbyte.com?key=x",
        "https://acme.leadbyte.com#x",
        "https://user:word@acme.leadbyte.com",
        "https://:word@acme.leadbyte.com",
        "http://user:word@127.0.0.1",
        "https://[acme",
        "https://acme.leadbyte.com:seven",
        "https://acme.leadbyte.com:99999",
        "",
        " ",
    ],
)
def test_every_other_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked_address(url)
    assert "https" in caught.value.message + caught.value.hint
    assert "word" not in everything_said(caught.value)


def test_the_account_and_its_domain_make_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADBYTE_ACCOUNT", "acme")
    assert load_settings().address() == "https://acme.leadbyte.com"
    monkeypatch.setenv("LEADBYTE_DOMAIN", "leadbyte.co.uk")
    assert load_settings().address() == "https://acme.leadbyte.co.uk"
    monkeypatch.setenv("LEADBYTE_BASE_URL", "https://elsewhere.example.com/")
    assert load_settings().address() == "https://elsewhere.example.com"


@pytest.mark.parametrize(
    "account", ["acme.evil.example/", "acme evil", "user@acme", "acme?x=", "acme/../x", "acme:1"]
)
def test_an_account_is_one_name(account: str) -> None:
    with pytest.raises(ConfigError):
        Settings(account=account).address()


def test_without_an_account_it_is_said_which_variable_to_set() -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings().address()
    assert "LEADBYTE_ACCOUNT" in caught.value.hint


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_key_is_said_and_has_no_flag(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is not None:
        monkeypatch.setenv("LEADBYTE_API_KEY", value)
    with pytest.raises(ConfigError) as caught:
        load_settings().key()
    assert "LEADBYTE_API_KEY" in caught.value.hint
    assert "no flag" in caught.value.hint


def test_the_key_is_stripped_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADBYTE_API_KEY", f" {KEY}\n")
    settings = load_settings()
    assert settings.key() == KEY
    assert KEY not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_the_env_file_of_this_folder_is_read(tmp_path: Path, encoding: str) -> None:
    lines = f"LEADBYTE_ACCOUNT=acme\nLEADBYTE_API_KEY='{KEY}'\nLEADBYTE_API_VERSION=v1.3\nOTHER=thing\n"
    (tmp_path / ".env").write_text(lines, encoding=encoding)
    settings = load_settings()
    assert (settings.address(), settings.key(), settings.api_version) == ("https://acme.leadbyte.com", KEY, "v1.3")
    assert "LEADBYTE_API_KEY" not in os.environ


def test_the_environment_outranks_the_env_file_but_an_empty_variable_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("LEADBYTE_ACCOUNT=file\nLEADBYTE_API_KEY=file\n", encoding="utf-8")
    monkeypatch.setenv("LEADBYTE_ACCOUNT", "environment")
    monkeypatch.setenv("LEADBYTE_API_KEY", "")
    settings = load_settings()
    assert (settings.account, settings.key()) == ("environment", "file")


def test_an_env_file_that_is_no_utf8_is_said(tmp_path: Path) -> None:
    # What `echo LEADBYTE_… > .env` writes in Windows PowerShell.
    (tmp_path / ".env").write_text(f"LEADBYTE_API_KEY={KEY}\n", encoding="utf-16")
    with pytest.raises(ConfigError, match=r"\.env") as caught:
        load_settings()
    assert "UTF-8" in caught.value.message
    assert KEY not in everything_said(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEADBYTE_API_VERSION", "v9-oddly"),
        ("LEADBYTE_READ_TIMEOUT", "oddly"),
        ("LEADBYTE_READ_TIMEOUT", "0"),
        ("LEADBYTE_CONNECT_TIMEOUT", "-1"),
        ("LEADBYTE_DEADLINE", "nan"),
        ("LEADBYTE_DEADLINE", "inf"),
    ],
)
def test_a_wrong_value_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("LEADBYTE_API_KEY", KEY)
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=name) as caught:
        load_settings()
    assert "oddly" not in caught.value.message
    assert KEY not in everything_said(caught.value)
