"""Settings: defaults < TOML file < environment, read once per process, checked, frozen.

The environment speaks in ``CALLCENTER_<SECTION>__<KEY>`` (``CALLCENTER_DESKTOP__PORT=8443``); the two addresses that
other tools also use have their customary names, ``DATABASE_URL`` and ``REDIS_URL``. Unknown keys are refused with
file and path. Secrets are files of mode 0600 under the home directory, made on the first start, never settings.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from callcenter.domain.errors import ConfigError

Port = Annotated[int, Field(ge=1, le=65535)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AsteriskSettings(_Section):
    """Where Asterisk's Manager Interface and its WebSocket are, and whether Asterisk is ours to start."""

    embedded: bool = True  # started and configured by us, under the home directory
    command: Path | None = None  # the program; None: the machine's own if new enough, else the one under the home
    host: str = "127.0.0.1"
    ami_port: Port = 5138
    ami_user: str = "cti"
    http_port: Port = 8188  # carries the softphones' WebSocket
    sip_port: Port = 5160
    rtp_first: Port = 20000
    rtp_last: Port = 20999
    ring_seconds: Annotated[int, Field(ge=3, le=120)] = 15
    max_calls: Annotated[int, Field(ge=1)] = 500
    trunks: tuple[str, ...] = ("127.0.0.1",)  # addresses or networks that calls come from; nobody else may call
    outbound_host: str = ""  # host, or host:port, that takes our calls to numbers; empty: none are made
    outbound_trunk: str = "trunk-carrier"  # the PJSIP endpoint of that name; of another's Asterisk, his own


class RedisSettings(_Section):
    """The bus between CTI server and desktops."""

    embedded: bool = True
    url: str = ""  # empty: the embedded one's Unix socket
    prefix: str = "cc"


class DatabaseSettings(_Section):
    """The records: SQLite under the home directory unless `url` names another."""

    url: str = ""


class DesktopSettings(_Section):
    """The web server of the desktops."""

    listen: str = "127.0.0.1"
    port: Port = 8080
    public_url: str = ""  # what people type; empty: derived from listen and port
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    session_idle_minutes: Annotated[int, Field(ge=1)] = 720
    session_hours: Annotated[int, Field(ge=1)] = 16
    pop_ack_ms: Annotated[int, Field(ge=0, le=1000)] = 50

    @model_validator(mode="after")
    def _check_addresses(self) -> DesktopSettings:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key belong together: give both or none")
        if self.public_url and not re.fullmatch(r"https?://[^/?#@\s]+/?", self.public_url):
            raise ValueError(f"public_url is an address like https://desk.example.org, not {self.public_url!r}")
        if not self.public_url and self.listen in ("0.0.0.0", "::", ""):  # noqa: S104 -- refused here
            raise ValueError("with listen on every address, public_url must say what people type in their browsers")
        return self


class RoutingSettings(_Section):
    """Where queues, flows and numbers are described."""

    directory: Path = Path("config")
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "US"  # how national numbers are read
    log: bool = False  # write down what the routing engine is told and decides, to be told again
    log_mb: Annotated[int, Field(ge=1, le=100_000)] = 200  # the most one file takes
    log_files: Annotated[int, Field(ge=1, le=1_000)] = 5  # one for each start; older ones are deleted


class SpeechSettings(_Section):
    """How prompts become sound."""

    workers: Annotated[int, Field(ge=1, le=16)] = 2  # processes; with two, the death of one is not noticed
    wideband: bool = False  # 16 kHz files beside the 8 kHz ones, for trunks and phones that speak G.722 or Opus
    cache_mb: Annotated[int, Field(ge=10)] = 200  # what is not used for longest makes room; fixed prompts stay


class DemoSettings(_Section):
    """What is there to try the platform with."""

    bank: bool = True  # run the sample bank, if hosts/bank.yaml says that it is on this machine


class LogSettings(_Section):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    json_lines: bool = False


