"""Reading a file of questions by the ending of its name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.child import ask_child
from core.errors import Refused
from core.filenames import shown_name
from question_bank.formats.reading import Reading, load_reading
from question_bank.formats.workbook import read_workbook
from question_bank.rules.intake import Typed
from question_bank.rules.validity import UNWRITABLE, Draft
from question_bank.rules.wording import is_writable, writable

SHEETS = (".xlsx", ".xls", ".et", ".csv")
PAPERS = (".docx", ".txt", ".md", ".json")
ENDINGS = (*PAPERS, *SHEETS)
#: The name under which pasted text is kept.
PASTED = "粘贴的文字.txt"


def read_file(path: Path, *, filename: str) -> Reading:
    """Read the questions of a file, in a child process with limits.

    :param path: Where the bytes lie, under any name.
    :param filename: The name the person gave it.
    :raises Refused: If its kind is not known, it cannot be read, or holds no
        question.
    """
    ending = Path(filename).suffix.lower()
    if ending in PAPERS:
        reading = _read_paper(path, filename)
    elif ending in SHEETS:
        reading = read_workbook(path, filename=filename)
    elif ending in (".doc", ".wps", ".rtf", ".docm", ".pdf", ".odt"):
        # Told apart by their content, which knows better what to do.
        reading = _read_paper(path, f"{filename}.docx")
    else:
        raise Refused(
            "不能从“%(file)s”导入题目，"
            "请使用 .docx、.xlsx、.xls、.et、.csv、.txt 或 .json 文件",
            file=shown_name(filename),
        )
    if not reading.typed:
        raise _nothing(ending, shown_name(filename))
    return replace(reading, typed=[_showable(one) for one in reading.typed])


def _showable(one: Typed) -> Typed:
    """A question without what no page and no database can hold; that is a fault."""
    draft = _writable(one.draft)
    parts = tuple(map(_showable, one.parts))
    if (draft, parts) == (one.draft, one.parts) and is_writable(one.source):
        return one
    return replace(
        one,
        draft=draft,
        stem=writable(one.stem),
        tag=writable(one.tag),
        source=writable(one.source),
        faults=one.faults if parts != one.parts else (*one.faults, UNWRITABLE),
        parts=parts,
    )


def _writable(draft: Draft) -> Draft:
    return Draft(
        kind=writable(draft.kind),
        stem=writable(draft.stem),
        options=tuple(map(writable, draft.options)),
        key=tuple(map(writable, draft.key)),
        topic=writable(draft.topic),
        difficulty=writable(draft.difficulty),
        citations=tuple(map(writable, draft.citations)),
        analysis=writable(draft.analysis),
        parts=tuple(map(_writable, draft.parts)),
        tags=tuple(map(writable, draft.tags)),
        source=writable(draft.source),
    )


def _read_paper(path: Path, filename: str) -> Reading:
    shown = shown_name(filename)
    answer = ask_child(
        "question_bank.formats.reader",
        str(path.resolve()),
        shown,
        silent=Refused(
            "“%(file)s”无法读取：内容过大或已损坏。"
            "请把要导入的文字复制到新建的文档里另存，或直接粘贴到导入页",
            file=shown,
        ),
    )
    if answer.get("table"):
        return read_workbook(path, filename=filename)
    return load_reading(answer["reading"])


def _nothing(ending: str, filename: str) -> Refused:
    if ending in SHEETS:
        return Refused(
            "“%(file)s”里没有题目，请从表头的下一行开始，每行填写一题", file=filename
        )
    if ending == ".json":
        return Refused("“%(file)s”里没有题目，列表是空的", file=filename)
    return Refused(
        "“%(file)s”里没有找到题目。每道题要有题号（如 1.），选择题的选项以 A. B. 开头，"
        "答案写成“答案：B”",
        file=filename,
    )
