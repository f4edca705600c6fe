"""Units and people from the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask import json
from flask.cli import AppGroup
from flask_babel import gettext

from core.clock import now
from core.errors import Refused
from units.files import read_people_file, read_units_file
from units.operations.people import import_people
from units.operations.results import ImportResult, digest_of
from units.operations.units import import_units

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
    _import(read_units_file, import_units, file, accept_good, as_json)


@people.command("import", help="导入人员：.xlsx .xls .et .csv")
@a_file
@accept_good
@as_json
def people_import(file: Path, *, accept_good: bool, as_json: bool) -> None:
    """Import people; exit status as for units."""
    _import(read_people_file, import_people, file, accept_good, as_json)


def _import(
    read: Callable[..., Any],
    take: Callable[..., ImportResult],
    file: Path,
    accept_good: bool,
    as_json: bool,
) -> None:
    try:
        reading = read(file, filename=file.name)
        result = take(
            reading=reading,
            accept_good=accept_good,
            source=digest_of(file),
            actor="system",
            now=now(),
        )
    except Refused as refusal:
        text = gettext(refusal.message, **refusal.values)
        if as_json:
            click.echo(json.dumps({"done": False, "error": text}, ensure_ascii=False))
            sys.exit(1)
        raise click.ClickException(text) from refusal
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
        _print_json(result, bad, notes)
    else:
        _print(result, bad, notes)
    if not result.done:
        sys.exit(1)


def _print_json(
    result: ImportResult, bad: list[dict[str, str]], notes: list[str]
) -> None:
    facts = {
        "done": result.done,
        "added": result.added,
        "changed": result.changed,
        "unchanged": result.unchanged,
        "bad_rows": result.bad_rows,
        "bad": bad,
        "notes": notes,
    }
    click.echo(json.dumps(facts, ensure_ascii=False))


def _print(result: ImportResult, bad: list[dict[str, str]], notes: list[str]) -> None:
    for note in notes:
        click.echo(gettext("提示：%(note)s", note=note))
    for cell in bad:
        click.echo("{sheet} {cell}  {reason}".format(**cell), err=True)
    sentences = [gettext(one.message, **one.values) for one in result.sentences()]
    if not result.done:
        sentences.append(gettext("加 --accept-good 只导入正确的行"))
    click.echo("；".join(sentences))
