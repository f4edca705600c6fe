"""Exams from the terminal, from the preset to the QR code."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
import zxingcpp
from click.testing import Result
from flask import Flask
from PIL import Image

from core.qr import qr_matrix, qr_svg, qr_text
from core.turns import DEADLINE, Turns
from tests.quiz.factories import make_exam
from tests.quiz.ground import PLENTY, make_bank, make_draft, make_units
from tests.quiz.sitters import Sitter

NEW = [
    *("new", "--preset", "现场抽测", "--title", "法治素养测试"),
    *("--opens", "2099-11-24 09:00", "--closes", "2099-11-24 11:00"),
]


def run(app: Flask, *words: str) -> Result:
    """What ``flask exams …`` prints."""
    return app.test_cli_runner().invoke(args=["exams", *words])


def facts(app: Flask, *words: str) -> Any:
    """What it prints with --json, after success."""
    result = run(app, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_from_the_preset_to_the_code(
    app: Flask, moment: datetime, tmp_path: Path
) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [6] * 10)
    assert [preset["name"] for preset in facts(app, "presets")] == [
        "现场抽测",
        "学法用法统考",
        "无纸化学法",
        "普法考试",
    ]
    made = facts(app, *NEW)
    assert made["state"] == "draft"
    assert (made["questions"], made["maximum"]) == (50, "100")
    code = made["code"]
    promised = facts(app, "guarantee", code)
    assert (promised["possible"], promised["hand"]) == (True, 20)
    assert promised["exposure"] == 0.05
    done = facts(app, "publish", code.lower())
    assert (done["state"], done["due"], done["papers"]) == ("drawn", 60, 80)
    assert len(done["commitment"]) == 64
    assert facts(app, "guarantee", code) == promised
    assert [exam["code"] for exam in facts(app, "list")] == [code]
    target = tmp_path / "code.png"
    result = run(
        app, "qr", code, "--out", str(target), "--base", "http://10.0.0.5:8000"
    )
    assert result.output.strip() == f"http://10.0.0.5:8000/e/{code}"
    image = Image.open(target).convert("L")
    assert [found.text for found in zxingcpp.read_barcodes(image)] == [
        f"http://10.0.0.5:8000/e/{code}"
    ]
    drawing = tmp_path / "code.svg"
    assert run(app, "qr", code, "--out", str(drawing)).exit_code == 0
    assert drawing.read_text(encoding="utf-8").startswith("<svg")


def test_a_public_value_is_given_to_the_draw(app: Flask, moment: datetime) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [6, 6])
    code = facts(app, *NEW)["code"]
    waiting = facts(app, "publish", code, "--unit", "第1局", "--public-source", "骰子")
    assert (waiting["state"], waiting["due"], waiting["papers"]) == (
        "published",
        6,
        None,
    )
    refused = run(app, "draw", code)
    assert refused.exit_code == 1
    assert "骰子" in refused.output
    assert facts(app, "draw", code, "--public-value", "4 2")["state"] == "drawn"
    again = run(app, "draw", code, "--public-value", "4 2")
    assert (again.exit_code, "已经抽过卷" in again.output) == (1, True)


def test_a_small_bank_is_told_by_guarantee_and_publish(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY | {"single": 12})
    make_units(moment, [6])
    code = facts(app, *NEW)["code"]
    sentence = "单选（任意知识点，任意难度）需要 30 题，题库只有 12 题，请补 18 题"
    for command in ("guarantee", "publish"):
        result = run(app, command, code)
        assert result.exit_code == 1
        assert sentence in result.output
        assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["publish", "NXNEXXXX"], "没有代码为 NXNEXXXX 的考试"),
        (["new", "--title", "x", "--opens", "tomorrow"], "读不懂"),
        (
            ["new", "--title", "x", "--opens", "2099-01-01 09:00", "--preset", "x"],
            "可选",
        ),
        (["qr", "K7MPX4QW", "--out", "code.gif"], ".svg 或 .png"),
        (["publish", "K7MPX4QW", "--unit", "无此单位"], "没有单位“无此单位”"),
    ],
)
def test_bad_input_is_one_sentence(
    app: Flask, moment: datetime, words: list[str], sentence: str
) -> None:
    make_draft(moment)
    result = run(app, *words)
    assert result.exit_code == 1
    assert sentence in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_a_code_has_a_quiet_zone_of_four_and_one_path_of_modules() -> None:
    matrix = qr_matrix("http://10.0.0.5:8000/e/K7MPX4QW")
    assert not any(any(line) for line in matrix[:4] + matrix[-4:])
    assert not any(any(line[:4]) or any(line[-4:]) for line in matrix)
    assert matrix[4][4]  # the finder's corner begins right after it
    assert qr_svg("x").count("<path") == 2


def test_the_terminals_code_can_be_read() -> None:
    """Drawn as pixels, the half blocks are the code again."""
    pixels = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0)}
    lines = qr_text("http://10.0.0.5:8000/e/K7MPX4QW").splitlines()
    image = Image.new("L", (len(lines[0]), 2 * len(lines)))
    for y, line in enumerate(lines):
        for x, block in enumerate(line):
            for half in (0, 1):
                image.putpixel((x, 2 * y + half), pixels[block][half])
    large = image.resize((image.width * 8, image.height * 8), Image.Resampling.NEAREST)
    found = zxingcpp.read_barcodes(large)
    assert [code.text for code in found] == ["http://10.0.0.5:8000/e/K7MPX4QW"]


def test_S1_a_command_writes_in_its_turn_as_the_server_does(
    app: Flask, moment: datetime, backend: str
) -> None:
    """Two processes never write to the file at once, as an old SQLite demands."""
    if backend != "sqlite":
        pytest.skip("PostgreSQL locks rows")
    made = make_exam(moment)
    sitter = Sitter(made.candidates[0]).start(moment)
    place = app.config["SETTINGS"].instance / "lawgauge.db.writer"
    with time_machine.travel(moment + timedelta(hours=3), tick=False):
        with Turns(place).take():  # somebody else's: a lock on a file of its own
            began = time.monotonic()
            done = run(app, "sweep", made.code)
            assert time.monotonic() - began >= DEADLINE
        assert done.exit_code == 1
        assert "系统正忙" in done.output
        assert sitter.row.state == "open"
        assert facts(app, "sweep", made.code)["left"] == 0
    assert sitter.row.state == "auto"
