"""The customer master as the desktop reads and changes it: record, edits and their conflicts, duplicates, merges.

A record is changed field by field: an edit names the version it started from and the fields it changes. Two people who
change different fields both succeed; the same field changed by both is a conflict, shown with all three values.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from callcenter.api.card import Alert, CardContact, Coverage, CustomerKind, Dealing, PastInteraction
from callcenter.api.shapes import Currency, Day, Message, Name, Tier, Uuid, Words

Line = Annotated[str, Field(max_length=200)]
Remark = Annotated[str, Field(max_length=4_000)]
E164 = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{1,14}$")]
Mail = Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]

# -- the record -------------------------------------------------------------------------------------------------


class NumberLabel(StrEnum):
    """What a telephone number is."""

    MOBILE = "mobile"
    WORK = "work"
    HOME = "home"
    MAIN = "main"
    FAX = "fax"
    OTHER = "other"


class NumberEntry(Message):
    """A telephone number. One that is not `shared` belongs to one customer alone; the database sees to it."""

    number: E164
    label: NumberLabel
    shared: bool  # a household's or switchboard's: other customers may have it as well


class MailEntry(Message):
    """A mail address, in lower case. One that is not `shared` belongs to one customer alone."""

    mail: Mail
    label: Annotated[str, Field(max_length=40)]
    shared: bool


class AddressLabel(StrEnum):
    """What an address is for."""

    POSTAL = "postal"
    BILLING = "billing"
    DELIVERY = "delivery"
    SITE = "site"


class Address(Message):
    """A postal address."""

    label: AddressLabel
    street: Line
    extra: Line
    postal_code: Annotated[str, Field(max_length=20)]
    city: Line
    region: Line
    country: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")]  # ISO 3166; empty: the firm's own


class ContactPerson(Message):
    """Somebody at the customer. `contact` is short, chosen when added, and does not change."""

    contact: Annotated[str, Field(pattern=r"^[a-z0-9]{1,12}$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    role: Line
    language: Annotated[str, Field(pattern=r"^([a-z]{2})?$")]
    numbers: tuple[NumberEntry, ...]
    mails: tuple[MailEntry, ...]
    remark: Remark


class PaymentRecord(StrEnum):
    """How the customer has paid so far, as the firm judges it."""

    UNKNOWN = "unknown"
    PROMPT = "prompt"
    LATE = "late"
    POOR = "poor"


class Preferences(Message):
    """How the customer wants to be reached."""

    no_calls: bool
    no_mail: bool
    no_post: bool
    medium: Annotated[str, Field(pattern=r"^(call|mail|chat|post)?$")]  # the preferred one; empty: any
    best_from: ClockTime | None  # in the customer's own time
    best_until: ClockTime | None
    time_zone: Annotated[str, Field(max_length=40)]  # IANA; empty: the firm's own


class CustomerFields(Message):
    """Everything of a customer that people change. Lists are given whole."""

    kind: CustomerKind
    name: Annotated[str, Field(min_length=1, max_length=200)]  # as it is read and spoken
    given_name: Line
    family_name: Line
    salutation: Annotated[str, Field(max_length=40)]
    name_reading: Line  # how the name is pronounced: Zhang Wei
    aliases: tuple[Line, ...]  # former and short names; they are found too
    account: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^\S(.*\S)?$")]  # the customer's code
    numbers: tuple[NumberEntry, ...]
    mails: tuple[MailEntry, ...]
    addresses: tuple[Address, ...]
    contacts: tuple[ContactPerson, ...]
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] | None
    tier: Tier
    credit_limit: Annotated[int, Field(ge=0, le=10**15)] | None
    currency: Currency | None
    payment_terms_days: Annotated[int, Field(ge=0, le=365)] | None
    payment_record: PaymentRecord
    tax_number: Annotated[str, Field(max_length=40)]
    website: Annotated[str, Field(max_length=200, pattern=r"^(https?://\S+)?$")]
    industry: Line
    birthday: Day | None
    owner: Name | None  # the agent who looks after the customer
    territory: Annotated[str, Field(max_length=80)]
    source: Annotated[str, Field(max_length=80)]  # where the firm knows the customer from
    preferences: Preferences
    remark: Remark
    custom: Mapping[str, JsonValue]  # what the house has added: see `CustomField`


class Hold(Message):
    """A legal hold: nothing of the customer may be erased."""

    reason: Line
    until: Day | None
    by: str
    at: int


class CustomerRecord(Message):
    """A customer's record as it stands."""

    customer: str
    version: int  # grows with every change
    fields: CustomerFields
    created_at: int
    updated_at: int
    merged_into: str | None  # this one was a duplicate of that one
    hold: Hold | None
    hidden: tuple[str, ...]  # fields that this reader may not see; they are blank here


