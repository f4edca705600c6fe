"""What is handed out of a draw, so that anybody can draw again: an archive that runs.

It holds what the draw read and made (``draw.json``), the rules of the draw as they
stand here, and the description of the algorithm. No name, no text of a question, no
key and no answer is in it.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from core.errors import Conflict
from quiz.models import Exam
from quiz.queries.redraw import account_of
from quiz.rules.lifecycle import reveals_draw
from quiz.rules.redraw import written
from quiz.verify_draw import ACCOUNT

ROOT = Path(__file__).resolve().parent.parent
#: The program, complete: these import nothing but one another and Python's library.
PROGRAM = (
    "core/__init__.py",
    "core/errors.py",
    "question_bank/__init__.py",
    "question_bank/rules/__init__.py",
    "question_bank/rules/ease.py",
    "quiz/__init__.py",
    "quiz/rules/__init__.py",
    "quiz/rules/blueprint.py",
    "quiz/rules/deal.py",
    "quiz/rules/draw.py",
    "quiz/rules/flow.py",
    "quiz/rules/redraw.py",
    "quiz/rules/scoring.py",
    "quiz/rules/seating.py",
    "quiz/verify_draw.py",
    "statutes/__init__.py",
    "statutes/rules/__init__.py",
    "statutes/rules/numerals.py",
)
#: Plain enough for any Python: an old one is told which is needed.
START = """import sys

if sys.version_info < (3, 11):
    print("需要 Python 3.11 或更新版本，这台电脑上是 %d.%d" % sys.version_info[:2])
    sys.exit(2)

from quiz.verify_draw import main

sys.exit(main(sys.path[0]))
"""
ALGORITHM = ("docs/algorithms/deal.md", "算法.md")
READ_ME = """法测 抽卷核对材料：{title}（考试码 {code}）

在装有 Python 3.11 或更新版本的电脑上（不用联网，不用装别的），打开命令行运行：

    python {name}

（有的电脑上要写 python3 或 py；下载时文件名变了，就写变了以后的名字；
解开了压缩包，就写解开后的文件夹。）

程序按随机数、公开值和发布时固定的名单、题库、方案重抽全部试卷，逐份对照试卷摘要，最后给出结论。
请把程序显示的几个摘要与发布时公布的逐字对照：摘要相同，材料才是发布时的那一份。

不想运行这里的程序，也可以按“算法.md”自己写一个；draw.json 是全部数据。

材料里的人员只有编号、单位编号、单位和职级的类别、匹配值（由姓名、单位和手机尾号或工号用服务器的密钥算出，反推不出），没有姓名；题目只有编号，没有题目、答案和作答。
考生回执上的“试卷摘要”可以在 draw.json 的 papers 里找到。
"""


def proof_name(code: str) -> str:
    """What the archive of an exam is called."""
    return f"抽卷核对-{code}.zip"


def draw_proof(exam: Exam) -> bytes:
    """The archive of an exam whose results are published. Five queries.

    :raises Refused: If nothing was drawn.
    :raises Conflict: If the secret must not be known yet: papers of the draw may still
        be given to somebody.
    """
    account = account_of(exam)
    if not reveals_draw(exam):
        raise Conflict("公布成绩后才公开随机数，那时可以下载核对材料")
    name = proof_name(exam.code)
    files = {
        "__main__.py": START,
        "说明.txt": READ_ME.format(title=exam.title, code=exam.code, name=name),
        ACCOUNT: json.dumps(written(account), ensure_ascii=False),
    }
    for source, shown in (ALGORITHM, *((file, file) for file in PROGRAM)):
        files[shown] = (ROOT / source).read_text(encoding="utf-8")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for shown, text in files.items():
            entry = zipfile.ZipInfo(shown)  # of no date: made twice it is the same
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text, compress_type=zipfile.ZIP_DEFLATED)
    return packed.getvalue()
