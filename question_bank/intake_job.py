"""Long work of the bank: reading a large file, and taking many questions of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import gettext, lazy_gettext

from core.clock import now
from core.errors import Missing, Refused
from core.jobs.kinds import Kind, Result, Work
from core.jobs.progress import progress
from core.uploads import Upload, drop_upload, find_upload
from question_bank.import_queries import examine_candidates, written_by
from question_bank.operations.intake import ImportResult, told
from question_bank.review import UPLOADS, Review, load_review, read_for_review
from question_bank.taking import put_away, take_upload

#: Bytes of a file; from there on a job reads it. Some 1,500 questions of a text, 5,000
#: of a workbook.
LARGE = 300_000
#: Questions that are taken; from there on a job writes them.
MANY = 1500


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


def write_questions(work: Work) -> None:
    """Import what somebody decided to take. Begun again after that was written, it
    finds it.
    """
    if written_by(work.job_id, work.actor) is not None:
        return
    kept, found = _kept_review(work)
    judging, writing = gettext("正在核对题目"), gettext("正在写入题库")
    plan = examine_candidates(
        found.candidates, lambda done, of: progress(done, of, judging)
    )
    # On SQLite the page hears no more until it is written: there is one writer.
    progress(0, plan.total, writing)
    take_upload(
        kept,
        plan,
        green=work.arguments["green"],
        actor=work.actor,
        now=now(),
        import_id=found.import_id,
        job_id=work.job_id,
        progress=lambda done, of: progress(done, of, writing),
    )


def put_file_away(work: Work) -> Result:
    """Let the file go, or keep it for what is left of it, and say what was done."""
    written = written_by(work.job_id, work.actor)
    try:
        kept, found = _kept_review(work)
    except Missing:  # it went before a process was lost
        return Result(_told(written.counts if written else Counter()))
    plan = examine_candidates(found.candidates)
    put_away(
        kept,
        left=plan.bad + len(plan.good),
        import_id=written.import_id if written else None,
        now=now(),
    )
    # Nothing was written: the bank had all that was chosen.
    counts = written.counts if written else ImportResult(True, 0, plan).counts
    return Result(_told(counts))


def _kept_review(work: Work) -> tuple[Upload, Review]:
    kept = find_upload(
        Path(current_app.instance_path, "uploads"),
        work.arguments["token"],
        kind=UPLOADS,
        account_id=work.account_id or 0,
        now=now(),
    )
    found = load_review(kept)
    if found is None:
        raise Missing("上传的文件已经处理过或超过一天，请重新上传")
    return kept, found


def _told(counts: Mapping[str, int]) -> str:
    return "；".join(gettext(one.message, **one.values) for one in told(counts))


TAKE = Kind(
    name="bank_take",
    title=lazy_gettext("导入题目"),
    steps=(write_questions, put_file_away),
    object_of=lambda arguments: f"upload:{arguments['token']}",
    page_of=lambda arguments: f"{_page(arguments)}/result?file={arguments['sha256']}",
)
