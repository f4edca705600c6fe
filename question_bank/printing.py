"""Readings and findings in words, for the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click
from flask_babel import gettext

from core.cells import Note
from question_bank.formats.neutral import neutral_item
from question_bank.formats.reading import Reading
from question_bank.likeness import Progress
from question_bank.operations.intake import ImportResult
from question_bank.rules.intake import Finding, Place, Typed, Verdict, sort_out
from question_bank.rules.validity import KINDS, LETTERS, Problem, typed_key

SHOWN = 50  # findings on the terminal; --json has all
COLOURS = {
    "green": "可以导入",
    "yellow": "请核对",
    "red": "有误",
    "known": "题库里已有",
    "repeated": "文件里重复",
    "skipped": "不导入",
}


def print_reading(reading: Reading) -> None:
    """The questions of a file with their keys, as people read them."""
    plan = sort_out(reading.typed, {})
    print_notes(reading)
    for verdict in plan.verdicts:
        _print_verdict(verdict)
    for line in reading.left:
        what = gettext("没有归入任何题目")
        click.echo(f"{_line(line.number, reading.counted)} {what}：{line.text}")
    said = "，".join(
        f"{gettext(word)} {plan.counts[colour]}"
        for colour, word in COLOURS.items()
        if plan.counts[colour]
    )
    total: str = gettext("共 %(n)d 题", n=plan.total)
    click.echo(f"{total}：{said}")


def _print_verdict(verdict: Verdict) -> None:
    one, draft = verdict.typed, verdict.typed.draft
    word = gettext(COLOURS[verdict.colour])
    kind = gettext(KINDS[draft.kind]) if draft.kind in KINDS else draft.kind
    click.echo(f"[{word}] {where(one.place())} {kind} {one.stem or draft.stem}")
    for letter, option in zip(LETTERS, draft.options, strict=False):
        click.echo(f"    {letter}. {option}")
    for n, part in enumerate(draft.parts, 1):
        click.echo(f"    ({n}) {part.stem}")
        for letter, option in zip(LETTERS, part.options, strict=False):
            click.echo(f"        {letter}. {option}")
    if draft.key or draft.parts:
        click.echo(f"    {gettext('答案')}：{typed_key(draft)}")
    for problem in verdict.problems:
        click.echo(f"    ! {in_words(problem)}")


def print_result(reading: Reading, result: ImportResult, *, dry_run: bool) -> None:
    """What an import found and did."""
    plan = result.plan
    print_notes(reading)
    print_findings(plan.findings)
    print_findings(plan.warnings)
    if dry_run:
        what = gettext("试运行，没有写入任何内容：可以导入 %(n)d 题", n=len(plan.good))
        known = plan.counts["known"] + plan.counts["repeated"]
        rest = gettext(
            "已有或重复 %(known)d 题，有误 %(bad)d 题", known=known, bad=plan.bad
        )
        click.echo(f"{what}；{rest}")
        return
    said = [in_words(one) for one in result.sentences()]
    click.echo("；".join(said))


def progress(text: str) -> None:
    """Say what goes on, to somebody who sits at the terminal."""
    if sys.stderr.isatty():
        click.echo(text, err=True)


def counting(text: str) -> Progress:
    """Say how far it has gone."""

    def say(done: int, total: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{text} {done}/{total}", nl=done == total, err=True)

    return say


def print_notes(reading: Reading) -> None:
    """What the person should know about a file."""
    for note in reading.notes:
        click.echo(in_words(note))


def print_findings(findings: Sequence[Finding]) -> None:
    """Where something is wrong, and what."""
    for finding in findings[:SHOWN]:
        click.echo(f"{where(finding.place)}：{in_words(finding.problem)}", err=True)
    if len(findings) > SHOWN:
        rest = len(findings) - SHOWN
        click.echo(gettext("……另有 %(n)d 处没有列出", n=rest), err=True)


def where(place: Place) -> str:
    """A place in words: 题目 K6, 第 12 行."""
    if place.cell:
        return f"{place.sheet} {place.cell}".strip()
    counted = place.counted or ("row" if place.sheet else "question")
    return f"{place.sheet} {_line(place.number, counted)}".strip()


def _line(number: int, counted: str) -> str:
    if counted == "paragraph":
        text: str = gettext("第 %(n)d 段", n=number)
    elif counted in ("line", "row"):
        text = gettext("第 %(n)d 行", n=number)
    else:
        text = gettext("第 %(n)d 题", n=number)
    return text


def in_words(said: Problem | Note) -> str:
    """A message in the language of the terminal."""
    text: str = gettext(said.message, **said.values)
    return text


def import_report(result: ImportResult) -> dict[str, Any]:
    """What an import did, for a program."""
    plan = result.plan
    return {
        "applied": result.applied,
        "import": result.import_id,
        "good": len(plan.good),
        "added": result.added,
        "known": result.known,
        "repeated": len(plan.repeated),
        "bad": plan.bad,
        "findings": [_finding(finding) for finding in plan.findings],
        "warnings": [_finding(finding) for finding in plan.warnings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    place, problem = finding.place, finding.problem
    return {
        "sheet": place.sheet,
        "number": place.number,
        "cell": place.cell,
        "reason": in_words(problem),
    }


def full_report(reading: Reading) -> dict[str, Any]:
    """All that is known of a file before the bank is asked, for a program."""
    verdicts = sort_out(reading.typed, {}).verdicts
    return {
        "questions": [_full(verdict) for verdict in verdicts],
        "notes": [in_words(note) for note in reading.notes],
        "headings": [[line.number, line.text] for line in reading.headings],
        "left": [[line.number, line.text] for line in reading.left],
    }


def _full(verdict: Verdict) -> dict[str, Any]:
    one: Typed = verdict.typed
    return {
        "item": neutral_item(one),
        "colour": verdict.colour,
        "place": where(one.place()),
        "number": one.number,
        "reasons": [in_words(problem) for problem in verdict.problems],
        "source": one.source,
    }
