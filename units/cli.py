"""Units and people from the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask import json
from flask.cli import AppGroup
from flask_babel import gettext

from core.clock import now
from core.errors import Refused
from units.files import read_people_file, read_units_file
from units.operations.intake import Wish, import_people, outcome
from units.operations.results import ImportResult, digest_of
from units.operations.units import import_units
from units.queries.editors import SYSTEM
from units.queries.people import preview_people
from units.rules.changes import PERSON_FIELDS
from units.rules.people_merge import PeoplePlan
from units.rules.roster import Reading

units = AppGroup("units", help="单位：从文件导入")
people = AppGroup("people", help="人员：从文件导入")

a_file = click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
accept_good = click.option(
    "--accept-good", is_flag=True, help="有错误的行跳过，只导入正确的行"
)
as_json = click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")


@units.command("import", help="导入单位：.xlsx .xls .et .csv")
@a_file
@accept_good
@as_json
def units_import(file: Path, *, accept_good: bool, as_json: bool) -> None:
    """Import units; exit status 1 if nothing was written because of bad rows."""
    with _said(as_json):
        reading = read_units_file(file, filename=file.name)
        result = import_units(
            reading=reading,
            accept_good=accept_good,
            stamp=None,
            source=digest_of(file),
            filename=file.name,
            editor=SYSTEM,
            now=now(),
        )
    _report(reading, result, {}, as_json)


@people.command("import", help="导入人员：.xlsx .xls .et .csv")
@a_file
@click.option(
    "--complete", is_flag=True, help="完整名册：文件里的单位，不在文件里的人移出名册"
)
@click.option("--dry-run", is_flag=True, help="只看差别，不写入")
@click.option(
    "--doubts",
    type=click.Choice(["same", "other"]),
    help="同名而号码或单位不同的行：same 都是同一人，other 都是另一人",
)
@accept_good
@as_json
def people_import(
    file: Path,
    *,
    complete: bool,
    dry_run: bool,
    doubts: str | None,
    accept_good: bool,
    as_json: bool,
) -> None:
    """Import people; exit status 1 if bad rows or open doubts kept it from writing."""
    wish = Wish(
        complete=complete,
        accept_good=accept_good,
        all_same=None if doubts is None else doubts == "same",
    )
    with _said(as_json):
        reading = read_people_file(file, filename=file.name)
        plan = preview_people(reading.lines, SYSTEM, complete=complete, now=now())
        if dry_run:
            result = outcome(reading, plan, wish)
        else:
            result = import_people(
                reading=reading,
                wish=wish,
                source=digest_of(file),
                filename=file.name,
                editor=SYSTEM,
                now=now(),
            )
    facts = {"dry_run": dry_run, "difference": _difference(plan)}
    if not as_json:
        _print_difference(plan, whole=dry_run)
    _report(reading, result, facts, as_json)


@contextmanager
def _said(as_json: bool) -> Iterator[None]:
    """For programs, a refusal is JSON as well."""
    try:
        yield
    except Refused as refusal:
        if not as_json:
            raise
        text = gettext(refusal.message, **refusal.values)
        click.echo(json.dumps({"done": False, "error": text}, ensure_ascii=False))
        sys.exit(1)


def _difference(plan: PeoplePlan) -> dict[str, Any]:
    """Who is meant, by row of the file or number in the database."""
    return {
        "left": [person.id for person in plan.left],
        "changed": [
            {
                "id": one.person.id,
                "changes": {c.field: [c.old, c.new] for c in one.changes},
            }
            for one in plan.changed
        ],
        "doubts": [
            {
                "sheet": doubt.line.row.sheet,
                "row": doubt.line.row.number,
                "id": doubt.person.id,
                "moved": doubt.moves,
            }
            for doubt in plan.doubts
        ],
    }


def _print_difference(plan: PeoplePlan, *, whole: bool) -> None:
    for doubt in plan.doubts:
        values = {
            "sheet": doubt.line.row.sheet,
            "row": doubt.line.row.number,
            "name": doubt.line.name,
        }
        text = (
            gettext(
                "待确认 %(sheet)s 第 %(row)d 行 %(name)s：别的单位有同名的人", **values
            )
            if doubt.moves
            else gettext(
                "待确认 %(sheet)s 第 %(row)d 行 %(name)s：本单位有同名而号码不同的人",
                **values,
            )
        )
        click.echo(text, err=True)
    if whole:
        for _unit, line in plan.new:
            click.echo(gettext("新增 %(name)s", name=line.name))
        for one in plan.changed:
            changes = "，".join(
                f"{gettext(PERSON_FIELDS[c.field])} {c.old or '—'} → {c.new or '—'}"
                for c in one.changes
            )
            values = {"name": one.person.name, "changes": changes}
            click.echo(gettext("更新 %(name)s：%(changes)s", **values))
        for person in plan.left:
            click.echo(gettext("移出 %(name)s", name=person.name))


def _report(
    reading: Reading[Any], result: ImportResult, more: dict[str, Any], as_json: bool
) -> None:
    notes = [gettext(note.message, **note.values) for note in reading.notes]
    bad = [
        {
            "sheet": cell.sheet,
            "cell": cell.where,
            "reason": gettext(cell.reason, **cell.values),
        }
        for cell in result.bad
    ]
    if as_json:
        facts = {
            "done": result.done,
            "added": result.added,
            "moved": result.moved,
            "changed": result.changed,
            "left": result.left,
            "unchanged": result.unchanged,
            "doubts": result.doubts,
            "bad_rows": result.bad_rows,
            "bad": bad,
            "notes": notes,
        }
        click.echo(json.dumps(facts | more, ensure_ascii=False))
    else:
        _print(result, bad, notes, dry_run=bool(more.get("dry_run")))
    if not result.done:
        sys.exit(1)


def _print(
    result: ImportResult,
    bad: list[dict[str, str]],
    notes: list[str],
    *,
    dry_run: bool,
) -> None:
    for note in notes:
        click.echo(gettext("提示：%(note)s", note=note))
    for cell in bad:
        click.echo("{sheet} {cell}  {reason}".format(**cell), err=True)
    sentences = [gettext(one.message, **one.values) for one in result.sentences()]
    if result.bad and not result.done:
        sentences.append(gettext("加 --accept-good 只导入正确的行"))
    if result.doubts:
        sentences.append(
            gettext("加 --doubts same 都当作同一人，加 --doubts other 都当作另一人")
        )
    if dry_run:
        sentences.insert(0, gettext("试运行，没有写入"))
    click.echo("；".join(sentences))
