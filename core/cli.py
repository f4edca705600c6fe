"""Commands for whoever keeps the server: the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from flask.cli import AppGroup, ScriptInfo
from flask_babel import gettext
from flask_migrate import upgrade as migrate_to_head

from core.clock import accept_step, clock_step, now
from core.db import db
from core.errors import Refused
from core.sealing import settle_seals

database = AppGroup("database", help="数据库")
clock = AppGroup("clock", help="服务器的时钟")


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


def in_a_sentence(command: click.Command) -> click.Command:
    """What any command is refused, it says in one sentence, with exit code 1."""
    if "invoke" in vars(command):
        return command  # by an application before this one
    invoke = command.invoke

    def said(context: click.Context) -> Any:
        try:
            return invoke(context)
        except Refused as refusal:
            with context.ensure_object(ScriptInfo).load_app().app_context():
                text = gettext(refusal.message, **refusal.values)
            raise click.ClickException(text) from refusal

    command.invoke = said  # type: ignore[method-assign, assignment]
    return command


def write_whole(file: Path, content: bytes) -> None:
    """Write a whole file or none: beside it first, then in its place."""
    beside = file.with_name(f".{file.name}.part")
    try:
        beside.write_bytes(content)
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise Refused(
            "写不了 %(file)s（%(why)s）", file=str(file), why=error.strerror
        ) from error


@database.command("upgrade", help="建立数据库，或升级到当前程序的版本")
def upgrade() -> None:
    """Create or upgrade the database."""
    upgrade_database()
    click.echo("数据库已是当前版本")


@clock.command("show", help="现在按什么时间，时钟有没有被拨动过")
def show() -> None:
    """Say what time it is, and whether the wall clock says otherwise."""
    click.echo(f"{now().astimezone():%Y-%m-%d %H:%M:%S}")
    seconds = clock_step().total_seconds()
    if seconds:
        click.echo(
            f"系统时钟被拨动了 {seconds:+.0f} 秒；有人正在作答，没有跟着变。"
            "确认新时间无误后运行 flask clock accept"
        )


@clock.command("accept", help="确认被拨动后的时间，从此按它")
def accept() -> None:
    """Go by the wall clock from now on."""
    click.echo(f"已按系统时钟，变动 {accept_step().total_seconds():+.0f} 秒")
