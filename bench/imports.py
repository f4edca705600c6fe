"""A workbook of 10,000 questions, imported by the command that people type."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from bench.stages import Ground
from bench.table import Row, ours
from question_bank.formats.template import write_workbook
from question_bank.rules.validity import Draft
from rehearsal.server import ROOT, environment

QUESTIONS, QUICK = 10_000, 1_000
#: What stems are put together from. Many look alike, which is the harder case.
WHO = "县级人民政府 公安机关 市场监管部门 生态环境部门 税务机关 行政相对人 用人单位"
DOES = "作出行政处罚 实施行政强制 公开政府信息 签订行政协议 征收集体土地 受理复议申请"
WHEN = "调查终结后 听证结束后 收到申请后 发现违法行为时 当事人逾期不履行时 决定送达后"
WHAT = "三日内 五日内 七日内 十日内 十五日内 二十日内 三十日内 六十日内 九十日内 一年内"


def measure(ground: Ground, *, quick: bool) -> list[Row]:
    """Write the workbook, import it into an empty bank."""
    count = QUICK if quick else QUESTIONS
    stage = ground.bare()
    file = stage.instance / "questions.xlsx"
    with file.open("wb") as out:
        write_workbook(out, list(_drafts(count)))
    seconds, cpu = _import(file, environment(stage.instance, **stage.settings), count)
    what = f"import of {count:,} questions from a workbook"
    return [
        ours(what, f"{seconds:.1f} s", "< 20 s for 10,000"),
        ours(f"{what}: CPU", f"{cpu:.1f} s"),
    ]


def _import(file: Path, env: dict[str, str], count: int) -> tuple[float, float]:
    """Seconds and CPU seconds of the command.

    :raises RuntimeError: If it did not import them all.
    """
    command = ["-m", "flask", "--app", "wsgi", "bank", "import", str(file), "--json"]
    own = psutil.Process()
    before, began = own.cpu_times(), time.monotonic()
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    seconds, after = time.monotonic() - began, own.cpu_times()
    if done.returncode or json.loads(done.stdout)["added"] != count:
        raise RuntimeError(f"not imported: {done.stdout[-500:]} {done.stderr[-500:]}")
    cpu = after.children_user - before.children_user
    return seconds, cpu + after.children_system - before.children_system


def _drafts(count: int) -> Iterator[Draft]:
    chance = random.Random(1)
    days = WHAT.split()
    for n in range(count):
        who, does, when = (chance.choice(x.split()) for x in (WHO, DOES, WHEN))
        law = f"《第{n // 40 + 1}号规定》第{n % 40 + 1}条"
        yield Draft(
            kind="single",
            stem=f"依照{law}，{who}{does}，{when}应当在多长时间内告知？（第{n + 1}问）",
            options=tuple(chance.sample(days, 4)),
            key=(chance.choice("ABCD"),),
            topic=f"知识点{n % 60 + 1}",
            difficulty=chance.choice(("easy", "medium", "hard")),
            citations=(law,),
            analysis=f"{law}对{who}{does}的期限有明确规定。",
        )
