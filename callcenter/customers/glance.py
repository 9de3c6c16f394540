"""What is due between the firm and a customer today: alerts, entitlement, and what routing makes of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import JsonValue

from callcenter.api.card import (
    Alert,
    AlertKind,
    AttributeValue,
    Coverage,
    CoverState,
    CustomerKind,
    Dealing,
    DealingKind,
    RoutingHints,
)
from callcenter.api.customers import PaymentRecord
from callcenter.api.shapes import Words
from callcenter.customers.spoken import amount, day

ENDING_DAYS = 30
ENDED_DAYS = 90  # longer ago, it is no news
_COVERS = (DealingKind.CONTRACT, DealingKind.WARRANTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the record says that matters while a customer is on the line."""

    kind: CustomerKind
    territory: str
    owner: str | None
    payment_record: PaymentRecord
    no_calls: bool
    no_mail: bool
    custom: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """The top of the pop."""

    alerts: tuple[Alert, ...]
    coverage: Coverage
    routing: RoutingHints


def glance(facts: Facts, dealings: Sequence[Dealing], today: date, routing_fields: Sequence[str] = ()) -> Glance:
    """Return what is due `today` (the firm's day). `routing_fields`: the custom fields that routing may use."""
    now = today.isoformat()
    coverage, contract = _coverage(dealings, now)
    alerts = sorted(_alerts(facts, dealings, contract, today), key=lambda alert: list(AlertKind).index(alert.kind))
    kinds = {alert.kind for alert in alerts}
    attributes: dict[str, AttributeValue] = {
        "customer_kind": facts.kind.value,
        "entitlement": coverage.state.value,
        "contract_level": coverage.level,
        "open_complaint": AlertKind.OPEN_COMPLAINT in kinds,
        "do_not_sell": AlertKind.DO_NOT_SELL in kinds,
        "invoice_overdue": AlertKind.INVOICE_OVERDUE in kinds,
        "payment_record": facts.payment_record.value,
        "territory": facts.territory,
        "owner": facts.owner or "",
    }
    for name in routing_fields:
        value = facts.custom.get(name)
        if isinstance(value, str | int | float | bool):
            attributes[name] = value
    return Glance(
        alerts=tuple(alerts),
        coverage=coverage,
        routing=RoutingHints(
            priority=contract.priority if contract else 0,
            requirements=contract.requirements if contract else {},
            attributes=attributes,
        ),
    )


def _coverage(dealings: Sequence[Dealing], now: str) -> tuple[Coverage, Dealing | None]:
    """Find what entitles today: the contract of the highest priority, and of those the one that lasts longest."""
    active = [one for one in dealings if one.kind in _COVERS and one.state == "active" and one.opened_on <= now]
    covering = [one for one in active if one.due_on is None or one.due_on >= now]
    if covering:
        best = max(
            covering, key=lambda one: (one.kind is DealingKind.CONTRACT, one.priority, one.due_on or "9", one.dealing)
        )
        return _covered(best), best
    if active:
        last = max(active, key=lambda one: (one.due_on or "", one.dealing))
        when = day(last.due_on or "")
        text = Words(en=f"Cover ended on {when.en}.", zh=f"服务已于{when.zh}到期。")
        return _as_coverage(CoverState.ENDED, last, text), None
    none = Words(en="No contract, no warranty.", zh="无服务合同，无保修。")
    return Coverage(state=CoverState.NONE, until=None, level="", dealing=None, text=none), None


def _covered(dealing: Dealing) -> Coverage:
    level = f" ({dealing.level})" if dealing.level else ""
    level_zh = f"（{dealing.level}）" if dealing.level else ""
    what = Words(en="Covered", zh="服务") if dealing.kind is DealingKind.CONTRACT else Words(en="Warranty", zh="保修")
    if dealing.due_on is None:
        text = Words(en=f"{what.en}, without an end{level}.", zh=f"{what.zh}长期有效{level_zh}。")
    else:
        when = day(dealing.due_on)
        text = Words(en=f"{what.en} until {when.en}{level}.", zh=f"{what.zh}有效至{when.zh}{level_zh}。")
    return _as_coverage(CoverState.COVERED, dealing, text)


def _as_coverage(state: CoverState, dealing: Dealing, text: Words) -> Coverage:
    return Coverage(state=state, until=dealing.due_on, level=dealing.level, dealing=dealing.dealing, text=text)


