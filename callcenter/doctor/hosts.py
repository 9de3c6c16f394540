"""Are the host systems that flows ask well: is what is written about them right, are they there?"""

from __future__ import annotations

import asyncio

from callcenter.config import Settings, process_environment
from callcenter.doctor.findings import Examination, Finding, failure, good, warning
from callcenter.domain.errors import ConfigError
from callcenter.hosts.model import HostFailed
from callcenter.hosts.reading import load_hosts
from callcenter.hosts.sample import SAMPLE_BANK, bank_address
from callcenter.hosts.systems import ConfiguredHosts, open_hosts
from callcenter.sources.reading import load_sources


def sample_bank(settings: Settings) -> tuple[str, int] | None:
    """Return where the sample bank is to listen; None if it is not to run, or nobody can read where."""
    try:
        return bank_address(load_hosts(settings.routing.directory)) if settings.demo.bank else None
    except ConfigError:
        return None


async def check_hosts(examination: Examination) -> list[Finding]:
    """Host systems, and the sources that ask them, are described without a mistake, and can be reached."""
    settings = examination.settings
    try:
        hosts = load_hosts(settings.routing.directory)
        load_sources(settings.routing.directory, hosts)
        ours = {SAMPLE_BANK} if sample_bank(settings) is not None and not examination.running else set()
        asked = {name: host for name, host in hosts.items() if name not in ours}
        async with open_hosts(asked, secrets=settings.secrets, environment=process_environment()) as systems:
            findings = await asyncio.gather(*(_reachable(systems, name) for name in asked))
    except ConfigError as error:
        return [failure(f"Host systems: {error}", "Mend the file or make the secret; docs/hosts.md describes both.")]
    if ours:
        findings.append(good("The sample bank is looked at while the platform runs."))
    return findings or [good("No host systems are configured.")]


async def _reachable(systems: ConfiguredHosts, name: str) -> Finding:
    try:
        await systems.probe(name)
    except HostFailed as error:
        return warning(
            f"Host system {name} cannot be reached ({error}); flows that ask it send their callers to people.",
            f"Look whether it runs, at the address in hosts/{name}.yaml, and whether this machine may reach it.",
        )
    return good(f"Host system {name} can be reached.")
