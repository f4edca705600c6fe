"""Long work of the bank: looking for questions that are alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext

from core.jobs.kinds import Kind, Result, Work
from core.jobs.progress import progress
from question_bank.import_queries import kept_by_id
from question_bank.likeness import find_pairs


def find_alike(work: Work) -> Result:
    """A workbook of the pairs of questions that look alike, the likest first."""
    # Only here: who merely starts the job does not write workbooks.
    from question_bank.formats.pairs import write_pairs  # noqa: PLC0415

    doing = gettext("正在比较各题")
    pairs = find_pairs(lambda done, total: progress(done, total, doing))
    if not pairs:
        return Result(gettext("没有找到相似的题"))
    ids = {id for pair in pairs for id in (pair.question_id, pair.other_id)}
    file = work.folder / "alike.xlsx"
    with file.open("wb") as out:
        write_pairs(out, pairs, kept_by_id(ids))
    told = gettext("找到 %(n)d 对相似的题，请下载查看", n=len(pairs))
    return Result(told, file, gettext("相似的题") + ".xlsx")


def _account(arguments: Mapping[str, Any]) -> str:
    return f"account:{arguments['account_id']}"


ALIKE = Kind(
    name="bank_alike",
    title=lazy_gettext("查找相似的题"),
    steps=(find_alike,),
    object_of=_account,
    tries=2,
)
