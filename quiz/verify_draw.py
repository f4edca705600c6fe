"""Whether a draw is what it says: for anybody who has Python, and nothing else of ours.

``python 抽卷核对-K7MPX4QW.zip`` runs this from the archive of ``quiz/draw_proof.py``,
whose ``draw.json`` it reads. Python's own library suffices, and no line goes out.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path

from quiz.rules.redraw import read, redraw, sentences

ACCOUNT = "draw.json"


def _text_of(archive: Path) -> bytes:
    if archive.is_dir():  # somebody unpacked it, or the browser did
        return (archive / ACCOUNT).read_bytes()
    with zipfile.ZipFile(archive) as opened:
        return opened.read(ACCOUNT)


def main(archive: str) -> int:
    """Draw again and say what came out; 0: the same, 1: it is not, 2: cannot tell."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a console that has no Chinese
    try:
        account = read(json.loads(_text_of(Path(archive))))
        print(f"考试 {account.plan.code}，正在重抽（每千份约需一秒）…", flush=True)
        redrawn = redraw(account)
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        print(f"核对材料读不出来，请重新下载。（{Path(archive).name}：{error}）")
        return 2
    print("与公布的摘要逐字对照：")
    for name, value in (
        ("名单摘要", account.digests.roster),
        ("题库摘要", account.digests.bank),
        ("方案摘要", account.digests.blueprint),
        ("随机数摘要", account.commitment),
        ("公开值", account.public_value or "没有约定"),
        ("公开值的来源", account.public_source or "没有约定"),
    ):
        print(f"  {name}  {value}")
    for template, values in sentences(redrawn):
        print(template % values if values else template)
    return 0 if redrawn.sound else 1
