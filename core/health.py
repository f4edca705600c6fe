"""Whether this server may hold an exam, and the figures that tell how it does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from flask import Flask, current_app
from flask_babel import gettext

from core.backup.keeping import last_taken
from core.clock import clock_step
from core.clock import now as moment
from core.config import Settings
from core.db import read_core, write_core
from core.errors import Refused
from core.jobs.queries import active_jobs
from core.pages import size_words
from core.schema import head_revision, revision_of
from core.storage import (
    DISK_FULL,
    DISK_LOW,
    WAL_LIMIT,
    Problem,
    durability_problems,
    place_problems,
    wal_size,
)

SKEW = 1.0  # seconds two clocks may differ
BACKUP_DUE = timedelta(days=7)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str  # for programs
    title: str  # for people
    said: str  # what was found
    state: str  # good, warn or bad: bad means not ready


def init_health(app: Flask, *, open_sittings: Callable[[], int]) -> None:
    """Tell this module what only higher packages know.

    :param open_sittings: How many sittings are open.
    """
    app.extensions["open_sittings"] = open_sittings


def checks(now: datetime) -> list[Check]:
    """Everything that is looked at. Writes one row over itself, to see that it can."""
    looks = (_database, _schema, _storage, _disk, _wal, _secret, _clock, _backup)
    return _looked(now, looks)


def glance(now: datetime) -> list[Check]:
    """What changes from day to day, and writes nothing: disk, WAL, backup."""
    return _looked(now, (_disk, _wal, _backup))


def _looked(
    now: datetime, looks: Iterable[Callable[[datetime], Iterable[Check]]]
) -> list[Check]:
    found: list[Check] = []
    for look in looks:
        try:
            found += look(now)
        except (sa.exc.SQLAlchemyError, OSError, Refused) as error:
            name = look.__name__.removeprefix("_")
            found.append(Check(name, gettext("数据库"), _plain(error), "bad"))
    return found


def is_ready(found: list[Check]) -> bool:
    """Whether nothing is bad."""
    return all(check.state != "bad" for check in found)


def _plain(error: Exception) -> str:
    if isinstance(error, Refused):
        return str(gettext(error.message, **error.values))
    return str(getattr(error, "orig", None) or error).splitlines()[0]


def _settings() -> Settings:
    found: Settings = current_app.config["SETTINGS"]
    return found


def _database(_now: datetime) -> Iterator[Check]:
    version = sa.table("alembic_version", sa.column("version_num"))
    with write_core() as connection:
        connection.execute(sa.update(version).values(version_num=version.c.version_num))
    yield Check("database", gettext("数据库"), gettext("可以读写"), "good")


def _schema(_now: datetime) -> Iterator[Check]:
    with read_core() as connection:
        found = revision_of(connection)
    title = gettext("数据结构")
    if found == head_revision():
        yield Check("schema", title, gettext("与程序一致"), "good")
    else:
        told = gettext("与程序的版本不一致，请停止服务后运行 flask upgrade")
        yield Check("schema", title, told, "bad")


def _storage(_now: datetime) -> Iterator[Check]:
    title = gettext("存储")
    with read_core() as connection:
        found: list[Problem] = [
            *place_problems(_settings()),
            *durability_problems(connection),
        ]
    for problem in found:
        state = "bad" if problem.grave else "warn"
        yield Check(problem.name, title, problem.said, state)
    if not found:
        yield Check("storage", title, gettext("提交即写入磁盘"), "good")


def _disk(_now: datetime) -> Iterator[Check]:
    free = disk_free()
    state = "bad" if free < DISK_FULL else "warn" if free < DISK_LOW else "good"
    told = gettext("剩余 %(size)s", size=size_words(free))
    if state != "good":
        told = gettext("只剩 %(size)s，请尽快清理", size=size_words(free))
    yield Check("disk", gettext("磁盘"), told, state)


def _wal(_now: datetime) -> Iterator[Check]:
    size = wal_size(_settings())
    if size is None:
        return
    told = size_words(size)
    if size > WAL_LIMIT:
        told = gettext(
            "%(size)s，超过 64 MB：有程序长时间占着数据库，请查看正在进行的任务",
            size=told,
        )
    yield Check("wal", gettext("预写日志"), told, "bad" if size > WAL_LIMIT else "good")


def _secret(_now: datetime) -> Iterator[Check]:
    title, path = gettext("密钥"), _settings().instance / "secret_key"
    if not path.exists():
        yield Check("secret", title, gettext("来自环境变量"), "good")
    elif os.name != "nt" and path.stat().st_mode & 0o077:
        told = gettext("别的用户能读 %(file)s，请运行 chmod 600", file=path)
        yield Check("secret", title, told, "bad")
    else:
        yield Check("secret", title, gettext("只有本系统能读"), "good")


def _clock(_now: datetime) -> Iterator[Check]:
    step = clock_step().total_seconds()
    if step:
        told = gettext(
            "系统时钟被拨动了 %(n)s 秒，有人正在作答，没有跟着变。"
            "确认时间后运行 flask clock accept",
            n=f"{step:+.0f}",
        )
        yield Check("clock_step", gettext("时钟"), told, "warn")
    skew = clock_skew()
    if skew is None:
        return
    told = gettext("与数据库相差 %(n)s 秒", n=f"{skew:.1f}")
    if abs(skew) > SKEW:
        told = gettext(
            "与数据库相差 %(n)s 秒，请校准本机时钟（NTP）后再开考", n=f"{skew:.1f}"
        )
    state = "bad" if abs(skew) > SKEW else "good"
    yield Check("clock", gettext("时钟"), told, state)


def _backup(now: datetime) -> Iterator[Check]:
    age, title = backup_age(now), gettext("备份")
    if age is None:
        yield Check("backup", title, gettext("还没有备份过"), "warn")
        return
    told = (
        gettext("上次在 %(n)d 天前", n=age.days) if age.days else gettext("今天备份过")
    )
    yield Check("backup", title, told, "warn" if age > BACKUP_DUE else "good")


def clock_skew() -> float | None:
    """The database's clock less this machine's, in seconds; None: they are one."""
    if _settings().sqlite:
        return None
    with read_core() as connection:
        before = moment()
        theirs = connection.scalar(sa.select(sa.func.clock_timestamp()))
        after = moment()
    assert isinstance(theirs, datetime)
    return (theirs - (before + (after - before) / 2)).total_seconds()


def open_sittings() -> int:
    """How many people are answering now."""
    count: int = current_app.extensions["open_sittings"]()
    return count


def disk_free() -> int:
    """Free bytes where the instance lies."""
    return shutil.disk_usage(_settings().instance).free


def database_size() -> int | None:
    """Bytes of the database."""
    if _settings().sqlite:
        path = Path(_settings().database_url.removeprefix("sqlite:///"))
        return path.stat().st_size if path.exists() else None
    with read_core() as connection:
        query = sa.func.pg_database_size(sa.func.current_database())
        return connection.scalar(sa.select(query))


def backup_age(now: datetime) -> timedelta | None:
    """Time since the last backup; None: there was none."""
    taken = last_taken()
    return now - taken.at if taken else None


def figures(now: datetime) -> dict[str, float | None]:
    """What /metrics shows beside what is counted; names as in metrics.FIGURES."""
    age = backup_age(now)
    states = [job.state for job in active_jobs()]
    wal = wal_size(_settings())
    return {
        "wal_bytes": wal,
        "database_bytes": database_size(),
        "disk_free_bytes": disk_free(),
        "open_sittings": open_sittings(),
        "clock_skew_seconds": clock_skew() or 0.0,
        "clock_step_seconds": clock_step().total_seconds(),
        "backup_age_seconds": age.total_seconds() if age else None,
        "jobs_queued": states.count("queued"),
        "jobs_running": states.count("running"),
        "ready": float(is_ready(checks(now))),
    }