def _alerts(facts: Facts, dealings: Sequence[Dealing], contract: Dealing | None, today: date) -> Iterator[Alert]:
    now = today.isoformat()
    complaints = _oldest_first(one for one in dealings if one.kind is DealingKind.COMPLAINT and one.open)
    blocking = [one for one in complaints if one.blocks_sales]
    if blocking:
        title = blocking[0].title
        text = Words(en=f"Do not sell: unresolved issue ({title}).", zh=f"请勿推销：问题未解决（{title}）。")
        yield Alert(kind=AlertKind.DO_NOT_SELL, text=text, dealing=blocking[0].dealing)
    if complaints:
        since, more = day(complaints[0].opened_on), _more(len(complaints) - 1)
        text = Words(
            en=f"Open complaint since {since.en}: {complaints[0].title}{more.en}.",
            zh=f"自{since.zh}起有未处理的投诉：{complaints[0].title}{more.zh}。",
        )
        yield Alert(kind=AlertKind.OPEN_COMPLAINT, text=text, dealing=complaints[0].dealing)
    yield from _overdue(dealings, now)
    yield from _contract_end(dealings, contract, today)
    if facts.no_calls:
        yield Alert(kind=AlertKind.DO_NOT_CALL, text=Words(en="Do not call.", zh="请勿致电。"), dealing=None)
    if facts.no_mail:
        yield Alert(kind=AlertKind.NO_MAIL, text=Words(en="No mail, please.", zh="请勿发送邮件。"), dealing=None)


def _overdue(dealings: Sequence[Dealing], now: str) -> Iterator[Alert]:
    late = [one for one in dealings if one.open and one.due_on is not None and one.due_on < now]
    late.sort(key=lambda one: (one.due_on or "", one.dealing))
    invoices = [one for one in late if one.kind is DealingKind.INVOICE]
    if invoices:
        since, more = day(invoices[0].due_on or ""), _more(len(invoices) - 1)
        first = invoices[0]
        unpaid = first.unpaid if first.unpaid is not None else first.amount
        sum_ = f" ({amount(unpaid, first.currency)})" if unpaid is not None else ""
        text = Words(
            en=f"Invoice {first.number}{sum_} overdue since {since.en}{more.en}.",
            zh=f"发票{first.number}{sum_}自{since.zh}起逾期{more.zh}。",
        )
        yield Alert(kind=AlertKind.INVOICE_OVERDUE, text=text, dealing=first.dealing)
    ours = [one for one in late if one.kind is DealingKind.PROMISE and one.by == "us"]
    if ours:
        since, more = day(ours[0].due_on or ""), _more(len(ours) - 1)
        text = Words(
            en=f"We promised by {since.en}: {ours[0].title}{more.en}.",
            zh=f"我方承诺于{since.zh}前：{ours[0].title}{more.zh}。",
        )
        yield Alert(kind=AlertKind.PROMISE_OVERDUE, text=text, dealing=ours[0].dealing)


def _contract_end(dealings: Sequence[Dealing], contract: Dealing | None, today: date) -> Iterator[Alert]:
    contracts = [one for one in dealings if one.kind is DealingKind.CONTRACT and one.state == "active"]
    ends = [one.due_on for one in contracts]
    if not contracts or None in ends:
        return
    last = max(contracts, key=lambda one: (one.due_on or "", one.dealing))
    end = last.due_on or ""
    when = day(end)
    soon, lately = (today + timedelta(days=ENDING_DAYS)).isoformat(), (today - timedelta(days=ENDED_DAYS)).isoformat()
    if contract is not None and today.isoformat() <= end <= soon:
        text = Words(en=f"Contract {last.number} ends on {when.en}.", zh=f"合同{last.number}将于{when.zh}到期。")
        yield Alert(kind=AlertKind.CONTRACT_ENDING, text=text, dealing=last.dealing)
    elif lately <= end < today.isoformat():
        text = Words(en=f"Contract {last.number} ended on {when.en}.", zh=f"合同{last.number}已于{when.zh}到期。")
        yield Alert(kind=AlertKind.CONTRACT_ENDED, text=text, dealing=last.dealing)


def _oldest_first(dealings: Iterator[Dealing]) -> list[Dealing]:
    return sorted(dealings, key=lambda one: (one.opened_on, one.dealing))


def _more(count: int) -> Words:
    return Words(en=f", and {count} more", zh=f"，另有{count}项") if count > 0 else Words(en="", zh="")
