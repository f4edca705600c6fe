"""Commands for whoever keeps the server: the database."""

from __future__ import annotations

import click
import sqlalchemy as sa
from flask.cli import AppGroup
from flask_migrate import upgrade as migrate_to_head

from core.clock import now
from core.db import db
from core.errors import Refused
from core.sealing import settle_seals

database = AppGroup("database", help="数据库")


def upgrade_database() -> None:
    """Create the database, or bring it to this version of the program.

    :raises Refused: If it cannot be opened or changed; says what to do.
    """
    try:
        migrate_to_head()
        settle_seals(now=now())
    except sa.exc.OperationalError as error:
        raise Refused("数据库无法升级：%(why)s", why=plainly(error)) from error


def plainly(error: sa.exc.OperationalError) -> str:
    """What is wrong with the database, and what to do about it."""
    text = str(error.orig).strip()
    place = db.engine.url.database
    for sign, advice in (
        ("locked", "它正被占用。请先停止正在运行的服务，再试一次"),
        ("readonly", f"不能写入 {place}。请检查这个文件和所在文件夹的所有者"),
        ("unable to open", f"打不开 {place}。请检查所在文件夹的权限"),
        ("is full", "磁盘空间不足。请腾出空间后再试"),
    ):
        if sign in text:
            return advice
    first = text.splitlines()[0].strip() if text else "?"
    return f"{first}。请核对 LAWGAUGE_DATABASE_URL，并确认数据库已启动"


@database.command("upgrade", help="建立数据库，或升级到当前程序的版本")
def upgrade() -> None:
    """Create or upgrade the database."""
    try:
        upgrade_database()
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from refusal
    click.echo("数据库已是当前版本")
