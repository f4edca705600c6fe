"""Reading a file of questions by the ending of its name."""

from __future__ import annotations

from pathlib import Path

from core.errors import Refused
from core.filenames import shown_name
from question_bank.formats.neutral import read_neutral
from question_bank.formats.reading import Reading
from question_bank.formats.workbook import read_workbook

SHEETS = (".xlsx", ".xls", ".et", ".csv", ".txt")
ENDINGS = (*SHEETS, ".json")


def read_file(path: Path, *, filename: str) -> Reading:
    """Read the questions of a file.

    :param path: Where the bytes lie, under any name.
    :param filename: The name the person gave it.
    :raises Refused: If its kind is not known, it cannot be read, or holds no
        question.
    """
    ending = Path(filename).suffix.lower()
    if ending == ".json":
        reading = read_neutral(path.read_bytes(), filename=filename)
    elif ending in SHEETS:
        reading = read_workbook(path, filename=filename)
    else:
        raise Refused(
            "不能从“%(file)s”导入题目，请使用 .xlsx、.xls、.et、.csv 或 .json 文件",
            file=shown_name(filename),
        )
    if not reading.typed:
        raise Refused(
            "“%(file)s”里没有题目，请从表头的下一行开始，每行填写一题",
            file=shown_name(filename),
        )
    return reading