# -- what the house has configured ----------------------------------------------------------------------------------


class CustomFieldKind(StrEnum):
    """What a custom field holds."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"  # kept as text: ``12.50``
    DAY = "day"
    FLAG = "flag"
    CHOICE = "choice"
    NUMBER = "number"  # a telephone number
    MAIL = "mail"
    LINK = "link"


class FieldChoice(Message):
    """One value of a field with a list."""

    name: Name
    label: Words


class CustomField(Message):
    """A field that the house has added to the record (`customers.yaml`)."""

    name: Name
    label: Words
    kind: CustomFieldKind
    required: bool
    max_length: int
    least: int | None
    most: int | None
    choices: tuple[FieldChoice, ...]
    on_card: bool
    routing: bool  # routing rules may use it


class MasterPlan(Message):
    """How the house has set up its customer master: what a form needs to know."""

    custom_fields: tuple[CustomField, ...]
    territories: tuple[FieldChoice, ...]
    hidden: Mapping[str, tuple[str, ...]]  # role: fields it may not see
    currency: Currency
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


# -- finding ------------------------------------------------------------------------------------------------------


class CustomerMatch(Message):
    """One customer in a list of found ones."""

    customer: str
    kind: CustomerKind
    name: str
    account: str
    tier: Tier
    city: str
    numbers: tuple[str, ...]  # at most three
    contact: CardContact | None  # whose number was looked for, if it is somebody's at the customer


class MatchPage(Message):
    """Found customers; `cursor` gives the next page, none: that was the last."""

    items: tuple[CustomerMatch, ...]
    cursor: str | None


# -- editing ------------------------------------------------------------------------------------------------------


class Edit(Message):
    """Somebody's changes to a record, begun from `version`."""

    customer: str
    version: int
    changes: Mapping[str, JsonValue]  # field of `CustomerFields`: its new value; ``custom.NAME`` for one custom field


class FieldProblem(Message):
    """Why a value was refused. `code` is stable and translated on the screen."""

    field: str  # ``numbers.0.number``: with the place within a list
    code: str
    text: Words
    other: CustomerMatch | None  # who has the number, mail or account already


class FieldConflict(Message):
    """A field that two changed: what both began with, and what each made of it."""

    field: str
    base: JsonValue
    theirs: JsonValue
    mine: JsonValue
    by: str
    by_name: str
    at: int


class Edited(Message):
    """The edit was made. `joined`: fields that somebody else had changed meanwhile, both kept."""

    type: Literal["edited"] = "edited"
    record: CustomerRecord
    joined: tuple[str, ...]


class EditConflict(Message):
    """Nothing was changed: these fields were changed by both. Send again, from the version of `record`."""

    type: Literal["conflict"] = "conflict"
    record: CustomerRecord  # as it stands: their side
    conflicts: tuple[FieldConflict, ...]
    mine: Mapping[str, JsonValue]  # all that was to be changed, so that nothing is lost


class EditRefused(Message):
    """Nothing was changed: the values cannot be."""

    type: Literal["refused"] = "refused"
    problems: tuple[FieldProblem, ...]


EditOutcome = Edited | EditConflict | EditRefused


