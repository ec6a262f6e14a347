from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks import Rule

from .looking import flagged, said

#: Short names, names of few letters again and again, and names that look like keys or like words of a trial.
REAL = """
    Aa Abi Ada Aaron Addie Alf Ali Amy Ana Ann Anna Asa Asad Ash Ava Bao Bea Ben Bo Bob Bobbi Cai Coco Dee
    Deedee Di Do Dot Ed Eddie Eds Eli Emma Eve Ewa Faye Fifi Flo Foo Fred Gigi Gill Guy Hal Hanna Hugh Ian Ida
    Ike Ilse Io Ira Iris Isa Ivo Jai Jed Jess Jo Jojo Joy Kai Kay Kim Kit Kiki Kyle La Lala Lee Leo Li Lil Liu
    Lily Lolo Lou Lulu Mae Maja Max May Mia Mimi Mo Na Nan Nana Ned Ng Nia Nina Noa Null Oli Oo Ola Ora Otto Pia
    Pip Po Poppy Pru Qi Rae Ray Ria Rob Ron Roo Ross Ru Sa Sal Sam Sass Sid Sue Sy Tae Tam Ted Tess Testa Ty Uma
    Una Val Vi Viv Wan Wes Wu Xi Xiu Xu Yan Yu Yui Zac Zed Zoe Zsa Zsa-Zsa Assad Edwards Power Poppins Trew Wert
    Werner Reese Weerasinghe Hrdlicka Ngcobo Nguyen Krk Vlk Szczesny Ste Stu Def Ghi Mno Kelvin Quentin Olivia
    Abbott Testament Protest Sample Fake Blah Oconnor Kwok Asdis Polk Lopez Dewar Rewa Treweek Wertheim
"""
REAL_NAMES = tuple(REAL.split())
MADE_UP = (
    "asdf", "Asdfgh", "ASD", "qwerty", "qwe", "qwertyuiop", "zxcv", "zxc", "lkjh", "poiuy", "fdsa", "asdasd",
    "qweasd", "asdfasdf", "jkl", "sdfg", "aaa", "aaaa", "Xxx", "ZZZZ", "iiii", "test", "Tester", "TESTING",
    "testtest", "abc", "abcde", "xyz", "dummy", "noname", "firstname", "unknown", "qaz",
)  # fmt: skip


@pytest.mark.parametrize("name", MADE_UP)
def test_what_was_typed_to_fill_a_form_is_told(name: str) -> None:
    assert said(Rule.KEYBOARD_NAME, name) == ["looks typed to fill the form: it is nobody's name"]


def test_real_names_are_let_be_however_short_or_odd() -> None:
    assert flagged(Rule.KEYBOARD_NAME, *REAL_NAMES) == []
    assert flagged(Rule.KEYBOARD_NAME, *map(str.upper, REAL_NAMES)) == []


@pytest.mark.parametrize("name", ["Ann Test", "Test-Smith", "test1", "test.", "Asdf Qwerty", "Mr Xxx"])
def test_one_such_word_among_several_is_enough(name: str) -> None:
    assert flagged(Rule.KEYBOARD_NAME, name) == [name]


@pytest.mark.parametrize(
    "name", ["", "-", "X", "J. R.", "John Smith III", "O'Test", "Contest", "Ünlü", "Tést", "Łucja"]
)
def test_a_part_of_a_word_is_no_word(name: str) -> None:
    assert flagged(Rule.KEYBOARD_NAME, name) == []


@given(st.sampled_from(string.ascii_lowercase.replace("i", "")), st.integers(1, 12))
def test_a_letter_three_times_or_more_is_nobodys_name(letter: str, times: int) -> None:
    assert bool(flagged(Rule.KEYBOARD_NAME, letter * times)) is (times >= 3)


@given(st.sampled_from(["qwertyuiop", "asdfghjkl", "zxcvbnm"]), st.data())
def test_four_keys_side_by_side_are_nobodys_name_but_trews_and_werts(keys: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(keys) - 4))
    end = data.draw(st.integers(start + 4, len(keys)))
    for name in (keys[start:end], keys[start:end][::-1]):
        assert bool(flagged(Rule.KEYBOARD_NAME, name)) is (name not in ("trew", "wert"))
