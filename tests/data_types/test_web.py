from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data_types.web import _NO_EMAIL, EMAIL, IP_ADDRESS, URL, _library_fault

from .cells import UNHURRIED, canonical, fault


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("ann@example.com", "ann@example.com"), ("Ann@EXAMPLE.Com", "Ann@example.com"),
        (" a@b.co.uk\n", "a@b.co.uk"),
        ("mailto:a@b.com", "a@b.com"), ("MAILTO: a@b.com", "a@b.com"), ("a+b@example.org", "a+b@example.org"),
        ("o'neil@example.com", "o'neil@example.com"), ("ann@lists.example.test", "ann@lists.example.test"),
        ("ann@exämple.com", "ann@exämple.com"), ("a@b.com\u200b", "a@b.com"),
    ],
)  # fmt: skip
def test_an_address_keeps_its_local_part_and_lowers_its_domain(raw: str, address: str) -> None:
    assert canonical(EMAIL, raw) == address


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("ann", "the @ is missing"), ("ann.example.com", "the @ is missing"), ("a@@b.com", "more than one @"),
        ("a@b@c.com", "more than one @"), ("a b@c.com", "space inside"), ("a@b .com", "space inside"),
        ("a@b,com", "comma"), ("a@b", "no full stop"), ("a@test", "no full stop"),
        ("a@b.com; c@d.com", "one address"),
        ("a@b.com c@d.com", "one address"), ("a@b.com/c@d.com", "one address"), ("a@b..com", "two periods"),
        ("a@localhost.localdomain.invalid", "special-use"), ("a@b.com.", "period"), ("@b.com", "@"),
        ("a@", "@"),
        ("a@[1.2.3.4]", "IP address"), ('"a"@b.com', "Quoting"), ("Ann <a@b.com>", "space inside"),
    ],
)  # fmt: skip
def test_an_invalid_address_is_explained(raw: str, words: str) -> None:
    assert words in fault(EMAIL, raw)


@UNHURRIED
@given(address=st.emails(domains=st.sampled_from(["example.com", "example.co.uk", "trial.test"])))
def test_an_address_that_is_valid_stays_so_in_any_case_of_its_domain(address: str) -> None:
    local, _, domain = address.rpartition("@")
    if (valid := canonical(EMAIL, address)) is not None:
        assert canonical(EMAIL, f"{local}@{domain.upper()}") == valid


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("http://example.com", "http://example.com"),
        ("HTTPS://Example.COM/Path?q=A#F", "https://example.com/Path?q=A#F"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("http://203.0.113.7/x", "http://203.0.113.7/x"),
        ("http://[2001:DB8::1]/", "http://[2001:db8::1]/"), ("https://exämple.com", "https://exämple.com"),
    ],
)  # fmt: skip
def test_web_addresses_are_read(raw: str, url: str) -> None:
    assert canonical(URL, raw) == url


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("www.example.com", "must begin with"), ("ftp://example.com", "must begin with"),
        ("javascript:alert(1)", "must begin with"), ("http://a b.com", "space inside"),
        ("http://x", "a name such as"),
        ("http://", "a name such as"), ("http://[x", "a name such as"),
        ("http://a.com:99999/", "a name such as"),
        ("http://-a.com", "a name such as"), ("http://a..com", "a name such as"),
        ("http://a.com/\x00", "U+0000"),
        ("http://a.com/" + "x" * 3000, "longer than"), ("https://example.com\\@evil.com", "contains “\\”"),
    ],
)  # fmt: skip
def test_an_invalid_web_address_is_explained(raw: str, words: str) -> None:
    assert words in fault(URL, raw)


@pytest.mark.parametrize(
    ("raw", "address"),
    [("203.0.113.7", "203.0.113.7"), (" 10.0.0.1 ", "10.0.0.1"), ("2001:DB8:0:0::1", "2001:db8::1"), ("::1", "::1")],
)
def test_ip_addresses_are_read(raw: str, address: str) -> None:
    assert canonical(IP_ADDRESS, raw) == address


@pytest.mark.parametrize(
    ("raw", "words"),
    [("256.1.1.1", "0 to 255"), ("1.2.3", "0 to 255"), ("1.2.3.4:80", "port"), ("1.2.3.4, 5.6.7.8", "more than one"),
     ("fe80::1%eth0", "IPv6"), ("01.2.3.4", "0 to 255"), ("１.2.3.4", "0 to 255"), ("localhost", "0 to 255")],
)  # fmt: skip
def test_an_invalid_ip_address_is_explained(raw: str, words: str) -> None:
    assert words in fault(IP_ADDRESS, raw)


@UNHURRIED
@given(address=st.ip_addresses())
def test_every_ip_address_is_accepted(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert canonical(IP_ADDRESS, str(address)) == str(address)


@given(address=st.text(st.sampled_from(' \t\n,@.ab-"()\u00e9\uff20\uff0e\u3002\u2003'), min_size=1, max_size=12))
def test_what_one_look_refuses_the_library_refuses_too(address: str) -> None:
    if "@" in address and _NO_EMAIL.search(address):
        assert _library_fault(address)
