"""What is cut alike when stored and when asked is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.customers.words import MOST_WORDS, terms_of, words_of


def found(query: str, *texts: str) -> bool:
    """As both databases look: every term is the beginning of a word."""
    words = words_of(*texts).split()
    terms = terms_of(query)
    return bool(terms) and all(any(word.startswith(term) for word in words) for term in terms)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("投诉", "客户投诉处理中"),
        ("退款", "重复扣款，已申请退款。"),
        ("张伟", "张伟"),
        ("伟", "张伟"),
        ("张", "张伟"),
        ("mull", "Müller GmbH"),
        ("MÜLLER", "mueller Muller"),
        ("école", "Ecole Normale"),
        ("0123", "０１２３４"),
        ("smith jo", "John Smith-Jones"),
        ("bob@ex", "bob@example.org"),
        ("Straße", "STRASSE 5"),
        ("カメラ", "デジタルカメラ"),
        ("王 账单", "王小明 本月账单"),
    ],
)
def test_found(query: str, text: str) -> None:
    assert found(query, text)


@pytest.mark.parametrize(
    ("query", "text"), [("投资", "客户投诉"), ("smyth", "Smith"), ("mith", "Smith"), ("款退", "退款")]
)
def test_not_found(query: str, text: str) -> None:
    assert not found(query, text)


@pytest.mark.parametrize("nothing", ["", "   ", "%*'\"()", "\x00", "。，"])
def test_nothing_asked_is_nothing_to_look_for(nothing: str) -> None:
    assert terms_of(nothing) == ()


def test_a_book_has_a_limit() -> None:
    words = words_of(" ".join(f"w{number}" for number in range(5 * MOST_WORDS)), "end")
    assert len(words.split(" ")) == MOST_WORDS


@given(st.text(max_size=200), st.text(max_size=200))
def test_words_are_what_both_databases_take(one: str, other: str) -> None:
    """Single spaces, no quotes, nothing empty: they are split by spaces again, and stand in queries."""
    words = words_of(one, other)
    assert words == " ".join(words.split())
    # Query languages use ASCII alone; a CJK block also holds a few marks, and letters newer than this Python's tables.
    assert all(letter.isalnum() or not letter.isascii() for word in words.split(" ") for letter in word)
    assert len(set(words.split())) == len(words.split())


@given(st.text(alphabet="张伟投诉处理abcé1 ", min_size=1, max_size=30))
def test_a_text_is_found_by_itself(text: str) -> None:
    assert found(text, text) or not terms_of(text)
