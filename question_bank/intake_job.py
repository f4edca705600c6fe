"""Long work of the bank: reading a large file, before somebody looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import gettext, lazy_gettext

from core.clock import now
from core.errors import Refused
from core.jobs.kinds import Kind, Result, Work
from core.jobs.progress import progress
from core.uploads import drop_upload, find_upload
from question_bank.review import UPLOADS, read_for_review

#: Bytes of a file; from there on a job reads it. Some 1,500 questions of a text, 5,000
#: of a workbook.
LARGE = 300_000


def read_upload(work: Work) -> Result:
    """Read a kept file and look for likenesses; the review stands beside the file."""
    folder, token = Path(current_app.instance_path, "uploads"), work.arguments["token"]
    kept = find_upload(
        folder, token, kind=UPLOADS, account_id=work.account_id or 0, now=now()
    )
    progress(0, 0, gettext("正在读取 %(file)s", file=kept.filename))
    doing = gettext("正在查找相似的题")
    try:
        count = read_for_review(kept, lambda done, of: progress(done, of, doing))
    except Refused:
        drop_upload(folder, token)
        raise
    return Result(gettext("读出 %(n)d 题，请核对后导入", n=count))


def _page(arguments: Mapping[str, Any]) -> str:
    return f"/console/bank/import/{arguments['token']}"


READ = Kind(
    name="bank_read",
    title=lazy_gettext("读取题目文件"),
    steps=(read_upload,),
    object_of=lambda arguments: f"upload:{arguments['token']}",
    page_of=_page,
    tries=2,
)
