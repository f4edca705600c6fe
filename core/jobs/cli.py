"""Commands: flask jobs list, show, run, cancel."""

from __future__ import annotations

import gc
import json
from contextlib import nullcontext
from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup
from flask_babel import gettext

from core.clock import now
from core.jobs.operations import cancel_job
from core.jobs.progress import terminal_bar
from core.jobs.queries import Shown, job_shown, jobs_listed, queued_jobs
from core.jobs.runner import run_job
from core.jobs.starting import tend_jobs
from core.jobs.words import state_word
from core.pages import clock

jobs = AppGroup("jobs", help="任务：导入、导出、备份等费时的工作")


@jobs.command("list", help="列出任务，最近的在前")
@click.option("--limit", default=20, show_default=True, help="最多列出多少个")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
def list_command(limit: int, as_json: bool) -> None:
    """List jobs, the newest first."""
    tend_jobs(now=now())
    listed, count = jobs_listed(account_id=None, offset=0, limit=limit)
    if as_json:
        click.echo(json.dumps([as_plain(one) for one in listed], ensure_ascii=False))
        return
    for one in listed:
        click.echo(line_of(one))
    if count > len(listed):
        click.echo(gettext("共 %(n)d 个任务", n=count))
    elif not listed:
        click.echo(gettext("还没有任务"))


@jobs.command("show", help="查看一个任务")
@click.argument("job_id", type=int)
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
def show_command(job_id: int, as_json: bool) -> None:
    """Show one job."""
    tend_jobs(now=now())
    one = job_shown(job_id, account_id=None)
    if as_json:
        click.echo(json.dumps(as_plain(one), ensure_ascii=False, indent=2))
        return
    click.echo(line_of(one))
    for word, value in (
        (gettext("建立"), clock(one.job.created_at)),
        (gettext("结束"), clock(one.job.finished_at)),
        (gettext("由谁"), one.owner or gettext("系统")),
        (gettext("说明"), one.job.message),
        (gettext("结果文件"), one.job.filename),
    ):
        if value:
            click.echo(f"  {word}：{value}")


@jobs.command("run", help="在本进程里执行排队的任务；不写编号时执行全部")
@click.argument("job_id", type=int, required=False)
@click.option("--background", is_flag=True, help="不显示进度")
def run_command(job_id: int | None, background: bool) -> None:
    """Do queued jobs here; exit code 1 if one of them failed."""
    if background:
        # It ends with its work: to look for garbage as often as a server would takes
        # a third of the time of a workbook.
        gc.set_threshold(100_000, 50, 1000)
    wanted = [job_id] if job_id else queued_jobs()
    failed = 0
    for one in wanted:
        title = job_shown(one, account_id=None).title
        with nullcontext() if background else terminal_bar(title):
            done = run_job(one)
        shown = job_shown(one, account_id=None)
        failed += shown.job.state == "failed"
        if done and not background:
            click.echo(line_of(shown))
    if failed:
        raise click.exceptions.Exit(1)


@jobs.command("cancel", help="取消一个任务")
@click.argument("job_id", type=int)
def cancel_command(job_id: int) -> None:
    """Ask for the end of a job."""
    state = cancel_job(job_id=job_id, account_id=None, now=now())
    if state == "cancelled":
        click.echo(gettext("已取消"))
    else:
        click.echo(gettext("已要求停止，任务会在下一个进度点结束"))


def as_plain(one: Shown) -> dict[str, Any]:
    """A job for programs."""
    job = one.job

    def moment(at: datetime | None) -> str | None:
        return at.isoformat() if at else None

    return {
        "id": job.id,
        "kind": job.kind,
        "object": job.object,
        "about": job.about,
        "state": job.state,
        "step": job.step,
        "n": job.progress_n,
        "of": job.progress_of,
        "message": job.message,
        "file": job.filename,
        "account": job.account_id,
        "tries": job.tries,
        "created_at": moment(job.created_at),
        "started_at": moment(job.started_at),
        "finished_at": moment(job.finished_at),
    }


def line_of(one: Shown) -> str:
    """A job in one line."""
    share = f" {one.percent} %" if one.active and one.percent is not None else ""
    parts = [f"{one.job.id}", f"{state_word(one.job.state)}{share}", one.title]
    return "  ".join([*parts, *filter(None, [one.job.about, one.job.message])])
