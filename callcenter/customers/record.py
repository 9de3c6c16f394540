"""A record's fields: an empty one, and what of it must be found. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from callcenter.api.card import CustomerKind
from callcenter.api.customers import CustomerFields, PaymentRecord, Preferences
from callcenter.api.shapes import Tier
from callcenter.customers.words import words_of

NO_PREFERENCES = Preferences(
    no_calls=False, no_mail=False, no_post=False, medium="", best_from=None, best_until=None, time_zone=""
)

_BLANK: dict[str, Any] = {
    "kind": CustomerKind.PERSON,
    "given_name": "",
    "family_name": "",
    "salutation": "",
    "name_reading": "",
    "aliases": (),
    "numbers": (),
    "mails": (),
    "addresses": (),
    "contacts": (),
    "language": None,
    "tier": Tier.STANDARD,
    "credit_limit": None,
    "currency": None,
    "payment_terms_days": None,
    "payment_record": PaymentRecord.UNKNOWN,
    "tax_number": "",
    "website": "",
    "industry": "",
    "birthday": None,
    "owner": None,
    "territory": "",
    "source": "",
    "preferences": NO_PREFERENCES,
    "remark": "",
    "custom": {},
}


def new_fields(*, name: str, account: str, **values: Any) -> CustomerFields:
    """Return a record's fields; what is not given is blank. Raises `ValidationError`."""
    return CustomerFields(**{**_BLANK, "name": name, "account": account, **values})


class Reached(NamedTuple):
    """A number or mail address of a customer; `contact` is whose at the customer, empty: its own."""

    address: str
    contact: str
    shared: bool


def numbers_of(fields: CustomerFields) -> list[Reached]:
    """Return every telephone number, the customer's own first; one that stands there twice, once."""
    if not fields.contacts and len(fields.numbers) < 2:  # nearly always, and asked for several times a row of a file
        return [Reached(entry.number, "", entry.shared) for entry in fields.numbers]
    found = {entry.number: Reached(entry.number, "", entry.shared) for entry in fields.numbers}
    for one in fields.contacts:
        for entry in one.numbers:
            found.setdefault(entry.number, Reached(entry.number, one.contact, entry.shared))
    return list(found.values())


def mails_of(fields: CustomerFields) -> list[Reached]:
    """Return every mail address, the customer's own first; one that stands there twice, once."""
    if not fields.contacts and len(fields.mails) < 2:
        return [Reached(entry.mail, "", entry.shared) for entry in fields.mails]
    found = {entry.mail: Reached(entry.mail, "", entry.shared) for entry in fields.mails}
    for one in fields.contacts:
        for entry in one.mails:
            found.setdefault(entry.mail, Reached(entry.mail, one.contact, entry.shared))
    return list(found.values())


def words_of_record(fields: CustomerFields) -> str:
    """Return the words by which the customer is found."""
    return words_of(
        fields.name,
        fields.account,
        fields.given_name,
        fields.family_name,
        fields.name_reading,
        *fields.aliases,
        *(one.name for one in fields.contacts),
        *(reached.address for reached in numbers_of(fields)),
        *(reached.address for reached in mails_of(fields)),
        *(address.city for address in fields.addresses),
    )
