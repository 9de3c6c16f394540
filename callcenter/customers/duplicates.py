"""Which two records may be one customer, and how likely that is. Pure.

Candidates are found by keys: two records with the same key are compared. Numbers and mail addresses are keys of their
own (their tables have them); here are those made of several fields. A key that more than `MOST_ALIKE` records have says
nothing (a switchboard's number, "unknown" as a name), so that 500 records of one number make no 124,750 pairs.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from callcenter.api.customers import CustomerFields, Likeness
from callcenter.customers.record import Reached, mails_of, numbers_of

MOST_ALIKE = 20
LEAST_SCORE = 40

_SCORES = {
    Likeness.TAX_NUMBER: 80,
    Likeness.NAME_AND_BIRTHDAY: 80,
    Likeness.NAME_AND_ADDRESS: 70,
    Likeness.MAIL: 60,
    Likeness.NUMBER: 40,
}
_NAME_ALIKE = 30  # more, when the names are the same as well
_NAME_DIFFERS = 0.6  # of the score, when they have nothing in common: a household rather than one person

_LEGAL_FORMS = frozenset(
    (
        *("gmbh", "ag", "kg", "ohg", "ug", "ev", "ltd", "limited", "llc", "llp", "inc", "incorporated", "corp"),
        *(
            "corporation",
            "co",
            "company",
            "plc",
            "sa",
            "sarl",
            "srl",
            "spa",
            "bv",
            "nv",
            "oy",
            "ab",
            "as",
            "aps",
            "pty",
        ),
    )
)
_LEGAL_FORMS_ZH = re.compile("(股份)?有限(责任)?公司|集团|公司$")
_TITLES = frozenset(("mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "mme"))
_CJK = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[^\W_]+")
_OTHER = re.compile(r"\W")


def keys_of(fields: CustomerFields) -> frozenset[str]:
    """Return the keys of a record, each with a letter for its kind: names with a town or a birthday, tax numbers."""
    return frozenset(_keys(fields))


def likeness(one: CustomerFields, other: CustomerFields) -> tuple[int, tuple[Likeness, ...]]:
    """Return how likely two records are one customer (0 to 100), and why; below `LEAST_SCORE` nobody is bothered."""
    shared = keys_of(one) & keys_of(other)
    reasons = {_KINDS[key[0]] for key in shared}
    if _same(numbers_of(one), numbers_of(other)):
        reasons.add(Likeness.NUMBER)
    if _same(mails_of(one), mails_of(other)):
        reasons.add(Likeness.MAIL)
    if not reasons:
        return 0, ()
    doubt = 1.0
    for reason in reasons:
        doubt *= 1 - _SCORES[reason] / 100
    first, second = _all_names(one), _all_names(other)
    if first & second:
        doubt *= 1 - _NAME_ALIKE / 100
        score = 100 * (1 - doubt)
    elif _words(first) & _words(second):
        score = 100 * (1 - doubt)
    else:
        score = 100 * (1 - doubt) * _NAME_DIFFERS
    return max(1, min(100, round(score))), tuple(sorted(reasons))


@lru_cache(maxsize=4_096)  # the same towns again and again, and each name twice when a record is written
def plain_name(name: str) -> str:
    """Return a name without case, accents, order of words, titles and legal forms: "Müller, Hans" is "hans muller"."""
    plain = name.casefold()
    if not name.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    if not name.isascii() and _CJK.search(plain):
        return "".join(_WORD.findall(_LEGAL_FORMS_ZH.sub("", plain)))
    words = _WORD.findall(plain)
    telling = [word for word in words if word not in _LEGAL_FORMS and word not in _TITLES]
    return " ".join(sorted(telling or words))


_KINDS = {"a": Likeness.NAME_AND_ADDRESS, "b": Likeness.NAME_AND_BIRTHDAY, "t": Likeness.TAX_NUMBER}


def _keys(fields: CustomerFields) -> Iterator[str]:
    names = _all_names(fields)
    for name in names:
        for address in fields.addresses:
            place = _OTHER.sub("", address.postal_code).upper() or plain_name(address.city)
            if place:
                yield "a" + _short(f"{name}|{place}")
        if fields.birthday:
            yield "b" + _short(f"{name}|{fields.birthday}")
    tax = _OTHER.sub("", fields.tax_number).upper()
    if tax:
        yield "t" + _short(tax)


def _same(one: Iterable[Reached], other: Iterable[Reached]) -> bool:
    """Tell whether the two have an address in common. One that both say they share says nothing."""
    known = {reached.address: reached.shared for reached in one}
    return any(
        not (known.get(reached.address, True) and reached.shared) for reached in other if reached.address in known
    )


def _all_names(fields: CustomerFields) -> frozenset[str]:
    return frozenset(filter(None, map(plain_name, (fields.name, *fields.aliases))))


def _words(names: frozenset[str]) -> frozenset[str]:
    return frozenset(word for name in names for word in name.split() if len(word) > 1)


def _short(text: str) -> str:
    """Return a text of one length, in an index as small as it can be. Not for secrecy."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=9).hexdigest()
