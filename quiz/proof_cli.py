"""Proving a draw from the terminal: `exams verify`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
from flask import json
from flask_babel import gettext

from core.cli import write_whole
from core.clock import now
from quiz.cli import as_json, exams
from quiz.draw_proof import draw_proof
from quiz.operations.draw import note_proof
from quiz.queries.exams import exam_by_code
from quiz.queries.redraw import account_of
from quiz.rules.redraw import redraw, sentences


@exams.command("verify", help="核对抽卷：重抽全部试卷，逐份对照；不一致时退出码为 1")
@click.argument("code")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="另存一份核对材料（.zip，公布成绩之后），别人不用本系统也能核对",
)
@as_json
def verify(code: str, out: Path | None, *, as_json: bool) -> None:
    """Draw again, and compare every paper; write the archive that lets others do it."""
    exam = exam_by_code(code)
    redrawn = redraw(account_of(exam))
    if as_json:
        facts = asdict(redrawn) | {"code": exam.code, "sound": redrawn.sound}
        click.echo(json.dumps(facts))
    else:
        for template, values in sentences(redrawn):
            click.echo(gettext(template, **values))
    if out is not None:
        write_whole(out, draw_proof(exam))
        note_proof(exam_id=exam.id, account_id=None, now=now())
    if not redrawn.sound:
        raise SystemExit(1)
