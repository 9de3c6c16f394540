"""What agents ask for about calls: granted and ordered, or refused with a code of `CallRefusal`.

An order is not the deed: what became of it the switch reports, and `callcenter.server.talks` understands. Until it
shows, nothing else may be ordered of the same call but to put the phone down, so that no two orders ever cross.
"""

from __future__ import annotations

from callcenter.api import calls
from callcenter.api.calls import CallRefusal, ConnectionState, Operation
from callcenter.api.messages import Done, Reply
from callcenter.domain import commands, events
from callcenter.domain.ids import AgentId, CallId, ConnectionId, InteractionId
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server.callees import Callees
from callcenter.server.contact import Beside, Contact
from callcenter.server.directory import Directory
from callcenter.server.floor import Floor
from callcenter.server.handing_on import HandingOn
from callcenter.server.own_calls import OwnCalls
from callcenter.server.pages import Pages
from callcenter.server.refusals import refused
from callcenter.server.routing import Routing
from callcenter.server.situation import Situation, allowed, situation
from callcenter.server.undertakings import Awaited, Undertakings

DIGITS = frozenset("0123456789*#ABCD")
MOST_DIGITS = 32  # pressed at once
_DONE = Done()


class CallControl:
    """Requests about calls → commands, engine, a reply."""

    def __init__(
        self,
        floor: Floor,
        *,
        routing: Routing,
        undertakings: Undertakings,
        handing_on: HandingOn,
        own_calls: OwnCalls,
        pages: Pages,
        callees: Callees,
    ) -> None:
        self._floor = floor
        self._routing = routing
        self._undertakings = undertakings
        self._handing_on = handing_on
        self._own_calls = own_calls
        self._pages = pages
        self._callees = callees
        self._directory = Directory(floor)

    def answer(self, request_id: str, request: calls.CallRequest, now: Moment) -> Reply:
        """Carry one request out, or refuse it."""
        match request:
            case calls.SearchDirectory():
                return calls.DirectoryFound(entries=self._directory.search(request, now))
            case calls.MakeCall():
                return self._own_calls.make(request_id, request, now)
            case calls.ReportQuality():
                return self._quality(request, now)
            case _:
                return self._about_call(request_id, request, now)

    # -- about a call that there is -----------------------------------------------------------------------------------

    def _about_call(self, request_id: str, request: calls.AboutCall, now: Moment) -> Reply:
        contact = self._floor.contacts.get(InteractionId(request.interaction))
        agent = AgentId(request.agent)
        how = situation(contact, agent) if contact is not None else Situation.NONE
        if contact is None or how is Situation.NONE:
            return refused(CallRefusal.NOT_YOURS)
        operation = _OPERATIONS[type(request)]
        if isinstance(request, calls.ClearConnection) and request.party is not None:
            operation = Operation.DROP_PARTY
        if operation not in allowed(contact, how):
            return refused(CallRefusal.WRONG_STATE)
        if not self._floor.switch_up:
            return refused(CallRefusal.SWITCH_DOWN)
        if contact.under_way is not None and operation is not Operation.CLEAR:
            return refused(CallRefusal.UNDER_WAY)
        return self._carry_out(request_id, request, contact, how, now)

    def _carry_out(  # noqa: PLR0911 -- one line per request
        self, request_id: str, request: calls.AboutCall, contact: Contact, how: Situation, now: Moment
    ) -> Reply:
        match request:
            case calls.RejectCall():
                return self._reject(contact, now)
            case calls.HoldCall():
                return self._hold(contact, now)
            case calls.RetrieveCall():
                return self._retrieve(contact, now)
            case calls.ConsultationCall():
                return self._consult(request_id, request, contact, now)
            case calls.AlternateCall():
                return self._alternate(contact, to_customer=how is Situation.CONSULTING, now=now)
            case calls.ReconnectCall():
                return self._reconnect(contact, now)
            case calls.TransferCall():
                return self._transfer(contact, how, now)
            case calls.ConferenceCall():
                return self._conference(contact, now)
            case calls.SingleStepTransferCall():
                return self._handing_on.single_step(contact, request, now)
            case calls.ClearConnection():
                return self._clear(request, contact, how)
            case calls.GenerateDigits():
                return self._digits(request, contact)

    def _reject(self, contact: Contact, now: Moment) -> Reply:
        self._routing.reject(contact, now)
        return _DONE

    def _hold(self, contact: Contact, now: Moment) -> Reply:
        call, own = _ends(contact)
        awaited: set[Awaited] = {(events.Held, call), (events.ServiceInitiated, CallId(own))}
        order = commands.HoldCall(call=call, connection=own)
        self._undertakings.begin(contact, Operation.HOLD, order, awaited, now)
        return _DONE

    def _retrieve(self, contact: Contact, now: Moment) -> Reply:
        call, own = _ends(contact)
        order = commands.RetrieveCall(call=call, connection=own)
        self._undertakings.begin(contact, Operation.RETRIEVE, order, {(events.Retrieved, call)}, now)
        return _DONE

    def _consult(self, request_id: str, request: calls.ConsultationCall, contact: Contact, now: Moment) -> Reply:
        callee = self._callees.find(request.target, AgentId(request.agent))
        if isinstance(callee, CallRefusal):
            return refused(callee)
        if callee.desk is not None:
            refusal = self._routing.take_for_consultation(contact, callee.desk, now, request_id=request_id)
            if refusal is not None:
                return refused(CallRefusal.TARGET_BUSY)
        call, own = _ends(contact)
        hold = contact.hold is None or contact.hold.by_phone
        contact.beside = Beside(
            agent=callee.desk.record.agent if callee.desk else None,
            number=callee.number,
            device=callee.desk.record.device if callee.desk else None,
            state=ConnectionState.ALERTING,
            since=now,
        )
        self._floor.write(contact, EventKind.CONSULTED, now, agent=contact.agent, to=callee.name, to_kind=callee.kind)
        awaited: set[Awaited] = {(events.Originated, CallId(own))}
        if hold:
            awaited.add((events.Held, call))
        order = commands.ConsultationCall(call=call, connection=own, to=callee.destination, hold=hold)
        self._undertakings.begin(contact, Operation.CONSULT, order, awaited, now)
        if callee.desk is not None:
            self._pages.show_at(callee.desk, contact)
        return _DONE

    def _alternate(self, contact: Contact, *, to_customer: bool, now: Moment) -> Reply:
        call, own = _ends(contact)
        party = _party(contact)
        awaited: set[Awaited] = {(events.Held, CallId(own)), (events.Retrieved, call)}
        if not to_customer:
            awaited = {(events.Held, call), (events.Retrieved, CallId(own))}
        order = commands.AlternateCall(call=call, connection=own, party=party, to_customer=to_customer)
        self._undertakings.begin(contact, Operation.ALTERNATE, order, awaited, now)
        return _DONE

    def _reconnect(self, contact: Contact, now: Moment) -> Reply:
        call, own = _ends(contact)
        party = contact.party
        if contact.hold is None:  # he talks to the customer already: only the other is let go
            self._floor.command(commands.ClearConnection(connection=_party(contact)))
            return _DONE
        order = commands.ReconnectCall(call=call, connection=own, party=party.connection if party else None)
        self._undertakings.begin(contact, Operation.RECONNECT, order, {(events.Retrieved, call)}, now)
        return _DONE

    def _transfer(self, contact: Contact, how: Situation, now: Moment) -> Reply:
        call, own = _ends(contact)
        if how is Situation.CONFERENCE:  # to leave it is to hand over
            self._floor.command(commands.ClearConnection(connection=own))
            return _DONE
        party = _party(contact)
        order = commands.TransferCall(call=call, connection=own, party=party, customer_held=contact.hold is not None)
        self._undertakings.begin(contact, Operation.TRANSFER, order, {(events.Transferred, call)}, now)
        return _DONE

    def _conference(self, contact: Contact, now: Moment) -> Reply:
        call, own = _ends(contact)
        order = commands.ConferenceCall(
            call=call, connection=own, party=_party(contact), customer_held=contact.hold is not None
        )
        self._undertakings.begin(contact, Operation.CONFERENCE, order, {(events.Conferenced, call)}, now)
        return _DONE

    def _clear(self, request: calls.ClearConnection, contact: Contact, how: Situation) -> Reply:
        if request.party is not None:
            return self._drop_party(request.party, contact)
        if how is Situation.CONSULTED:
            own = contact.party.connection if contact.party is not None else ConnectionId(contact.call_id)
            if own is not None:
                self._floor.command(commands.ClearConnection(connection=own))
            return _DONE
        self._floor.command(commands.ClearConnection(connection=_ends(contact)[1]))
        return _DONE

    def _drop_party(self, named: str, contact: Contact) -> Reply:
        party = contact.party
        if party is None or named not in (party.connection, party.agent, party.number):
            return refused(CallRefusal.TARGET_UNKNOWN)
        if party.connection is not None:
            self._floor.command(commands.ClearConnection(connection=party.connection))
        if party.joined:
            own = _ends(contact)[1]
            self._floor.command(commands.NameHeir(connection=own, heir=own))
        return _DONE

    def _digits(self, request: calls.GenerateDigits, contact: Contact) -> Reply:
        if not request.digits or len(request.digits) > MOST_DIGITS or not DIGITS.issuperset(request.digits):
            return refused(CallRefusal.NO_DIGITS)
        own = contact.connection
        if contact.party is not None and contact.party.agent == request.agent:
            own = contact.party.connection
        if own is not None:
            self._floor.command(commands.GenerateDigits(connection=own, digits=request.digits))
        return _DONE

    # -- the rest -----------------------------------------------------------------------------------------------------

    def _quality(self, request: calls.ReportQuality, now: Moment) -> Reply:
        contact = self._floor.contacts.get(InteractionId(request.interaction))
        if contact is None or AgentId(request.agent) not in contact.concerned():
            return refused(CallRefusal.NOT_YOURS)
        measured = request.model_dump(exclude={"type", "interaction"})
        self._floor.write(contact, EventKind.QUALITY, now, **measured)
        return _DONE


_OPERATIONS: dict[type[calls.AboutCall], Operation] = {
    calls.RejectCall: Operation.REJECT,
    calls.HoldCall: Operation.HOLD,
    calls.RetrieveCall: Operation.RETRIEVE,
    calls.ConsultationCall: Operation.CONSULT,
    calls.AlternateCall: Operation.ALTERNATE,
    calls.ReconnectCall: Operation.RECONNECT,
    calls.TransferCall: Operation.TRANSFER,
    calls.ConferenceCall: Operation.CONFERENCE,
    calls.SingleStepTransferCall: Operation.TRANSFER_TO,
    calls.ClearConnection: Operation.CLEAR,
    calls.GenerateDigits: Operation.DIGITS,
}


def _ends(contact: Contact) -> tuple[CallId, ConnectionId]:
    """Return both ends of an agent's talk; the law lets nobody ask where there are not both."""
    assert contact.connection is not None  # noqa: S101 -- a contact at an agent has his connection
    return contact.call_id, contact.connection


def _party(contact: Contact) -> ConnectionId:
    party = contact.party
    assert party is not None  # noqa: S101 -- the law lets nobody ask where there is none
    assert party.connection is not None  # noqa: S101 -- who is connected or held has one
    return party.connection
