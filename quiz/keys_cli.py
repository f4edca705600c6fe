"""改键 from the terminal: look before, and finish what was broken off.

A change of keys needs two persons, so it is made on the pages, not here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import click
from flask import json
from flask.cli import AppGroup
from flask_babel import gettext

from core.clock import now
from core.db import read_core
from core.errors import Refused
from question_bank.rules.typed import read_key
from question_bank.rules.validity import Draft, stored_key
from quiz.cli import as_json
from quiz.operations.rekeying import check_meant, rescore_exam
from quiz.queries.cards import known, part_of
from quiz.queries.exams import exam_by_code
from quiz.queries.keys import revisions_of
from quiz.queries.sandbox import Preview, preview_keys
from quiz.rules.rekeying import Change

keys = AppGroup("keys", help="改键：沙盘预览、各次改键、重新评分")


def _change(text: str) -> Change:
    """``12=B``, ``12=A/B`` (either is right), ``12=full``, ``12=drop``; ``12.2=B`` is
    the second part of a case.
    """
    place, _, said = text.partition("=")
    version, _, part = place.partition(".")
    if not re.fullmatch(r"\d{1,9}(\.\d)?", place, re.ASCII) or not said:
        raise Refused("“%(text)s”读不懂，请写成 12=B、12=full 或 12=drop", text=text)
    if said in ("full", "drop"):
        return Change(int(version), said, part=int(part or 0))
    whole = known.contents([int(version)]).get(int(version))
    if whole is None:
        raise Refused("没有题目版本 %(id)s", id=version)
    if int(part or 0) > len(whole.parts):
        raise Refused("题目版本 %(id)s 没有第 %(n)s 小题", id=version, n=part)
    content = part_of(whole, int(part or 0))
    drafts = [
        Draft(content.kind, content.stem, (), read_key(content.kind, one))
        for one in said.split("/")
    ]
    return Change(
        int(version),
        "key",
        tuple(tuple(stored_key(draft)) for draft in drafts),
        int(part or 0),
    )


@keys.command("sandbox", help="改键沙盘：改了会动到谁，不写入任何东西")
@click.argument("code")
@click.option(
    "--change", "changes", multiple=True, required=True,
    help="题目版本=新答案；A/B 表示都对；full 全员给分，drop 剔除；可多次给出",
)  # fmt: skip
@as_json
def sandbox(code: str, changes: Sequence[str], *, as_json: bool) -> None:
    """Show what other keys would move."""
    exam = exam_by_code(code)
    meant = [_change(text) for text in changes]
    check_meant(exam.id, meant)
    with read_core() as connection:
        preview = preview_keys(connection, exam.id, meant)
    facts = _facts(preview)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo(
        gettext(
            "已收 %(closed)d 份，其中 %(touched)d 份有这些题；"
            "在答 %(running)d 份有这些题",
            **facts,
        )
    )
    click.echo(
        gettext(
            "%(changed)d 人分数变动，%(passing)d 人变为合格，%(failing)d 人变为不合格",
            **facts,
        )
    )
    for unit in facts["units"]:
        click.echo(
            gettext(
                "%(unit)s：平均 %(old_mean)s → %(new_mean)s，"
                "名次 %(old_rank)d → %(new_rank)d",
                **unit,
            )
        )


def _facts(preview: Preview) -> dict[str, Any]:
    """Counts and units; names of people stay on the pages."""
    shown = preview.outcome
    return {
        "closed": preview.closed,
        "touched": preview.touched,
        "running": preview.running,
        "changed": len(shown.changed),
        "passing": len(shown.passing),
        "failing": len(shown.failing),
        "units": [
            {
                "unit": unit.unit_name,
                "old_mean": f"{float(unit.old_mean) / 100:.2f}",
                "new_mean": f"{float(unit.new_mean) / 100:.2f}",
                "old_rank": unit.old_rank,
                "new_rank": unit.new_rank,
            }
            for unit in shown.units
            if unit.moves
        ],
    }


@keys.command("list", help="列出一场考试的各次改键")
@click.argument("code")
def listed(code: str) -> None:
    """List the revisions of an exam's keys."""
    exam = exam_by_code(code)
    with read_core() as connection:
        revisions = revisions_of(connection, exam.id)
    for one in revisions:
        state = gettext("已全部评分") if one.scored_at else gettext("尚未评完")
        click.echo(f"{one.number}  {len(one.changes)}  {state}  {one.reason}")


@keys.command("rescore", help="把中断的重新评分做完")
@click.argument("code")
def rescore(code: str) -> None:
    """Finish scoring by the newest keys."""
    left = rescore_exam(exam_id=exam_by_code(code).id, now=now())
    click.echo(gettext("还有 %(left)d 份待评分", left=left))