class Change(Message):
    """One field's change in the history of a record."""

    change: int
    at: int
    by: str
    by_name: str
    via: str  # desktop, import, merge, un_merge, source, api
    version: int
    field: str
    before: JsonValue
    after: JsonValue


class ChangePage(Message):
    """Changes, newest first; `cursor` gives the next page."""

    items: tuple[Change, ...]
    cursor: str | None


# -- relations -------------------------------------------------------------------------------------------------------


class RelationKind(StrEnum):
    """How two customers belong together; directed: the first is the second's …"""

    EMPLOYEE = "employee"  # person → company
    SUBSIDIARY = "subsidiary"  # company → company
    HOUSEHOLD = "household"  # person ↔ person
    BILLED_TO = "billed_to"  # who pays
    PARTNER = "partner"  # company ↔ company


class Relation(Message):
    """A relation as it reads from one side."""

    relation: Uuid
    kind: RelationKind
    forward: bool  # this customer is the first of the two
    text: Words  # "works at", "employs"
    other: CustomerMatch


# -- duplicates ------------------------------------------------------------------------------------------------------


class Likeness(StrEnum):
    """Why two records may be one customer."""

    NUMBER = "number"
    MAIL = "mail"
    NAME_AND_ADDRESS = "name_and_address"
    TAX_NUMBER = "tax_number"
    NAME_AND_BIRTHDAY = "name_and_birthday"


class DuplicateSuggestion(Message):
    """Two records that may be one customer."""

    one: CustomerMatch
    other: CustomerMatch
    score: int  # 1 to 100
    reasons: tuple[Likeness, ...]


class DuplicatePage(Message):
    """Suggestions, the likeliest first."""

    items: tuple[DuplicateSuggestion, ...]
    cursor: str | None


class MergeChoice(Message):
    """A field in which the two differ, and what would stay."""

    field: str
    survivor: JsonValue
    merged: JsonValue
    takes: Literal["survivor", "merged", "both"]  # both: lists are joined


class MergePreview(Message):
    """What a merge would make."""

    survivor: CustomerRecord
    merged: CustomerRecord
    choices: tuple[MergeChoice, ...]
    result: CustomerFields


class MergeWanted(Message):
    """Make one of two: `merged` becomes part of `survivor`. The versions are those the person has seen."""

    survivor: str
    survivor_version: int
    merged: str
    merged_version: int
    takes: Mapping[str, Literal["survivor", "merged"]]  # field: whose value, where they differ


class MergeRecord(Message):
    """A merge that was made."""

    merge: Uuid
    survivor: str
    merged: str
    merged_name: str
    at: int
    by: str
    by_name: str
    undone_at: int | None


class Merged(Message):
    """The merge was made."""

    type: Literal["merged"] = "merged"
    merge: MergeRecord
    record: CustomerRecord


class UnMerged(Message):
    """The merge was undone: both records stand alone again."""

    type: Literal["un_merged"] = "un_merged"
    survivor: CustomerRecord
    merged: CustomerRecord
    kept: tuple[str, ...]  # fields of the survivor that were changed since, and stay as they are
    interactions_returned: int  # contacts that went back to the merged record


class MergeRefused(Message):
    """Nothing was changed. `code`: changed, merged_already, same, nested, undone_already, unknown."""

    type: Literal["refused"] = "refused"
    code: str
    text: Words


# -- one page ----------------------------------------------------------------------------------------------------------


class CustomerPage(Message):
    """Everything the customer's page shows first."""

    record: CustomerRecord
    asked_for: str  # differs from the record's customer after a merge
    alerts: tuple[Alert, ...]
    coverage: Coverage
    dealings: tuple[Dealing, ...]
    relations: tuple[Relation, ...]
    merges: tuple[MergeRecord, ...]
    duplicates: int  # suggestions to look at
    history: tuple[PastInteraction, ...]  # the newest
    cursor: str | None  # of the timeline's next page
    partial: tuple[str, ...]
