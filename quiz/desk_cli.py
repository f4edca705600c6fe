"""Running an exam from the terminal: rooms, time given back, pauses."""

from __future__ import annotations

from datetime import timedelta

import click
from flask import json
from flask_babel import gettext

from core.clock import now
from core.db import read_core
from core.errors import Conflict, Missing, Refused
from core.pages import clock
from quiz.cli import as_json, exams, typed_moment
from quiz.operations.early import close_early, undo_close
from quiz.operations.exams import archive_exam
from quiz.operations.grants import give_time, pause_exam, resume_exam
from quiz.operations.rooms import assign_room
from quiz.operations.voiding import void_sittings
from quiz.queries.attempts import started_between
from quiz.queries.exams import exam_by_code
from quiz.queries.running import find_candidates, find_pause, find_unit
from quiz.rules.grants import Reach
from quiz.tokens import new_key

__all__ = ["exams"]

unit_option = click.option("--unit", help="单位全称")
reason_option = click.option("--reason", required=True, help="原因，写入审计记录")


def _reach(
    exam_id: int, person: str | None, unit: str | None, room: str | None
) -> Reach:
    """Whom the options mean; a unit beside a person tells people of one name apart."""
    with read_core() as connection:
        if person is not None:
            found = find_candidates(connection, exam_id, name=person, unit_name=unit)
            if not found:
                raise Missing("应考名单里没有“%(name)s”", name=person)
            if len(found) > 1:
                raise Refused(
                    "有 %(n)d 位“%(name)s”，请用 --unit 写明单位",
                    n=len(found),
                    name=person,
                )
            return Reach(candidate_id=found[0])
        if unit is not None:
            unit_id = find_unit(connection, exam_id, unit)
            if unit_id is None:
                raise Missing("名单里没有单位“%(name)s”，请核对全称", name=unit)
            return Reach(unit_id=unit_id)
    return Reach(room=room)


@exams.command("grant", help="补时：给一个人、一个单位、一个考场或全场补时")
@click.argument("code")
@click.option("--minutes", type=int, required=True, help="补几分钟")
@reason_option
@click.option("--person", help="只给这个人（姓名）；重名时加 --unit")
@unit_option
@click.option("--room", help="只给这个考场")
@as_json
def grant(
    code: str,
    minutes: int,
    reason: str,
    person: str | None,
    unit: str | None,
    room: str | None,
    *,
    as_json: bool,
) -> None:
    """Give time back."""
    if room is not None and (person or unit):
        raise Refused("--room 不能和 --person、--unit 一起用")
    exam = exam_by_code(code)
    granted = give_time(
        exam_id=exam.id,
        reach=_reach(exam.id, person, unit, room),
        seconds=60 * minutes,
        reason=reason,
        key=new_key(),
        account_id=None,
        now=now(),
    )
    facts = {"minutes": minutes, "moved": granted.moved, "closed": granted.closed}
    said = gettext(
        "已补时 %(minutes)d 分钟：%(moved)d 份作答已延长，%(closed)d 份已交卷", **facts
    )
    click.echo(json.dumps(facts) if as_json else said)


@exams.command("pause", help="暂停考试（如消防警报）：全场停表，不能开始，不收卷")
@click.argument("code")
@reason_option
def pause(code: str, reason: str) -> None:
    """Stop an exam's clock."""
    pause_exam(
        exam_id=exam_by_code(code).id,
        reason=reason,
        key=new_key(),
        account_id=None,
        now=now(),
    )
    click.echo(gettext("考试已暂停。恢复请运行 flask exams resume %(code)s", code=code))


