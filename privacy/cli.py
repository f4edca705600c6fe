"""Personal data from the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from flask_babel import gettext

from audit.names import ACTIONS
from core.clock import now
from core.config import Settings
from privacy.operations.erasing import erase_person
from privacy.operations.exporting import note_copy
from privacy.operations.sweeping import sweep
from privacy.queries.due import counted
from privacy.queries.person import all_about
from privacy.rules.periods import WORDS
from privacy.settings import periods_of
from units.operations.erasing import ERASED

privacy = AppGroup("privacy", help="个人信息：导出、删除、到期清理")
ACTOR = "terminal"


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


@privacy.command("sweep", help="删除已过保存期的个人信息，可由定时任务每天运行")
@click.option("--dry-run", is_flag=True, help="只列出数目，不删除")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
def sweep_all(*, dry_run: bool, as_json: bool) -> None:
    """Erase what is past its period; with --dry-run only count it."""
    moment, periods = now(), periods_of(_settings())
    if dry_run:
        found = dict(counted(periods, moment, ERASED))
    else:
        uploads = Path(current_app.instance_path, "uploads")
        found = dict(sweep(periods=periods, uploads=uploads, actor=ACTOR, now=moment))
    if as_json:
        click.echo(json.dumps({"dry_run": dry_run, "erased": found}))
        return
    for kind, (name, _) in WORDS.items():
        days = getattr(periods, kind)
        text = gettext("%(name)s：%(n)d 项", name=gettext(name), n=found.get(kind, 0))
        click.echo(gettext("%(text)s（保存 %(days)d 天）", text=text, days=days))
    click.echo(gettext("以上到期，没有删除") if dry_run else gettext("以上已删除"))


@privacy.command("erase", help="删除一个人的个人信息；分数和统计去掉姓名后保留")
@click.option("--person", "person_id", type=int, required=True, help="人员编号")
@click.option("--reason", required=True, help="原因，不要写姓名")
def erase(person_id: int, reason: str) -> None:
    """Erase one person."""
    moment = now()
    done = erase_person(
        person_id=person_id,
        reason=reason,
        since=periods_of(_settings()).before("answers", moment),
        actor=ACTOR,
        now=moment,
    )
    click.echo(
        gettext(
            "已删除：%(exams)d 场考试、%(sittings)d 份答卷中的个人信息",
            exams=done.exams,
            sittings=done.sittings,
        )
    )


@privacy.command("export", help="导出一个人的全部信息（.json、.xlsx 或 .html）")
@click.option("--person", "person_id", type=int, required=True, help="人员编号")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(person_id: int, file: Path) -> None:
    """Write all that is kept of one person to a file."""
    # XlsxWriter is loaded only where a file is wanted.
    from privacy.copies import FORMS, copy_as  # noqa: PLC0415

    form = file.suffix.lower().lstrip(".")
    if form not in FORMS:
        raise click.ClickException(gettext("文件名请以 .json、.xlsx 或 .html 结尾"))
    moment = now()
    record = all_about(person_id)
    note_copy(person_id=person_id, form=form, actor=ACTOR, now=moment)
    with current_app.test_request_context():
        content = copy_as(form, record, ACTIONS, moment)
    file.touch(mode=0o600)
    file.write_bytes(content)
    click.echo(gettext("已写入 %(file)s", file=file))