class Settings(_Section):
    """All settings of one installation."""

    home: Path
    asterisk: AsteriskSettings = AsteriskSettings()
    redis: RedisSettings = RedisSettings()
    database: DatabaseSettings = DatabaseSettings()
    desktop: DesktopSettings = DesktopSettings()
    routing: RoutingSettings = RoutingSettings()
    speech: SpeechSettings = SpeechSettings()
    demo: DemoSettings = DemoSettings()
    log: LogSettings = LogSettings()

    @property
    def database_url(self) -> str:
        """The SQLAlchemy address of the records."""
        return self.database.url or f"sqlite+aiosqlite:///{self.home / 'records.sqlite'}"

    @property
    def redis_url(self) -> str:
        """The address of Redis."""
        return self.redis.url or f"unix://{self.home / 'run' / 'redis.sock'}"

    @property
    def engine_logs(self) -> Path:
        """Where the routing engine's logs are."""
        return self.home / "engine_logs"

    @property
    def waits_path(self) -> Path:
        """What the routing engine has learned about waits."""
        return self.home / "waits.json"

    @property
    def journal_path(self) -> Path:
        """The journal's file."""
        return self.home / "journal.sqlite"

    @property
    def speech_sockets(self) -> tuple[Path, ...]:
        """Where the synthesis workers listen."""
        return tuple(self.home / "run" / f"speech-{number}.sock" for number in range(1, self.speech.workers + 1))

    @property
    def voicemail(self) -> Path:
        """Where Asterisk records callers' messages: it must be able to write there."""
        return self.home / "switch" / "voicemail"

    @property
    def sounds(self) -> Path:
        """Where rendered prompts are."""
        return self.home / "sounds"

    @property
    def recordings(self) -> Path:
        """People's voices that replace texts of flows."""
        return self.home / "recordings"

    @property
    def flows(self) -> Path:
        """Published versions of flows."""
        return self.home / "flows"

    @property
    def secrets(self) -> Path:
        """Where the secrets are, one file each."""
        return self.home / "secrets"

    def secret(self, name: str) -> str:
        """Read one secret. Raises `ConfigError` when it has not been made yet."""
        path = self.secrets / name
        try:
            return path.read_text(encoding="ascii").strip()
        except OSError as error:
            raise ConfigError(str(path), f"secret missing ({error.strerror}); start once with scripts/run") from error


def default_home(environment: Mapping[str, str]) -> Path:
    """Return where an installation keeps its state: ``CALLCENTER_HOME``, else a system or a user directory."""
    if given := environment.get("CALLCENTER_HOME"):
        return Path(given)
    if os.geteuid() == 0:
        return Path("/var/lib/callcenter")
    data = environment.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "callcenter"


def load_settings(file: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings once. Raises `ConfigError` naming file and key."""
    environment = dict(os.environ) if environment is None else environment  # noqa: TID251 -- the one reader
    home = default_home(environment)
    source = file or (Path(environment["CALLCENTER_CONFIG"]) if environment.get("CALLCENTER_CONFIG") else None)
    values: dict[str, Any] = {}
    if source is None and (home / "callcenter.toml").exists():
        source = home / "callcenter.toml"
    if source is not None:
        values = _read_toml(source)
    values.setdefault("home", str(home))
    _apply_environment(values, environment)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(str(source or "environment"), f"{key}: {first['msg']}") from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), str(error)) from error


def _apply_environment(values: dict[str, Any], environment: Mapping[str, str]) -> None:
    for name, section, key in (("DATABASE_URL", "database", "url"), ("REDIS_URL", "redis", "url")):
        if environment.get(name):
            values.setdefault(section, {})[key] = environment[name]
            if section == "redis":
                values["redis"].setdefault("embedded", False)
    for name, value in environment.items():
        if not name.startswith("CALLCENTER_") or "__" not in name:
            continue
        section, _, key = name.removeprefix("CALLCENTER_").lower().partition("__")
        values.setdefault(section, {})[key] = value


def notify_address(environment: Mapping[str, str] | None = None) -> str:
    """Return the socket to report readiness to (sd_notify(3)); empty when nobody listens."""
    environment = dict(os.environ) if environment is None else environment  # noqa: TID251 -- the one reader
    return environment.get("NOTIFY_SOCKET", "")


def process_environment() -> dict[str, str]:
    """Return a copy of the environment, to hand on to processes that we start."""
    return dict(os.environ)  # noqa: TID251 -- the one reader
