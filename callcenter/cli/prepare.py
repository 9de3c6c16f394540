"""`callcenter prepare`: brings an installation's files and tables to what this version and its settings say.

Run by the supervisor before anything that needs them, at every start: nothing to do is the usual case, and whatever is
wrong with a configuration or flow file is said here, before any of it takes effect.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from callcenter.asterisk import tone
from callcenter.clock import SystemClock
from callcenter.config import Settings, load_settings
from callcenter.domain.catalogue import Catalogue
from callcenter.domain.errors import ConfigError
from callcenter.flows.drafts import house_of, read_drafts
from callcenter.flows.publishing import changed, check_numbers, publish_first
from callcenter.flows.store import FlowStore
from callcenter.hosts.reading import load_hosts
from callcenter.house import open_flows, operations, read_catalogue
from callcenter.storage.database import open_database
from callcenter.storage.demo import plant_demo
from callcenter.storage.people import SqlPeople
from callcenter.storage.schema import upgrade
from callcenter.switch_files import write_switch


def prepare(*, config: Path | None = None) -> None:
    """Check the configuration, upgrade the records, write the embedded Asterisk's configuration.

    Parameters
    ----------
    config
        Settings file (TOML); without it the installation's own.
    """
    asyncio.run(_prepare(load_settings(config)))


async def _prepare(settings: Settings) -> None:
    catalogue = read_catalogue(settings)
    publish_first_flows(settings, catalogue)
    async with open_database(settings.database_url) as database:
        await upgrade(database)
        await plant_demo(database, catalogue, settings.home)
        agents = await SqlPeople(database).agents()
    (settings.sounds / f"{tone.NAME}.wav").write_bytes(tone.tone_wave())
    settings.voicemail.mkdir(parents=True, exist_ok=True)
    if settings.asterisk.embedded:
        write_switch(settings, catalogue, agents)
    sys.stdout.write(f"prepared: {len(catalogue.queues)} queues, {len(agents)} agents\n")


def publish_first_flows(settings: Settings, catalogue: Catalogue) -> None:
    """Publish what was never published. A draft with problems stops nobody while its published version answers."""
    store = FlowStore(settings.flows)
    hosts = load_hosts(settings.routing.directory)
    try:
        drafts = read_drafts(settings.routing.directory, house_of(catalogue, operations(hosts)))
        check_numbers(catalogue, drafts, str(settings.routing.directory))
    except ConfigError as problems:
        if any(store.live(number.flow) is None for number in catalogue.numbers):
            raise
        sys.stdout.write(f"drafts of flows have problems; the published versions answer:\n{problems}\n")
    else:
        for name, release in publish_first(drafts, store, by="prepare", at=SystemClock().utc()).items():
            sys.stdout.write(f"published flow {name}, version {release.version}\n")
        for name in changed(drafts, store):
            sys.stdout.write(
                f"the draft of flow {name} is not what is live; to publish it: callcenter flow publish {name}\n"
            )
    open_flows(settings, catalogue, hosts)
