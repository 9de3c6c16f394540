"""Text cut into the words it is found by. The same for what is stored and for what is asked.

Word indexes of databases do not cut Chinese (FTS5's ``trigram`` finds no word of two characters, ``unicode61`` and
PostgreSQL's parser take a sentence for one word), so the cutting is done here and stored beside the text: every two
neighbouring characters are a word, and the last one of a run alone, so that a single character finds its runs too.
Elsewhere words are runs of letters and digits, without case and accents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST_WORD = 40
MOST_WORDS = 1_000
MOST_TERMS = 12

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(r"[^\W_]+")
_SCRIPT = re.compile(rf"[{_CJK}]+|[^{_CJK}]+")
_IS_CJK = re.compile(rf"[{_CJK}]")


def words_of(*texts: str) -> str:
    """Return the words of all texts, each once, joined by single spaces; at most 1,000."""
    found: dict[str, None] = {}
    if (whole := " ".join(texts)).isascii():  # all at once: a third of the time, for most records
        found = dict.fromkeys(run[:LONGEST_WORD] for run in _RUN.findall(whole.lower()))
        return " ".join(list(found)[:MOST_WORDS])
    for text in texts:
        for run in _runs(text):
            if _IS_CJK.match(run):
                found.update(dict.fromkeys(_pairs(run)))
                found[run[-1]] = None
            else:
                found[run[:LONGEST_WORD]] = None
        if len(found) > MOST_WORDS:
            break
    return " ".join(list(found)[:MOST_WORDS])


def terms_of(query: str) -> tuple[str, ...]:
    """Return the beginnings of words that a text must have to be found; at most 12, none: nothing is asked for."""
    found: dict[str, None] = {}
    for run in _runs(query):
        if _IS_CJK.match(run) and len(run) > 1:
            found.update(dict.fromkeys(_pairs(run)))
        else:
            found[run[:LONGEST_WORD]] = None
    return tuple(found)[:MOST_TERMS]


def _runs(text: str) -> Iterator[str]:
    # Full-width digits become digits, "é" becomes "e" and an accent, which is dropped.
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in plain if not unicodedata.combining(letter))
        text = unicodedata.normalize("NFC", text)
    runs = _RUN.findall(text.casefold())
    return iter(runs) if text.isascii() else (part for run in runs for part in _SCRIPT.findall(run))


def _pairs(run: str) -> Iterator[str]:
    return (run[place : place + 2] for place in range(len(run) - 1))
