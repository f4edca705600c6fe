"""The bank from the terminal."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import click
from flask.cli import AppGroup
from flask_babel import gettext

from core.cli import write_whole
from core.clock import now
from core.errors import Refused
from core.filenames import shown_name
from core.pages import clock
from question_bank.export_queries import find_topic, selected_questions
from question_bank.formats.files import read_file
from question_bank.formats.neutral import neutral_item
from question_bank.formats.starter import starter_questions
from question_bank.import_queries import examine_candidates
from question_bank.likeness import find_likenesses
from question_bank.operations.exporting import note_export
from question_bank.operations.intake import (
    ImportResult,
    Source,
    import_questions,
    take_good,
)
from question_bank.printing import (
    counting,
    full_report,
    import_report,
    in_words,
    print_reading,
    print_result,
    progress,
)
from question_bank.rules.exporting import (
    FORMS,
    POINTS,
    PRINTED,
    TITLE,
    TITLE_LIMIT,
    Layout,
    Selection,
    given_purpose,
)
from question_bank.rules.intake import Candidate
from question_bank.rules.lifecycle import STATES
from question_bank.rules.printed import Stamp
from question_bank.rules.validity import KINDS

ACTOR = "system"

bank = AppGroup("bank", help="题库：导入、导出、模板、检查")
as_json = click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
FILE = click.Path(path_type=Path, dir_okay=False)


@bank.command("import", help="导入题目（.docx .xlsx .xls .et .csv .txt .json）")
@click.argument("file", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@click.option("--accept-good", is_flag=True, help="有误的题目不导入，其余照常导入")
@click.option("--dry-run", is_flag=True, help="只检查，不写入任何内容")
@as_json
def import_(file: Path, *, accept_good: bool, dry_run: bool, as_json: bool) -> None:
    """Import a file; exit status 1 if nothing was written because of bad questions."""
    progress(gettext("正在读取 %(file)s", file=file.name))
    reading = read_file(file, filename=file.name)
    alike = find_likenesses(reading.typed, counting(gettext("正在查找相似的题")))
    candidates = [
        Candidate(one, other) for one, other in zip(reading.typed, alike, strict=True)
    ]
    plan = examine_candidates(candidates)
    if dry_run or (plan.bad and not accept_good):
        result = ImportResult(False, 0, plan)
    else:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        result = take_good(
            plan=plan,
            taken=plan.good,
            actor=ACTOR,
            now=now(),
            source=Source(shown_name(file.name), digest),
            progress=counting(gettext("正在写入题库")),
        )
    if as_json:
        report = import_report(result) | {"dry_run": dry_run}
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        print_result(reading, result, dry_run=dry_run)
    if plan.bad and not accept_good:
        raise click.exceptions.Exit(1)


@bank.command("parse", help="读出文件里的题目给人看，不写入任何内容")
@click.argument("file", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@click.option("--full", is_flag=True, help="JSON 里加上位置、原因和没有归入题目的行")
@as_json
def parse(file: Path, *, full: bool, as_json: bool) -> None:
    """Read a file and print its questions; nothing is written.

    With --json the neutral form, and nothing else.
    """
    reading = read_file(file, filename=file.name)
    if full:
        click.echo(json.dumps(full_report(reading), ensure_ascii=False, indent=2))
    elif as_json:
        items = [neutral_item(one) for one in reading.typed]
        click.echo(json.dumps(items, ensure_ascii=False, indent=2))
    else:
        print_reading(reading)


@bank.command("starter", help="导入随程序提供的起步题库")
@as_json
def starter(*, as_json: bool) -> None:
    """Import the questions that come with the program."""
    result = import_questions(
        drafts=starter_questions(), accept_good=False, actor=ACTOR, now=now()
    )
    if as_json:
        click.echo(json.dumps(import_report(result), ensure_ascii=False))
    else:
        click.echo("；".join(map(in_words, result.sentences())))


@bank.command("export", help="导出题目（.json .xlsx .docx .pdf）")
@click.argument("file", type=FILE)
@click.option("--with-key", is_flag=True, help="试卷后附参考答案及解析")
@click.option("--title", default=TITLE, help="试卷的标题")
@click.option("--seal", is_flag=True, help="试卷左边印密封线")
@click.option(
    "--kind", type=click.Choice(list(KINDS)), default=None, help="只要一种题型"
)
@click.option("--topic", default="", help="只要一个知识点")
@click.option(
    "--state",
    type=click.Choice([*STATES, "all"]),
    default="approved",
    help="只要一种状态，默认是可用的题目",
)
@click.option("--reason", default="命令行导出", help="事由，印在文件上并写入审计记录")
def export(
    file: Path,
    *,
    with_key: bool,
    title: str,
    seal: bool,
    kind: str | None,
    topic: str,
    state: str,
    reason: str,
) -> None:
    """Write questions to a file; its ending says in which form."""
    form = file.suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise Refused("请写明导出文件的扩展名：.json、.xlsx、.docx 或 .pdf")
    found = find_topic(topic) if topic else None
    if topic and found is None:
        raise Refused("题库里没有知识点“%(topic)s”", topic=topic)
    selection = Selection(
        kind=kind or "",
        topic_id=found.id if found else None,
        state="" if state == "all" else state,
    )
    moment, purpose = now(), given_purpose(reason)
    printed = form in PRINTED
    layout = Layout(
        form,
        # JSON from here is read by programs: the list alone.
        None if form == "json" else Stamp(gettext("命令行"), clock(moment), purpose),
        title=title[:TITLE_LIMIT],
        points=POINTS if printed else {},
        key=with_key,
        seal=seal,
    )
    n = note_export(
        selection=selection,
        layout=layout,
        purpose=purpose,
        actor=ACTOR,
        now=moment,
    )
    # Only here: the writers of documents are needed by no other command.
    from question_bank.formats.exporting import export_file  # noqa: PLC0415

    write_whole(file, export_file(selected_questions(selection), layout))
    click.echo(gettext("已导出 %(n)d 题到 %(file)s", n=n, file=file.name))


@bank.command("template", help="写出导入模板（.xlsx）")
@click.argument("file", type=FILE)
def template(file: Path) -> None:
    """Write the template for imports."""
    from question_bank.formats.template import write_template  # noqa: PLC0415 - as above

    if file.suffix.lower() != ".xlsx":
        raise Refused("模板的扩展名应是 .xlsx")
    out = io.BytesIO()
    write_template(out)
    write_whole(file, out.getvalue())
    click.echo(gettext("已写出模板 %(file)s", file=file.name))
