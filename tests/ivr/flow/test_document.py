"""The part of YAML that flow files use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.flow.document import MAX_CHARACTERS, DocumentError, read_document


def test_values_have_the_types_of_the_core_schema_and_keys_are_texts() -> None:
    document = read_document("no: no\n1: 010\nt: true\nf: 1.5\nn: null\ne:\nq: '1'\nl: [a, -2]\nm: {x: y}\n")
    assert document.value == {
        "no": "no", "1": 10, "t": True, "f": 1.5, "n": None, "e": None, "q": "1", "l": ["a", -2], "m": {"x": "y"},
    }  # fmt: skip


def test_every_value_has_the_line_of_its_key() -> None:
    document = read_document("a:\n  b:\n    - one\n    - two\n# comment\nc: >\n  folded\n")
    assert document.line(("a",)) == 1
    assert document.line(("a", "b")) == 2
    assert document.line(("a", "b", 1)) == 4
    assert document.line(("c",)) == 6
    assert document.line(("a", "missing", "deeper")) == 1


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "empty"),
        ("# only a comment\n", 1, "empty"),
        ("a: 1\na: 2\n", 2, "twice"),
        ("a: 1\n---\nb: 2\n", 2, "more than one"),
        ("a: &x 1\nb: *x\n", 1, "anchors"),
        ("a: !!python/object/apply:os.system [id]\n", 1, "tag"),
        ("? [a]\n: b\n", 1, "no text"),
        ("a:\n  b: [\n", 3, "no YAML"),
        ("a: \x01\n", 1, "no YAML"),
        ("a: \ud800\n", 1, "no YAML"),
        ("\n" + "[" * 200_000, 2, "deep"),
        ("- " * 200_000, 1, "deep"),
        ("x" * (MAX_CHARACTERS + 1), 1, "characters"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(DocumentError, match=what) as refused:
        read_document(text)
    assert refused.value.line == line


def test_aliases_that_would_grow_without_limit_are_refused_before_they_grow() -> None:
    levels = (f"l{n}: &l{n} [*l{n - 1}, *l{n - 1}]\n" for n in range(1, 30))
    bomb = "l0: &l0 [x, x]\n" + "".join(levels)
    with pytest.raises(DocumentError, match="anchors"):
        read_document(bomb)


@given(st.text(alphabet="ab:-[]{}'\"&*!|>#%@ \n\t0.~?,", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        line = read_document(text).line(())
    except DocumentError as refused:
        line = refused.line
    assert 1 <= line <= text.count("\n") + 2