@exams.command("resume", help="恢复考试：所有截止时间顺延一次")
@click.argument("code")
def resume(code: str) -> None:
    """Let an exam's clock run again."""
    exam = exam_by_code(code)
    with read_core() as connection:
        pause_id = find_pause(connection, exam.id)
    if pause_id is None:
        raise Conflict("考试没有暂停")
    stood = resume_exam(exam_id=exam.id, pause_id=pause_id, account_id=None, now=now())
    minutes, seconds = divmod(stood // timedelta(seconds=1), 60)
    click.echo(
        gettext(
            "考试已恢复，截止时间顺延 %(minutes)d 分 %(seconds)d 秒",
            minutes=minutes,
            seconds=seconds,
        )
    )


@exams.command("close", help="提前结束考试：在答的到此为止，宽限期后收卷")
@click.argument("code")
@reason_option
def close(code: str, reason: str) -> None:
    """Close an exam before its time."""
    ended = close_early(
        exam_id=exam_by_code(code).id, reason=reason, account_id=None, now=now()
    )
    click.echo(
        gettext(
            "考试已提前结束，%(n)d 份作答到此为止。"
            "10 分钟内可以撤销：flask exams reopen %(code)s",
            n=ended,
            code=code,
        )
    )


@exams.command("reopen", help="撤销提前结束（10 分钟内），失去的时间补回")
@click.argument("code")
def reopen(code: str) -> None:
    """Take an early closing back."""
    reopened = undo_close(exam_id=exam_by_code(code).id, account_id=None, now=now())
    click.echo(gettext("已撤销提前结束，%(n)d 份已收的作答重新开启", n=reopened))


@exams.command("void", help="列出一段时间内开始的作答；加 --yes 则全部作废并另给机会")
@click.argument("code")
@click.option(
    "--from", "begin", required=True, help="从几时开始的，如 2026-11-24 09:00"
)
@click.option("--to", "end", required=True, help="到几时为止（含这一分钟）")
@click.option("--reason", default="", help="原因，写入审计记录；与 --yes 同用")
@click.option("--yes", is_flag=True, help="真的作废；不加只列出")
@as_json
def void(
    code: str, begin: str, end: str, reason: str, *, yes: bool, as_json: bool
) -> None:
    """A wrong paper was out for some minutes: end those sittings, begin afresh."""
    exam = exam_by_code(code)
    until = typed_moment(end) + timedelta(seconds=59, microseconds=999_999)
    with read_core() as connection:
        found = started_between(connection, exam.id, typed_moment(begin), until)
    if yes:
        void_sittings(
            exam_id=exam.id,
            sitting_ids=[one.sitting_id for one in found],
            reason=reason,
            fresh=True,
            account_id=None,
            now=now(),
        )
    for one in () if as_json else found:
        click.echo(f"{clock(one.started_at)}  {one.unit_name}  {one.name}")
    facts = {"sittings": len(found), "voided": yes}
    done = gettext("%(sittings)d 份作答已作废，各有一次新的机会", **facts)
    listed = gettext("共 %(sittings)d 份作答；核对后加 --yes 和 --reason 作废", **facts)
    click.echo(json.dumps(facts) if as_json else done if yes else listed)


@exams.command("archive", help="归档：公布成绩之后，从此什么都不再改动")
@click.argument("code")
def archive(code: str) -> None:
    """Put an exam away for good."""
    archive_exam(exam_id=exam_by_code(code).id, account_id=None, now=now())
    click.echo(gettext("考试已归档"))


@exams.command("room", help="安排考场：一个单位或一个人")
@click.argument("code")
@click.argument("room")
@click.option("--person", help="只安排这个人（姓名）；重名时加 --unit")
@unit_option
def room(code: str, room: str, person: str | None, unit: str | None) -> None:
    """Say in which room people sit."""
    if person is None and unit is None:
        raise Refused("请用 --unit 或 --person 写明谁在这个考场")
    exam = exam_by_code(code)
    with read_core() as connection:
        found = find_candidates(connection, exam.id, name=person, unit_name=unit)
    assign_room(
        exam_id=exam.id, candidate_ids=found, room=room, account_id=None, now=now()
    )
    click.echo(gettext("%(room)s：%(n)d 人", room=room, n=len(found)))
