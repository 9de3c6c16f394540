"""`callcenter doctor`: looks at this machine and says what is not well and what to do about it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from callcenter.clock import SystemClock
from callcenter.config import load_settings, process_environment
from callcenter.doctor.checks import all_checks
from callcenter.doctor.findings import Check, Examination, Finding, Severity
from callcenter.supervisor.home import is_in_use


def doctor(*, config: Path | None = None, home: Path | None = None) -> None:
    """Check ports, Asterisk and its rights, Redis, records, speech, host systems, microphone, clock, disk and secrets.

    Ends with status 1 when something is found with which calls or sign-in will go wrong.

    Parameters
    ----------
    config
        Settings file (TOML); without it the installation's own.
    home
        Where records, secrets and logs are.
    """
    environment = process_environment() | ({"CALLCENTER_HOME": str(home.resolve())} if home is not None else {})
    settings = load_settings(config, environment)
    examination = Examination(settings=settings, running=is_in_use(settings.home))
    findings = asyncio.run(examine(examination, all_checks(SystemClock())))
    sys.stdout.write(report(findings))
    sys.exit(1 if any(finding.severity is Severity.FAILURE for finding in findings) else 0)


async def examine(examination: Examination, checks: tuple[Check, ...]) -> list[Finding]:
    """Run all checks at once; findings come in the order of the checks."""
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(_coroutine(check, examination)) for check in checks]
    return [finding for task in running for finding in task.result()]


async def _coroutine(check: Check, examination: Examination) -> list[Finding]:
    return await check(examination)


def report(findings: list[Finding]) -> str:
    """Return the findings as text: a sentence each, what to do below it, and a count at the end."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.severity:>8}  {finding.sentence}")
        if finding.remedy:
            lines.append(f"{'':>8}  → {finding.remedy}")
    counts = [sum(finding.severity is severity for finding in findings) for severity in Severity]
    lines.append(f"\n{counts[0]} well, {counts[1]} to know of, {counts[2]} to mend")
    return "\n".join(lines) + "\n"
