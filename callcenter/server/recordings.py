"""What callers leave in the IVR: a recording is begun, kept as a message if it is long enough, or dropped.

A recording whose caller hangs up is a message too, and one that we died over is looked at after the restart: its
beginning is in the journal, and what the switch wrote until then is on its disk.
"""

from __future__ import annotations

from callcenter.domain.ids import QueueName
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.domain.recording_name import recording_name
from callcenter.server import facts
from callcenter.server.contact import Contact, OpenRecording
from callcenter.server.effects import DeleteRecording, MeasureRecording, RecordCaller
from callcenter.server.floor import Floor


class Recordings:
    """Orders about recordings → contact, events, effects."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def begin(self, contact: Contact, order: facts.RecordingWanted, now: Moment) -> None:
        """Record the caller. The file's name is made of our own ids alone."""
        contact.left_message = True
        file = self._file(contact, order.step)
        mailbox = self._floor.plan(QueueName(order.mailbox) if order.mailbox else contact.queue).name
        contact.recordings[file] = OpenRecording(mailbox=mailbox, shortest=order.shortest)
        self._floor.write(contact, EventKind.RECORDING_BEGUN, now, file=file, mailbox=mailbox, shortest=order.shortest)
        self._floor.emit(
            RecordCaller(
                call=order.call,
                session=order.session,
                step=order.step,
                file=file,
                longest=order.longest,
                silence=order.silence,
                end_keys=order.end_keys,
            )
        )

    def keep(self, contact: Contact, order: facts.RecordingKept) -> None:
        """The recording is a message: it is filed as soon as its length is known."""
        self._measure(contact, self._file(contact, order.step))

    def drop(self, contact: Contact, order: facts.RecordingUnwanted, now: Moment) -> None:
        """Nobody wants the recording."""
        self._drop(contact, self._file(contact, order.step), now)

    def keep_rest(self, contact: Contact) -> bool:
        """The session is over: what it has not spoken of is a message as well. Say whether anything is awaited."""
        for file in list(contact.recordings):
            self._measure(contact, file)
        return bool(contact.recordings)

    def measured(self, contact: Contact, fact: facts.RecordingMeasured, now: Moment) -> None:
        """The recording's length is known: it is filed, or is no message."""
        recording = contact.recordings.get(fact.file)
        if recording is None:
            return
        if fact.seconds is None or fact.seconds < recording.shortest:
            self._drop(contact, fact.file, now)
            return
        del contact.recordings[fact.file]
        self._floor.write(
            contact,
            EventKind.VOICEMAIL_LEFT,
            now,
            file=fact.file,
            mailbox=recording.mailbox,
            seconds=round(fact.seconds, 1),
            number=contact.calling_number,
        )

    def _file(self, contact: Contact, step: int) -> str:
        return recording_name(contact.interaction, epoch=self._floor.epoch, session=contact.session, step=step)

    def _measure(self, contact: Contact, file: str) -> None:
        recording = contact.recordings.get(file)
        if recording is not None and not recording.measuring:
            recording.measuring = True
            self._floor.emit(MeasureRecording(interaction=contact.interaction, file=file))

    def _drop(self, contact: Contact, file: str, now: Moment) -> None:
        if contact.recordings.pop(file, None) is not None:
            self._floor.write(contact, EventKind.RECORDING_DROPPED, now, file=file)
            self._floor.emit(DeleteRecording(file=file))
