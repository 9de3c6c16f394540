"""Numbers in words, read back: the other way round from what speaks them, and written independently of it."""

from __future__ import annotations

_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ENGLISH = {word: number for number, word in enumerate(_UNITS)} | {
    word: number * 10 for number, word in enumerate(_TENS, start=2)
}
_ENGLISH_SIZES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "quadrillion": 10**15}
_MANDARIN = {word: number for number, word in enumerate("零一二三四五六七八九")} | {"两": 2}
_MANDARIN_UNITS = {"十": 10, "百": 100, "千": 1_000}


def read_english(words: str) -> int:
    """Return the whole number that these words are."""
    total = group = 0
    for word in words.removeprefix("minus ").replace("-", " ").split():
        if word in _ENGLISH:
            group += _ENGLISH[word]
        elif word == "hundred":
            group *= 100
        elif word in _ENGLISH_SIZES:
            total += group * _ENGLISH_SIZES[word]
            group = 0
        else:
            assert word == "and", f"{word!r} is no number"
    return -(total + group) if words.startswith("minus ") else total + group


def read_mandarin(words: str) -> int:
    """Return the whole number that these characters are."""
    if words.startswith("负"):
        return -read_mandarin(words.removeprefix("负"))
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        high, found, low = words.rpartition(unit)
        if found:
            return read_mandarin(high) * size + (read_mandarin(low) if low else 0)
    total, digit = 0, None
    for character in words:
        if character in _MANDARIN_UNITS:
            total += (1 if digit is None else digit) * _MANDARIN_UNITS[character]
            digit = None
        else:
            digit = _MANDARIN[character] or None
    return total + (digit or 0)
