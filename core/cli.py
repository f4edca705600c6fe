"""Commands for whoever keeps the server: the database and the audit log."""

from __future__ import annotations

import json

import click
import sqlalchemy as sa
from flask.cli import AppGroup
from flask_migrate import upgrade as migrate_to_head

from core.audit import AuditEntry, breaks
from core.db import db, read_core
from core.errors import Refused

audit = AppGroup("audit", help="审计记录")
database = AppGroup("database", help="数据库")


def upgrade_database() -> None:
    """Create the database, or bring it to this version of the program.

    :raises Refused: If it cannot be opened or changed; says what to do.
    """
    try:
        migrate_to_head()
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


@audit.command("verify", help="核对审计记录的哈希链；对不上时退出码为 1")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
def verify(as_json: bool) -> None:
    """Walk the audit log's hash chain; exit code 1 where it does not hold."""
    with read_core() as connection:
        count, head = connection.execute(
            sa.select(sa.func.count(), sa.func.max(AuditEntry.n))
        ).one()
        found = list(breaks(connection))
        head_hash = connection.scalar(
            sa.select(AuditEntry.hash).where(AuditEntry.n == head)
        )
    if as_json:
        report = {
            "entries": count,
            "head": {"n": head, "hash": head_hash},
            "breaks": [{"n": one.n, "why": one.why} for one in found],
        }
        click.echo(json.dumps(report, ensure_ascii=False))
    elif found:
        for one in found:
            click.echo(f"第 {one.n} 条：{one.why}")
        click.echo(f"审计记录共 {count} 条，有 {len(found)} 处对不上", err=True)
    else:
        click.echo(
            f"审计记录共 {count} 条，前后一致；最后一条的哈希 {head_hash or '—'}"
        )
    if found:
        raise click.exceptions.Exit(1)
