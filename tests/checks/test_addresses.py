from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks import Rule
from pipeline.checks.addresses import _not_a_page, _not_public, as_ip

from .looking import flagged, said


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com", "https://www.shop.example.com/win?step=2#form", "HTTPS://Example.COM/",
        "https://example.com:8443/a", "https://münchen.de/", "https://xn--mnchen-3ya.de/", "https://example.com./",
        "https://example.com/~a/(b)/c@d", "https://test.example.com/",
    ],
)  # fmt: skip
def test_an_opt_in_page_is_an_address_that_the_public_can_reach(url: str) -> None:
    assert said(Rule.OPTIN_URL, url) == [""]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "is empty: nothing shows where consent was given"),
        ("example.com/win", "is not a web address: it must begin with http:// or https://"),
        ("ftp://example.com", "is not a web address: it must begin with http:// or https://"),
        ("https://", "is not a web address: after http:// or https:// a name such as www.example.com is expected"),
        ("https://localhost/win", "a name such as www.example.com is expected"),
        ("https://example.com/a b", "there is a space inside"),
        ("https://1.2.3.4/", "numbers in place of the name"),
        ("https://[2606:4700::1111]/", "numbers in place of the name"),
        ("https://intranet.local/", "private networks and trials"),
        ("https://form.TEST?x=1", "private networks and trials"),
        ("https://shop.example:8080/", "private networks and trials"),
        ("https://me@printer.lan/", "private networks and trials"),
        ("https://a.1", "private networks and trials"),
        ("https://example.com\\@shop.local/", "is not a web address"),
    ],
)
def test_what_is_no_opt_in_page_is_told_with_the_reason(url: str, words: str) -> None:
    assert words in said(Rule.OPTIN_URL, url)[0]


_HOSTS = st.lists(st.from_regex(r"[a-z0-9-]{1,8}", fullmatch=True), min_size=1, max_size=5).map(".".join)
_ENDS = st.sampled_from(["com", "co.uk", "test", "local", "1", "c-d", ""])
_TAILS = st.sampled_from(["", "/", "/a?b#c", "?x=1", ":80/", ":0/", "\\", "/ü", "/a b", "/[x]"])


@given(st.sampled_from(["http://", "HTTPS://", "ftp://", ""]), _HOSTS, _ENDS, _TAILS)
def test_the_quick_look_at_pages_says_what_the_slow_one_says(scheme: str, host: str, end: str, tail: str) -> None:
    url = f"{scheme}{host}.{end}{tail}"
    assert said(Rule.OPTIN_URL, url) == [_not_a_page(url)]


@pytest.mark.parametrize(
    "ip", ["8.8.8.8", "172.15.255.255", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "192.169.1.1"]
)
def test_an_opt_in_address_is_of_the_public_internet(ip: str) -> None:
    assert said(Rule.OPTIN_IP, ip) == [""]


@pytest.mark.parametrize(
    "ip",
    [
        "10.1.2.3", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.1.1", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "203.0.113.7", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::1", "fe80::1", "fd00::1", "2001:db8::1",
        "::ffff:10.0.0.1",
    ],
)  # fmt: skip
def test_an_address_of_a_private_network_shows_nothing_of_a_visitor(ip: str) -> None:
    assert "is not a public IP address" in said(Rule.OPTIN_IP, ip)[0]


def test_what_is_no_address_at_all_is_told_with_the_reason() -> None:
    cells = ("", "8.8.8.8:443", "8.8.8.8, 10.0.0.1", "8.8.8", "n/a")
    empty, port, several, short, word = said(Rule.OPTIN_IP, *cells)
    assert empty == "is empty: nothing shows from where consent was given"
    assert "leave out the port" in port
    assert "more than one entry" in several
    assert "expected four numbers" in short
    assert "expected four numbers" in word


_OCTETS = st.one_of(st.integers(0, 255), st.sampled_from([0, 10, 100, 127, 169, 172, 192, 198, 203, 224, 255, 256]))


@given(st.lists(st.tuples(*[_OCTETS] * 4).map(lambda four: ".".join(map(str, four))), max_size=10))
def test_the_quick_look_at_addresses_says_what_the_slow_one_says(ips: list[str]) -> None:
    assert said(Rule.OPTIN_IP, *ips) == [_not_public(ip) for ip in ips]


@given(st.ip_addresses())
def test_an_address_is_compared_in_one_form(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert as_ip(f" {ip.exploded} ") == str(ip)


def test_the_rows_of_an_empty_chunk_have_no_faults() -> None:
    assert flagged(Rule.OPTIN_URL) == flagged(Rule.OPTIN_IP) == []
