"""Settings: read once from the environment, refused by name when they are bad."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class BadSetting(ValueError):
    """A setting has a value that cannot be used."""

    def __init__(self, name: str, value: str, wanted: str) -> None:
        super().__init__(f"{name}={value!r}：{wanted}")


class Networks(tuple[IPv4Network | IPv6Network, ...]):
    """Networks, as they are written in a setting."""

    __slots__ = ()

    def __str__(self) -> str:
        return ",".join(map(str, self))

    def hold(self, address: str | None) -> bool:
        """Whether an address is in one of them."""
        try:
            known = ip_address(address or "")
        except ValueError:
            return False
        mapped = getattr(known, "ipv4_mapped", None) or known
        return any(mapped in network for network in self)


@dataclass(frozen=True)
class Settings:
    """All that can be set from outside; each is described in docs/running.md."""

    instance: Path  # folder of the database, the secret and uploads
    host: str  # address the server listens on
    port: int
    database_url: str
    secret_key: str
    base_url: str | None  # the address in QR codes; guessed from the network if unset
    trusted_proxies: int  # how many reverse proxies in front are believed
    timezone: ZoneInfo
    workers: int  # server processes
    threads: int  # blocking threads a process
    idle_minutes: int  # a sign-in unused for so long has ended
    session_hours: int  # a sign-in ends after so long in any case
    passwords: str  # length or dengbao: accounts.rules.passwords.PROFILES
    backup_passphrase: str | None  # what backups made from the page are sealed with
    mode: str  # exam: refuses what might lose an answer; trial: only warns; auto
    monitor_networks: Networks  # who may read /readyz and /metrics
    monitor_token: str | None  # or whoever shows this
    log_format: str  # console or json
    log_level: str
    access_log: str  # on, off, or auto: on unless a terminal is watching
    organisation: str | None  # who answers for the data, as the notice names them
    privacy_contact: str | None  # where people ask for what is theirs
    #: Days each kind of data is kept (privacy/rules/periods.py).
    keep_tries: int
    keep_devices: int
    keep_answers: int
    keep_names: int
    keep_left: int
    keep_sessions: int
    keep_audit: int

    @property
    def sqlite(self) -> bool:
        """Whether the database is a SQLite file."""
        return self.database_url.startswith("sqlite")


def _whole(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise BadSetting(name, text, f"请用 {low} 到 {high} 的整数")
    return int(text)


def _line(env: Mapping[str, str], name: str) -> str | None:
    """A text of one line, if it is set."""
    text = env.get(name, "").strip()
    if len(text) > 100 or not text.isprintable():
        raise BadSetting(name, text[:20], "请用一行文字，不超过 100 个字")
    return text or None


def _base_url(env: Mapping[str, str]) -> str | None:
    text = env.get("LAWGAUGE_BASE_URL", "").strip().rstrip("/")
    if not text:
        return None
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
        raise BadSetting(
            "LAWGAUGE_BASE_URL", text, "请用完整的地址，例如 http://10.0.0.5:8000"
        )
    return text


def _timezone(env: Mapping[str, str]) -> ZoneInfo:
    text = env.get("LAWGAUGE_TIMEZONE", "").strip() or "Asia/Shanghai"
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadSetting(
            "LAWGAUGE_TIMEZONE", text, "请用时区名，例如 Asia/Shanghai"
        ) from None


def _database_url(env: Mapping[str, str], instance: Path) -> str:
    text = env.get("LAWGAUGE_DATABASE_URL", "").strip()
    if not text:
        return f"sqlite:///{instance / 'lawgauge.db'}"
    if not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise BadSetting(
            "LAWGAUGE_DATABASE_URL",
            text.split("@")[-1],  # never the password
            "请用 sqlite:///… 或 postgresql+psycopg://…",
        )
    return text


def _secret_key(env: Mapping[str, str], instance: Path) -> str:
    """The key from the environment, else the one kept in the instance folder."""
    text = env.get("LAWGAUGE_SECRET_KEY", "").strip()
    if text:
        if len(text) < 32:
            raise BadSetting("LAWGAUGE_SECRET_KEY", "…", "至少要 32 个字符")
        return text
    path = instance / "secret_key"
    try:
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii").strip()


def _hidden(env: Mapping[str, str], name: str, shortest: int) -> str | None:
    """Something nobody may see, if it is set."""
    text = env.get(name, "").strip()
    if text and len(text) < shortest:
        raise BadSetting(name, "…", f"至少要 {shortest} 个字符")
    return text or None


def _one_of(env: Mapping[str, str], name: str, *allowed: str) -> str:
    """One of these words; the first is the default."""
    text = env.get(name, "").strip().lower() or allowed[0]
    if text not in allowed:
        raise BadSetting(name, text, f"请用 {'、'.join(allowed)} 之一")
    return text


def _networks(env: Mapping[str, str]) -> Networks:
    name = "LAWGAUGE_MONITOR_NETWORKS"
    text = env.get(name, "").strip() or "127.0.0.0/8,::1/128"
    try:
        return Networks(ip_network(one.strip()) for one in text.split(","))
    except ValueError:
        wanted = "请用网段，以逗号分开，例如 127.0.0.0/8,10.1.2.0/24"
        raise BadSetting(name, text, wanted) from None


def read_settings(env: Mapping[str, str]) -> Settings:
    """Read all settings; makes the instance folder and its secret if need be.

    :raises BadSetting: If a value cannot be used; the message names it.
    """
    default = Path(__file__).resolve().parent.parent / "instance"
    instance = Path(env.get("LAWGAUGE_INSTANCE", "").strip() or default).resolve()
    try:
        instance.mkdir(parents=True, exist_ok=True)
        secret_key = _secret_key(env, instance)
    except OSError as error:
        raise BadSetting(
            "LAWGAUGE_INSTANCE",
            str(instance),
            f"这个文件夹不能写入（{error.strerror}），请检查它的所有者和权限",
        ) from error
    return Settings(
        instance=instance,
        host=env.get("LAWGAUGE_HOST", "").strip() or "0.0.0.0",  # noqa: S104 - phones
        # in the hall must reach it; docs/running.md says how to narrow it.
        port=_whole(env, "LAWGAUGE_PORT", 8000, 1, 65535),
        database_url=_database_url(env, instance),
        secret_key=secret_key,
        base_url=_base_url(env),
        trusted_proxies=_whole(env, "LAWGAUGE_TRUSTED_PROXIES", 0, 0, 5),
        timezone=_timezone(env),
        workers=_whole(env, "LAWGAUGE_WORKERS", 2, 1, 64),
        threads=_whole(env, "LAWGAUGE_THREADS", 8, 1, 64),
        idle_minutes=_whole(env, "LAWGAUGE_IDLE_MINUTES", 30, 5, 480),
        session_hours=_whole(env, "LAWGAUGE_SESSION_HOURS", 12, 1, 24),
        passwords=_one_of(env, "LAWGAUGE_PASSWORDS", "length", "dengbao"),
        backup_passphrase=_hidden(env, "LAWGAUGE_BACKUP_PASSPHRASE", 12),
        mode=_one_of(env, "LAWGAUGE_MODE", "auto", "exam", "trial"),
        monitor_networks=_networks(env),
        monitor_token=_hidden(env, "LAWGAUGE_MONITOR_TOKEN", 20),
        log_format=_one_of(env, "LAWGAUGE_LOG_FORMAT", "console", "json"),
        log_level=_one_of(
            env, "LAWGAUGE_LOG_LEVEL", "info", "debug", "warning", "error"
        ),
        access_log=_one_of(env, "LAWGAUGE_ACCESS_LOG", "auto", "on", "off"),
        organisation=_line(env, "LAWGAUGE_ORGANISATION"),
        privacy_contact=_line(env, "LAWGAUGE_PRIVACY_CONTACT"),
        keep_tries=_whole(env, "LAWGAUGE_KEEP_TRIES", 30, 1, 3650),
        keep_devices=_whole(env, "LAWGAUGE_KEEP_DEVICES", 190, 1, 3650),
        keep_answers=_whole(env, "LAWGAUGE_KEEP_ANSWERS", 400, 30, 3650),
        keep_names=_whole(env, "LAWGAUGE_KEEP_NAMES", 1095, 30, 3650),
        keep_left=_whole(env, "LAWGAUGE_KEEP_LEFT", 730, 1, 3650),
        # 网络安全法 art. 23: records of who did what, six months at least.
        keep_sessions=_whole(env, "LAWGAUGE_KEEP_SESSIONS", 200, 190, 3650),
        keep_audit=_whole(env, "LAWGAUGE_KEEP_AUDIT", 1095, 190, 3650),
    )
