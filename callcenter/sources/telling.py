"""What sources said, put onto a customer's card and page. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from callcenter.api.card import (
    Alert,
    AlertKind,
    AttributeValue,
    Coverage,
    CoverState,
    CustomerCard,
    RoutingHints,
)
from callcenter.api.customers import CustomerPage
from callcenter.api.shapes import Tier, Words
from callcenter.customers.spoken import day
from callcenter.domain.phone_number import to_e164
from callcenter.sources.model import By, SourcePlan, Told
from ivr.fields import FieldValue

LONGEST = 200
_LONGEST = {"territory": 80}  # characters of a record's field, where they are fewer
MOST_AHEAD = 3_600
_NAMESPACE = uuid.UUID("5b0f6a52-6a0e-5c1f-9a3d-0d5f0f3a9c41")
_ALERTS = {
    AlertKind.DO_NOT_SELL: Words(en="Do not sell: unresolved issue", zh="请勿推销：问题未解决"),
    AlertKind.OPEN_COMPLAINT: Words(en="Open complaint", zh="有未处理的投诉"),
    AlertKind.INVOICE_OVERDUE: Words(en="Invoice overdue", zh="发票逾期"),
    AlertKind.PROMISE_OVERDUE: Words(en="A promise of ours is overdue", zh="我方承诺已逾期"),
    AlertKind.CONTRACT_ENDED: Words(en="Contract ended", zh="合同已到期"),
    AlertKind.CONTRACT_ENDING: Words(en="Contract is ending", zh="合同即将到期"),
    AlertKind.DO_NOT_CALL: Words(en="Do not call", zh="请勿致电"),
    AlertKind.NO_MAIL: Words(en="No mail, please", zh="请勿发送邮件"),
}
_SEEN_BY_RULES = {
    AlertKind.OPEN_COMPLAINT: "open_complaint",
    AlertKind.DO_NOT_SELL: "do_not_sell",
    AlertKind.INVOICE_OVERDUE: "invoice_overdue",
}
_BETTER = (CoverState.NONE, CoverState.ENDED, CoverState.COVERED)


def is_about(by: By, asked: str, key: FieldValue, country: str) -> bool:
    """Tell whether an answer whose key is this one is about the customer who was asked for."""
    if key is None or isinstance(key, bool):
        return False
    text = str(key).strip()
    if by is By.NUMBER:
        return to_e164(text, country) == asked
    return text.casefold() == asked.strip().casefold()


def customer_of(told: Told) -> str | None:
    """Return the id of a customer whom only this source knows: always the same; none: it did not say which one."""
    account = told.text(told.plan.fields.get("account"))
    return str(uuid.uuid5(_NAMESPACE, f"{told.plan.name}/{account}")) if account else None


def new_card(told: Told, number: str | None) -> CustomerCard | None:
    """Return the card of a customer whom only this source knows; none: it said too little."""
    fields = record_fields(told)
    customer = customer_of(told)
    if customer is None or "name" not in fields:
        return None
    card = CustomerCard.bare(
        customer=customer, name=fields["name"], account=fields["account"], tier=Tier(fields.get("tier", Tier.STANDARD))
    )
    return card.model_copy(update={"numbers": (number,) if number else ()})


def record_fields(told: Told) -> dict[str, str]:
    """Return the fields of a record that a source gave and that can be: no tier that there is not."""
    found = {name: told.text(field)[: _LONGEST.get(name, LONGEST)] for name, field in told.plan.fields.items()}
    found = {name: value for name, value in found.items() if value}
    if "tier" in found:
        found["tier"] = found["tier"].casefold()
        if found["tier"] not in set(Tier):
            del found["tier"]
    if "language" in found:
        found["language"] = found["language"].casefold()[:2]
        if not (found["language"].isascii() and found["language"].isalpha() and len(found["language"]) == 2):
            del found["language"]
    if len(found.get("account", "")) > 40:
        del found["account"]
    return found


def completed_card(card: CustomerCard, told: Sequence[Told], late: Sequence[str], today: date) -> CustomerCard:
    """Return the card with what sources said, and the names of those that did not in time."""
    seen = _Seen(card.alerts, card.coverage, card.routing)
    changed: dict[str, object] = {}
    for one in told:
        given = record_fields(one)
        if "tier" in given:
            changed["tier"] = Tier(given["tier"])
        changed |= {name: given[name] for name in ("name", "language", "territory") if name in given}
        seen = seen.with_told(one, today)
    return card.model_copy(
        update={
            **changed,
            "alerts": seen.alerts,
            "coverage": seen.coverage,
            "routing": seen.routing,
            "partial": (*card.partial, *late),
        }
    )


def completed_page(page: CustomerPage, told: Sequence[Told], late: Sequence[str], today: date) -> CustomerPage:
    """Return the page likewise. A record that came from a source shows what the source says of it now."""
    seen = _Seen(page.alerts, page.coverage, RoutingHints(priority=0, requirements={}, attributes={}))
    record = page.record
    for one in told:
        seen = seen.with_told(one, today)
        if record.fields.source == one.plan.name:
            kept = {"account", *record.hidden}
            given: dict[str, object] = {name: value for name, value in record_fields(one).items() if name not in kept}
            if "tier" in given:
                given["tier"] = Tier(str(given["tier"]))
            record = record.model_copy(update={"fields": record.fields.model_copy(update=given)})
    return page.model_copy(
        update={
            "record": record,
            "alerts": seen.alerts,
            "coverage": seen.coverage or page.coverage,
            "partial": (*page.partial, *late),
        }
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    alerts: tuple[Alert, ...]
    coverage: Coverage | None
    routing: RoutingHints

    def with_told(self, told: Told, today: date) -> _Seen:
        alerts = _joined(self.alerts, _alerts(told))
        coverage = _coverage(told, today)
        better = coverage is not None and (
            self.coverage is None or _BETTER.index(coverage.state) > _BETTER.index(self.coverage.state)
        )
        attributes: dict[str, AttributeValue] = dict(self.routing.attributes)
        attributes |= {_SEEN_BY_RULES[one.kind]: True for one in alerts if one.kind in _SEEN_BY_RULES}
        priority = self.routing.priority
        if better and coverage is not None:
            attributes |= {"entitlement": coverage.state.value, "contract_level": coverage.level}
            if coverage.state is CoverState.COVERED:
                priority = max(priority, _priority(told))
        for name in told.plan.routing:
            value = told.answer.get(name)
            if value is not None:
                attributes[name] = value
        routing = self.routing.model_copy(update={"priority": priority, "attributes": attributes})
        return _Seen(alerts, coverage if better else self.coverage, routing)


def _alerts(told: Told) -> Iterable[Alert]:
    for kind, field in told.plan.alerts.items():
        value = told.answer.get(field)
        if not value or value == "0":
            continue
        words = _ALERTS[kind]
        more = "" if value is True else f" ({told.text(field)[:LONGEST]})"
        yield Alert(kind=kind, text=Words(en=f"{words.en}{more}.", zh=f"{words.zh}{more}。"), dealing=None)


def _joined(alerts: tuple[Alert, ...], more: Iterable[Alert]) -> tuple[Alert, ...]:
    """Return all alerts, the most urgent first; of one kind, our own, which knows more."""
    known = {alert.kind: alert for alert in (*more, *alerts)}
    return tuple(sorted(known.values(), key=lambda alert: list(AlertKind).index(alert.kind)))


def _coverage(told: Told, today: date) -> Coverage | None:
    """Return what the source says of cover; none: nothing, or no day."""
    try:
        until = date.fromisoformat(told.text(told.plan.covered_until)[:10])
    except ValueError:
        return None
    level = told.text(told.plan.level)[:80]
    when = day(until.isoformat())
    shown, shown_zh = (f" ({level})", f"（{level}）") if level else ("", "")
    if until >= today:
        text = Words(en=f"Covered until {when.en}{shown}.", zh=f"服务有效至{when.zh}{shown_zh}。")
    else:
        text = Words(en=f"Cover ended on {when.en}.", zh=f"服务已于{when.zh}到期。")
    state = CoverState.COVERED if until >= today else CoverState.ENDED
    return Coverage(state=state, until=until.isoformat(), level=level, dealing=None, text=text)


def _priority(told: Told) -> int:
    value = told.answer.get(told.plan.priority) if told.plan.priority else None
    return max(0, min(int(value), MOST_AHEAD)) if isinstance(value, int | float) and not isinstance(value, bool) else 0


def plans_by(plans: Iterable[SourcePlan], by: By) -> tuple[SourcePlan, ...]:
    """Return the sources that can be asked by this."""
    return tuple(plan for plan in plans if by in plan.questions)
