"""Commands: flask backup, flask restore, flask upgrade."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import structlog
from flask.cli import with_appcontext
from flask_babel import gettext

from core.backup.checks import Findings, examine
from core.backup.keeping import chosen_target, restore_steps, take_backup
from core.backup.making import backups_folder, settings
from core.backup.restoring import restore_backup
from core.backup.sealed import is_sealed
from core.backup.upgrading import upgrade_instance
from core.cli import database
from core.clock import now
from core.jobs.progress import terminal_bar
from core.pages import size_words
from core.verification import snapshot

log = structlog.stdlib.get_logger("lawgauge.database")

SHORTEST = 12  # characters of a passphrase
SHOWN = 20  # problems printed


def _bar(title: str, *, shown: bool) -> Any:
    return terminal_bar(title) if shown else nullcontext()


@click.command("backup", help="备份全部数据并核对；服务可以正在运行")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--with-secret", is_flag=True, help="连同密钥 secret_key 一起备份")
@click.option("--encrypt", is_flag=True, help="用口令加密（会询问，或取自设置）")
@click.option(
    "--keep",
    type=click.IntRange(1, 1000),
    help="只留这个文件夹里最近几份本系统命名的备份",
)
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
@with_appcontext
def backup(
    file: Path | None,
    with_secret: bool,
    encrypt: bool,
    keep: int | None,
    as_json: bool,
) -> None:
    """Back up to FILE, to a folder, or to the instance's own folder."""
    passphrase = _passphrase_to_seal() if encrypt else ""
    moment = now()
    target = chosen_target(
        file or backups_folder(), sealed=bool(passphrase), now=moment
    )
    with _bar(gettext("备份"), shown=not as_json):
        manifest, findings = take_backup(
            target,
            with_secret=with_secret,
            passphrase=passphrase,
            keep=keep,
            actor="system",
            now=moment,
        )
    size = target.stat().st_size
    if as_json:
        told = {
            "file": str(target),
            "size": size,
            "sealed": bool(passphrase),
            "manifest": asdict(manifest),
            "findings": asdict(findings),
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        _end(findings)
        return
    click.echo(
        gettext("已备份到 %(file)s（%(size)s）", file=target, size=size_words(size))
    )
    _say_findings(findings)
    if not passphrase:
        click.echo(
            gettext(
                "注意：备份没有加密，里面有姓名和成绩。请放在安全的地方；"
                "要放到 U 盘等处，请加 --encrypt"
            ),
            err=True,
        )
    if not with_secret:
        click.echo(
            gettext(
                "密钥不在备份里，请另外保管 %(file)s",
                file=settings().instance / "secret_key",
            ),
            err=True,
        )
    _end(findings)


def _say_findings(findings: Findings) -> None:
    """What was found; exit code 1 where something was altered."""
    if not findings.problems:
        click.echo(
            gettext(
                "已核对：审计记录 %(entries)d 条前后一致，成绩复核一致 %(scores)d 份",
                entries=findings.entries,
                scores=findings.scores,
            )
        )
        return
    for problem in findings.problems[:SHOWN]:
        click.echo(problem, err=True)
    text = gettext(
        "数据本身有 %(n)d 处不一致，全部见 flask audit verify",
        n=len(findings.problems),
    )
    click.echo(text, err=True)


def _end(findings: Findings) -> None:
    if not findings.sound:
        raise click.exceptions.Exit(1)


def _passphrase_to_seal() -> str:
    known = settings().backup_passphrase
    if known:
        return known
    typed: str = click.prompt(
        gettext("口令（至少 %(n)d 个字符，忘记后无法恢复）", n=SHORTEST),
        hide_input=True,
        confirmation_prompt=gettext("再输入一次"),
    )
    if len(typed) < SHORTEST:
        raise click.ClickException(gettext("口令至少要 %(n)d 个字符", n=SHORTEST))
    return typed


@click.command("restore", help="用备份恢复数据；服务要先停止")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="替换已有的数据（原来的会另存）")
@click.option("--other-key", is_flag=True, help="密钥与备份的不同也要恢复")
@with_appcontext
def restore(file: Path, replace: bool, other_key: bool) -> None:
    """Put a backup in the place of this instance's data."""
    passphrase = ""
    if is_sealed(file):
        passphrase = settings().backup_passphrase or click.prompt(
            gettext("口令"), hide_input=True
        )
    with terminal_bar(gettext("恢复")):
        manifest, findings, aside = restore_backup(
            file,
            replace=replace,
            other_key=other_key,
            passphrase=passphrase,
            now=now(),
        )
    click.echo(gettext("已恢复到备份时的数据：%(at)s", at=manifest.made_at))
    _say_findings(findings)
    if aside:
        click.echo(gettext("原来的数据另存为 %(file)s", file=aside))
    _end(findings)


@click.command("upgrade", help="升级数据库：先备份，再迁移，核对不过就恢复原样")
@click.option("--accept", is_flag=True, help="数据本身早有不一致、原因已知时，仍然升级")
@with_appcontext
def upgrade(accept: bool) -> None:
    """Bring the data to this version of the program."""
    with terminal_bar(gettext("升级")):
        done = upgrade_instance(accept=accept, now=now())
    if done.backup is None:
        click.echo(gettext("数据库已是当前版本"))
    else:
        click.echo(
            gettext(
                "已从 %(before)s 升级到 %(after)s，升级前的备份：%(file)s",
                before=done.before,
                after=done.after,
                file=done.backup,
            )
        )
    _say_findings(done.findings)
    _end(done.findings)


@database.command("check", help="核对数据：文件、引用、审计链、每一份成绩；宜每晚运行")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
def check(as_json: bool) -> None:
    """Check everything in the database; exit code 1 if something is wrong."""
    with snapshot() as connection:
        findings = examine(connection, live=True)
    if findings.damage:
        log.critical("database_damaged", problems=len(findings.damage))
    if findings.problems:
        log.critical("database_altered", problems=len(findings.problems))
    if as_json:
        click.echo(json.dumps(asdict(findings), ensure_ascii=False))
    elif findings.damage:
        for problem in findings.damage:
            click.echo(problem)
        for step in restore_steps():
            click.echo(step, err=True)
    else:
        _say_findings(findings)
    _end(findings)
