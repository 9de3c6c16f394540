"""The speech synthesis process: ``python -m ivr.tts.worker --socket PATH --directory PATH``.

Does the jobs of `ivr.tts.protocol` one after the other, in its only thread. When the engine hangs, the process
ends itself; whoever supervises it starts a new one, and the client asks again.

espeak-ng is GPL-licensed and loaded here alone; no other process of the platform imports this module.
"""

import argparse
import asyncio
import faulthandler
import os
import signal
import sys
import wave
from pathlib import Path

import structlog

from ivr.prompts.speakable import speakable
from ivr.tts.protocol import BEGUN, MAX_LINE, ProtocolError, Reply, decode_job, encode_reply
from ivr.tts.speaker import Speaker, UnspeakableError

_log = structlog.get_logger(__name__)


def main() -> None:
    """Run the process until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="ivr.tts.worker", description="Speech synthesis worker")
    parser.add_argument("--socket", type=Path, required=True, help="Unix socket to listen at")
    parser.add_argument("--directory", type=Path, required=True, help="where the sound files go")
    parser.add_argument("--wideband", action="store_true", help="write 16 kHz files as well")
    parser.add_argument("--job-seconds", type=float, default=10.0, help="longest job; after it the process ends")
    options = parser.parse_args()
    os.dup2(2, 1)  # the speech engine prints to standard output, which is nobody's protocol here
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 (for the life of the process)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    # Not the event loop's own handlers: while the engine hangs, the loop stands still and would never run them.
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda _number, _frame: sys.exit(0))
    try:
        asyncio.run(
            serve(options.socket, options.directory, wideband=options.wideband, job_seconds=options.job_seconds)
        )
    finally:
        options.socket.unlink(missing_ok=True)


async def serve(socket: Path, directory: Path, *, wideband: bool, job_seconds: float) -> None:
    """Do jobs for ever. The socket appears once the engine is ready; only our own user may use it."""
    faulthandler.dump_traceback_later(job_seconds, exit=True)
    speaker = Speaker(directory, wideband=wideband)
    faulthandler.cancel_dump_traceback_later()

    async def do_job(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await reader.readline()
            if line:
                # The engine's own thread is this one, so the loop stands still while it speaks. The watchdog is
                # a thread of C that needs neither the loop nor the interpreter to end the process.
                faulthandler.dump_traceback_later(job_seconds, exit=True)
                writer.write(BEGUN)  # goes out before the loop stands still
                reply = _answer(speaker, line)
                faulthandler.cancel_dump_traceback_later()
                writer.write(encode_reply(reply))
                await writer.drain()
        except (ConnectionError, ValueError):
            pass  # the client has gone, or its line was too long
        finally:
            writer.close()

    before = os.umask(0o077)
    server = await asyncio.start_unix_server(do_job, socket, limit=MAX_LINE)
    os.umask(before)
    _log.info("speech_worker_ready", pid=os.getpid())
    async with server:
        await server.serve_forever()


def _answer(speaker: Speaker, line: bytes) -> Reply:
    try:
        job = decode_job(line)
        seconds = speaker.speak(speakable(job.text), voice=job.voice, rate=job.rate, key=job.key)
    except (ProtocolError, UnspeakableError, ValueError) as refusal:
        return Reply(error=str(refusal))
    except (OSError, EOFError, wave.Error) as failure:
        why = getattr(failure, "strerror", None) or type(failure).__name__
        _log.error("speech_file_not_written", error=why)
        return Reply(error=f"cannot write: {why}")
    return Reply(seconds=seconds)


if __name__ == "__main__":
    main()
