"""Text as a speech engine may be given it: no control characters, no markup, no endless length."""

import unicodedata

MAX_SPEAKABLE = 2_000
"""The longest text that is spoken in one piece, in characters."""

# Engines take these for markup or for phonemes, or read their names aloud.
_SILENT = str.maketrans(dict.fromkeys('<>[]{}|\\^~_`*#="', " "))


def speakable(text: str) -> str:
    """Return the text in normal form (NFC) without what cannot be spoken; empty if nothing can.

    Raises:
        ValueError: It is longer than `MAX_SPEAKABLE`.
    """
    if len(text) > MAX_SPEAKABLE:
        raise ValueError(f"a text of more than {MAX_SPEAKABLE} characters")
    # Category C: controls (NUL cuts the text short), invisible formatting, lone surrogates, private use, unassigned.
    visible = (" " if unicodedata.category(character).startswith("C") else character for character in text)
    clean = unicodedata.normalize("NFC", "".join(visible)).translate(_SILENT)
    clean = " ".join(clean.split())
    return clean if any(character.isalnum() for character in clean) else ""
