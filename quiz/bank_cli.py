"""``flask bank check``: it knows what exams need, which the bank does not."""

from __future__ import annotations

from typing import Any

import click
from flask import json
from flask_babel import gettext

from question_bank.cli import as_json, bank
from question_bank.likeness import Pair, find_pairs
from question_bank.printing import SHOWN, counting, in_words
from question_bank.queries import kept_questions, state_counts
from question_bank.rules.checks import CHECKS, Checked, check_bank
from question_bank.rules.intake import Kept
from question_bank.rules.validity import DIFFICULTIES, KINDS
from question_bank.topic_queries import parent_names
from quiz.bank_checks import usual_needs

#: What is looked through: what exams may use, and what may soon be.
LOOKED_AT = ("approved", "review")


@bank.command("check", help="检查题库：错误、泄露答案、缺解析或依据、题量、相似的题")
@click.option("--no-alike", is_flag=True, help="不找相似的题（快）")
@as_json
def check(*, no_alike: bool, as_json: bool) -> None:
    """Look through the bank; exit status 1 if a question must not be used as it is."""
    questions = kept_questions(LOOKED_AT)
    checked = check_bank(questions, usual_needs(), parent_names())
    pairs = [] if no_alike else find_pairs(counting(gettext("正在查找相似的题")))
    if as_json:
        click.echo(json.dumps(_report(questions, checked, pairs), ensure_ascii=False))
    else:
        _print(questions, checked, pairs)
    if any(one.grave for one in checked.findings):
        raise click.exceptions.Exit(1)


def _report(
    questions: list[Kept], checked: Checked, pairs: list[Pair]
) -> dict[str, Any]:
    drafts = [question.draft for question in questions]
    return {
        "states": state_counts(),
        "checked": len(questions),
        "kinds": {kind: sum(d.kind == kind for d in drafts) for kind in KINDS},
        "difficulties": {
            level: sum(d.difficulty == level for d in drafts) for level in DIFFICULTIES
        },
        "findings": [
            {
                "check": one.check,
                "questions": list(one.questions),
                "grave": one.grave,
                "reason": in_words(one.problem),
            }
            for one in checked.findings
        ],
        "thin": [
            {
                "preset": one.preset,
                "topic": one.topic,
                "lacks": {
                    kind: {"need": need, "have": have}
                    for kind, (need, have) in one.lacks.items()
                },
            }
            for one in checked.thin
        ],
        "alike": [
            {
                "questions": [pair.question_id, pair.other_id],
                "share": round(pair.share, 3),
            }
            for pair in pairs
        ],
    }


def _print(questions: list[Kept], checked: Checked, pairs: list[Pair]) -> None:
    click.echo(gettext("检查了 %(n)d 题（可用和待审的）", n=len(questions)))
    for check, word in CHECKS.items():
        found = checked.of(check)
        if not found:
            continue
        click.echo(gettext("%(what)s：%(n)d 处", what=gettext(word), n=len(found)))
        for one in found[:SHOWN]:
            ids = "、".join(map(str, one.questions[:10]))
            more = "…" if len(one.questions) > 10 else ""
            click.echo(f"  {ids}{more}  {in_words(one.problem)}")
        if len(found) > SHOWN:
            rest = len(found) - SHOWN
            click.echo(gettext("  ……另有 %(n)d 处，见 --json", n=rest))
    for thin in checked.thin:
        lacks = "，".join(
            f"{gettext(KINDS[kind])} {have}/{need}"
            for kind, (need, have) in thin.lacks.items()
        )
        click.echo(
            gettext(
                "“%(topic)s”单独出不了一份%(preset)s：%(lacks)s",
                topic=thin.topic,
                preset=thin.preset,
                lacks=lacks,
            )
        )
    for pair in pairs[:SHOWN]:
        click.echo(
            gettext(
                "相似 %(n)d%%：%(one)d 和 %(other)d",
                n=int(100 * pair.share),
                one=pair.question_id,
                other=pair.other_id,
            )
        )
    if not (checked.findings or checked.thin or pairs):
        click.echo(gettext("没有发现问题"))
