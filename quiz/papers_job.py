"""Long work: the papers of an exam for people without a phone."""

from __future__ import annotations

import unicodedata
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from flask_babel import gettext, lazy_gettext

from core.access import Scope
from core.aside import aside
from core.jobs.kinds import Kind, Result, Work
from core.jobs.progress import progress
from quiz.exam_papers import TEMPLATE, Heading, papers_values
from quiz.queries.exams import exam_by_id
from quiz.queries.on_paper import Printable, by_unit, papers_to_print

AT_ONCE = 20  # papers set by one process: each takes ten megabytes of memory


def print_papers(work: Work) -> Result:
    """A PDF for each unit; of several an archive.

    Each is set in a process of its own, so that no memory is kept; a part that was
    made before the job was broken off is not made again.
    """
    asked = work.arguments
    exam = exam_by_id(asked["exam_id"])
    papers = papers_to_print(
        exam.id,
        Scope(asked["everywhere"], frozenset(asked["units"])),
        unit_id=asked["unit_id"],
        candidate_id=asked["candidate_id"],
    )
    heading = Heading(
        title=exam.title,
        code=exam.code,
        minutes=exam.duration_s // 60,
        multi_rule=exam.multi_rule,
        printed=asked["printed"],
    )
    parts = list(_parts(papers))
    made = []
    for n, (name, part) in enumerate(parts):
        progress(n, len(parts), gettext("正在排版：%(unit)s", unit=part[0].unit_name))
        file = work.folder / name
        if not file.exists():
            _make(file, papers_values(heading, part))
        made.append(file)
    return _result(work.folder, made, len(papers), asked["filename"])


def _parts(papers: Sequence[Printable]) -> Iterator[tuple[str, list[Printable]]]:
    """The papers of each file, with its name."""
    for n, own in enumerate(by_unit(papers), 1):
        for at in range(0, len(own), AT_ONCE):
            part = own[at : at + AT_ONCE]
            more = f"-{at // AT_ONCE + 1}" if len(own) > AT_ONCE else ""
            yield f"{n:03d}{more} {plain(own[0].unit_name)} {len(part)}份.pdf", part


def _make(file: Path, values: Mapping[str, Any]) -> None:
    """Write a whole file or none."""
    beside = file.with_suffix(".part")
    beside.write_bytes(
        aside("question_bank.formats.typesetting", "set_pages", TEMPLATE, values)
    )
    beside.replace(file)


def _result(folder: Path, made: Sequence[Path], count: int, name: str) -> Result:
    message = gettext(
        "共 %(n)d 份试卷，每份附答题卡；%(k)d 个文件", n=count, k=len(made)
    )
    if len(made) == 1:
        return Result(message, made[0], f"{name}.pdf")
    archive = folder / "papers.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as out:
        for file in made:
            out.write(file, file.name)
    for file in made:
        file.unlink()
    return Result(message, archive, f"{name}.zip")


def plain(text: str, most: int = 40) -> str:
    """A text as a part of a file's name: no path, no control character."""
    kept = (
        "_" if char in '/\\:*?"<>|' or unicodedata.category(char)[0] == "C" else char
        for char in text
    )
    return "".join(kept).strip(" .")[:most] or "_"


def _exam(arguments: Mapping[str, Any]) -> str:
    return f"exam:{arguments['exam_id']}:{arguments['account_id']}"


PAPERS = Kind(
    name="exam_papers",
    title=lazy_gettext("纸质试卷和答题卡"),
    steps=(print_papers,),
    object_of=_exam,
    tries=3,
)
