"""The card: what an agent sees of a customer before the phone rings. It travels with every offer, so it is small."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, Self

from callcenter.api.calls import CallDirection
from callcenter.api.shapes import Currency, Day, Message, Name, Tier, Uuid, Words

AttributeValue = str | int | float | bool


class Medium(StrEnum):
    """By which way an interaction came. Mails and chats stand in the same timeline as calls."""

    CALL = "call"
    MAIL = "mail"
    CHAT = "chat"


class PastInteraction(Message):
    """One earlier contact of a customer, as the agent reads it."""

    interaction: Uuid
    medium: Medium
    direction: CallDirection
    started_at: int
    queue: str | None
    queue_label: str | None
    agent: str | None
    agent_name: str | None
    outcome: str
    waited_s: float | None
    talked_s: float | None
    disposition: str | None
    disposition_label: str | None
    summary: Words  # made from what happened: "Waited 0:42 in Billing, talked 3:10 with Ana Torres."
    note: str | None  # what the agent wrote


class CustomerKind(StrEnum):
    """Whom a record is about."""

    PERSON = "person"
    COMPANY = "company"


class CardContact(Message):
    """Somebody at the customer: the one whose number it is."""

    name: str
    role: str  # what he does there, as the firm wrote it; may be empty


class AlertKind(StrEnum):
    """What an agent must know before he says anything, the most urgent first."""

    DO_NOT_SELL = "do_not_sell"  # an issue of theirs is not resolved
    OPEN_COMPLAINT = "open_complaint"
    INVOICE_OVERDUE = "invoice_overdue"
    PROMISE_OVERDUE = "promise_overdue"  # ours
    CONTRACT_ENDED = "contract_ended"
    CONTRACT_ENDING = "contract_ending"
    DO_NOT_CALL = "do_not_call"
    NO_MAIL = "no_mail"


class Alert(Message):
    """One line on top of the pop."""

    kind: AlertKind
    text: Words
    dealing: Uuid | None  # what it is about


class CoverState(StrEnum):
    """Whether the customer is entitled to service today."""

    COVERED = "covered"
    ENDED = "ended"
    NONE = "none"  # there was never a contract


class Coverage(Message):
    """The entitlement check, as of the moment of the call."""

    state: CoverState
    until: Day | None  # the last day of cover; of the last one when it has ended
    level: str  # of service, as the contract names it; empty without one
    dealing: Uuid | None  # the contract or warranty that decides
    text: Words  # "Covered until 31 March 2027 (premium)."


class DealingKind(StrEnum):
    """What the firm and a customer have with each other."""

    ORDER = "order"
    CONTRACT = "contract"  # a service contract
    WARRANTY = "warranty"
    INVOICE = "invoice"
    COMPLAINT = "complaint"
    PROMISE = "promise"


class Dealing(Message):
    """One order, contract, warranty, invoice, complaint or promise. Which fields it has depends on its kind.

    ``opened_on``  order: placed; contract, warranty: first day; invoice: issued; complaint, promise: made
    ``due_on``     order: delivery; contract, warranty: last day of cover; invoice, promise: due
    ``amount``     order: total; invoice: total; ``unpaid`` of it
    ``level``, ``priority``, ``requirements``  contract: what it entitles to
    ``by``         promise: whose
    """

    dealing: Uuid
    kind: DealingKind
    number: str  # what the firm calls it; may be empty
    title: str
    state: Name  # of its kind: see `callcenter.customers.dealings.STATES`
    open: bool  # follows from the state
    by: Literal["us", "them"] | None
    opened_on: Day
    due_on: Day | None
    amount: int | None
    unpaid: int | None
    currency: Currency | None
    level: str
    priority: int  # seconds that a covered caller is ahead
    requirements: Mapping[str, int]  # skill: least proficiency, for a covered caller
    blocks_sales: bool  # complaint: nothing is to be sold while it is open
    note: str


class DealingPage(Message):
    """Dealings of a customer; `cursor` gives the next page."""

    items: tuple[Dealing, ...]
    cursor: str | None


class RoutingHints(Message):
    """What routing may use of a customer, computed when he calls."""

    priority: int  # seconds ahead of others, from what he is entitled to
    requirements: Mapping[str, int]  # skill: least proficiency
    attributes: Mapping[str, AttributeValue]  # entitlement, contract_level, open_complaint, overdue, custom fields


class CustomerCard(Message):
    """What the agent sees of a customer at a glance."""

    customer: str
    kind: CustomerKind
    name: str
    account: str
    tier: Tier
    language: str | None
    numbers: tuple[str, ...]
    contact: CardContact | None  # whose number it is, when it is somebody at the customer
    owner: str | None  # the agent who looks after the customer
    owner_name: str | None
    last_agent: str | None  # who talked with the customer last
    last_talk_at: int | None  # when that contact began
    territory: str | None
    alerts: tuple[Alert, ...]  # the most urgent first
    coverage: Coverage | None  # none: not known
    dealings: tuple[Dealing, ...]  # open ones first; at most 12
    history: tuple[PastInteraction, ...]  # newest first; at most 5
    routing: RoutingHints
    partial: tuple[str, ...]  # sources that had not answered in time: what they know is missing here

    @classmethod
    def bare(cls, *, customer: str, name: str, account: str, tier: Tier) -> Self:
        """Make a card of the little that is known."""
        return cls(
            customer=customer,
            kind=CustomerKind.PERSON,
            name=name,
            account=account,
            tier=tier,
            language=None,
            numbers=(),
            contact=None,
            owner=None,
            owner_name=None,
            last_agent=None,
            last_talk_at=None,
            territory=None,
            alerts=(),
            coverage=None,
            dealings=(),
            history=(),
            routing=RoutingHints(priority=0, requirements={}, attributes={}),
            partial=(),
        )
