"""The audit log from the terminal."""

from __future__ import annotations

import json

import click
from flask.cli import AppGroup
from flask_babel import gettext

from audit.operations.heads import begin_heads_anew
from audit.queries.log import find_entry, head_line
from audit.queries.verification import Verified, verify
from audit.telling import tell_break
from core.clock import now
from core.pages import clock

audit = AppGroup("audit", help="审计记录")
ACTOR = "terminal"
SHOWN = 50  # breaks printed; --json has all

as_json = click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")


@audit.command("verify", help="核对审计记录、封存的每一行和成绩；不一致时退出码为 1")
@click.option("--quick", is_flag=True, help="不重算答卷摘要和成绩")
@as_json
def verify_all(*, quick: bool, as_json: bool) -> None:
    """Check all there is to check; exit code 1 where it does not hold."""
    done = verify(recount=not quick)
    if as_json:
        click.echo(json.dumps(_report(done), ensure_ascii=False))
    else:
        for one in done.found[:SHOWN]:
            click.echo(tell_break(one))
        _sum_up(done)
    if done.found:
        raise click.exceptions.Exit(1)


def _report(done: Verified) -> dict[str, object]:
    return {
        "entries": done.entries,
        "head": {"n": done.n, "hash": done.hash},
        "rows": done.rows,
        "heads": done.heads,
        "recounted": done.recounted,
        "seconds": round(done.seconds, 3),
        "breaks": [
            {
                "why": one.place.why.value,
                "where": one.place.where,
                "table": one.place.table,
                "row": one.place.row,
                "n": one.place.n,
                "at": one.at.isoformat() if one.at else None,
                "sentence": tell_break(one),
            }
            for one in done.found
        ],
    }


def _sum_up(done: Verified) -> None:
    values = {
        "entries": done.entries,
        "rows": done.rows,
        "heads": done.heads,
        "seconds": f"{done.seconds:.1f}",
    }
    if done.found:
        text = gettext(
            "审计记录 %(entries)d 条，有 %(breaks)d 处不一致（用时 %(seconds)s 秒）",
            breaks=len(done.found),
            **values,
        )
        if len(done.found) > SHOWN:
            text += gettext("；其余用 --json 查看")
        click.echo(text)
        return
    click.echo(
        gettext(
            "一致：审计记录 %(entries)d 条，封存的行 %(rows)d 行，"
            "留存的链头 %(heads)d 个（用时 %(seconds)s 秒）",
            **values,
        )
    )
    if done.recounted:
        click.echo(gettext("答卷摘要和成绩已全部重算，一致"))
    click.echo(gettext("最后一条：%(n)d  %(hash)s", n=done.n, hash=done.hash or "—"))


@audit.command("head", help="打印当天的链头和数目，供打印存档")
@as_json
def head(*, as_json: bool) -> None:
    """The line to print, sign and put away every day."""
    line = head_line()
    if as_json:
        click.echo(json.dumps({**line, "at": now().isoformat()}, ensure_ascii=False))
        return
    text = gettext(
        "%(at)s  审计记录第 %(n)d 条  %(hash)s  "
        "考试 %(exams)d  作答 %(sittings)d  交卷 %(closed)d  成绩 %(scores)d",
        at=clock(now()),
        **line,
    )
    click.echo(text)


@audit.command("check", help="核对回执或存档行上的编号和链头是否仍在记录中")
@click.argument("n", type=click.IntRange(1))
@click.argument("digest")
def check(n: int, digest: str) -> None:
    """Whether the log still holds what a receipt or a printed line says."""
    wanted = digest.strip().lower().rstrip("…")
    entry = find_entry(n)
    if len(wanted) < 8:
        raise click.ClickException(gettext("请至少输入链头的前 8 位"))
    if entry is None or not entry.hash.startswith(wanted):
        raise click.ClickException(
            gettext("对不上：第 %(n)d 条记录不在，或已不是当时的那一条", n=n)
        )
    click.echo(gettext("对得上：第 %(n)d 条，%(at)s", n=n, at=clock(entry.at)))


@audit.command("restored", help="恢复了较早的备份之后运行一次：说明原因，重新留存链头")
@click.argument("reason")
def restored(reason: str) -> None:
    """After an older backup was put back on purpose."""
    aside = begin_heads_anew(reason=reason, actor=ACTOR, now=now())
    click.echo(gettext("已记入审计。旧的链头保存在 %(file)s", file=aside or "—"))
