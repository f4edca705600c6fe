"""``flask bank approve``: the administrator stands for the second person."""

from __future__ import annotations

from collections.abc import Sequence

import click
from flask_babel import gettext

from core.clock import now
from core.errors import Refused
from question_bank.cli import ACTOR, bank
from question_bank.list_queries import Wanted, ids_listed
from question_bank.operations.reviewing import MOST, move_questions


@bank.command("approve", help="把待审的题设为可用（由管理员代替第二位审题人）")
@click.argument("ids", nargs=-1, type=int)
@click.option("--waiting", is_flag=True, help="所有待审的题")
def approve(ids: Sequence[int], *, waiting: bool) -> None:
    """Approve questions by their numbers, or all that wait."""
    if waiting:
        ids = ids_listed(Wanted(state="review"), MOST)
        if not ids:
            raise Refused("没有待审的题")
    if not ids:
        raise Refused("请写出题目的编号，或加 --waiting")
    moved = move_questions(
        question_ids=list(ids), state="approved", actor=ACTOR, now=now()
    )
    click.echo(gettext("%(n)d 题现在可用", n=moved.done))
    for why, count in moved.kept.items():
        text = gettext("%(n)d 题没有改动：%(why)s", n=count, why=gettext(why))
        click.echo(text, err=True)
