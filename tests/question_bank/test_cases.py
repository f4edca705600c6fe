"""Cases: questions that share a stem, through every way into the bank and out of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from core.errors import Refused
from question_bank.formats.files import read_file
from question_bank.formats.neutral import write_neutral
from question_bank.formats.reading import dump_draft, load_draft
from question_bank.formats.template import write_workbook
from question_bank.operations.editing import revise_question
from question_bank.operations.intake import add_question, import_questions
from question_bank.queries import contents, draft_of, kept_questions, question
from question_bank.question_form import filled_form
from question_bank.rules.content import content_digest
from question_bank.rules.intake import Kept, faults_of
from question_bank.rules.typed import read_tags
from question_bank.rules.validity import Draft, problems, typed_key, warnings
from tests.question_bank.drafts import CASE, FILL, JUDGE, PARTS, SINGLE, typed

ACTOR = "account:1"


def with_parts(*parts: Draft) -> Draft:
    return replace(CASE, parts=parts)


def said(draft: Draft) -> list[str]:
    return [str(problem) for problem in problems(draft)]


def test_a_sound_case_has_no_problem() -> None:
    assert said(CASE) == []
    assert warnings(CASE) == []
    assert typed_key(CASE) == "(1) C  (2) 正确  (3) 七|7；三|3"


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        (with_parts(SINGLE), "案例题有 1 个小题，至少要有 2 个"),
        (with_parts(*PARTS, *PARTS), "案例题有 6 个小题，最多 5 个，请拆成几题"),
        (with_parts(SINGLE, replace(JUDGE, key=())), "第 2 小题：没有答案"),
        (with_parts(SINGLE, CASE), "第 2 小题：小题不能又是案例题"),
        (replace(CASE, key=("A",)), "案例题的选项和答案写在各小题里，请清空题干下面的"),
        (replace(CASE, stem=""), "没有题干"),
        (
            replace(SINGLE, parts=PARTS),
            "只有案例题才有小题，请清空小题，或把题型改为案例",
        ),
    ],
)
def test_F12_a_bad_case_is_refused_with_the_question_it_lies_in(
    draft: Draft, reason: str
) -> None:
    assert said(draft) == [reason]


def test_a_case_is_the_same_whatever_the_spaces_and_another_with_another_key() -> None:
    spaced = replace(CASE, stem=CASE.stem.replace("，", " ，"))
    assert content_digest(spaced) == content_digest(CASE)
    other = with_parts(replace(PARTS[0], key=("B",)), *PARTS[1:])
    assert content_digest(other) != content_digest(CASE)
    assert content_digest(with_parts(*reversed(PARTS))) != content_digest(CASE)


def test_a_case_is_handed_on_as_json() -> None:
    assert load_draft(json.loads(json.dumps(dump_draft(CASE)))) == CASE


def by_json(path: Path) -> None:
    path.write_text(write_neutral([Kept(1, 1, CASE), Kept(2, 1, SINGLE)]))


def by_workbook(path: Path) -> None:
    with path.open("wb") as out:
        write_workbook(out, [CASE, SINGLE])


@pytest.mark.parametrize(
    ("name", "write"), [("题目.json", by_json), ("题目.xlsx", by_workbook)]
)
def test_a_case_comes_back_from_a_file_as_it_went(
    tmp_path: Path, name: str, write: Callable[[Path], None]
) -> None:
    path = tmp_path / name
    write(path)
    reading = read_file(path, filename=name)
    assert [one.draft for one in reading.typed] == [CASE, SINGLE]
    assert [faults_of(one) for one in reading.typed] == [[], []]


def test_F12_a_bad_question_of_a_case_is_named_with_its_cell(tmp_path: Path) -> None:
    path = tmp_path / "题目.xlsx"
    bad = with_parts(PARTS[0], replace(JUDGE, key=()))
    with path.open("wb") as out:
        write_workbook(out, [bad])
    (one,) = read_file(path, filename=path.name).typed
    (fault,) = faults_of(one)
    assert str(fault) == "第 2 小题：没有答案"
    assert (one.place(fault.part).cell, one.number) == ("K4", 2)


def test_a_case_in_a_text_takes_topic_and_difficulty_of_its_questions(
    tmp_path: Path,
) -> None:
    path = tmp_path / "题目.txt"
    path.write_text(
        "一、案例题\n（一）某局处罚。\n1.甲？\nA.子 B.丑\n答案：A\n难度：难\n"
        "考点：行政处罚\n2.乙对吗？（√）\n"
    )
    (one,) = read_file(path, filename=path.name).typed
    draft = one.draft
    assert (draft.kind, draft.stem, draft.topic) == ("case", "某局处罚。", "行政处罚")
    assert draft.difficulty == "hard"
    assert [part.kind for part in draft.parts] == ["single", "judge"]
    assert {part.difficulty for part in draft.parts} == {"medium"}


def test_the_bank_keeps_a_case_and_gives_it_back(app: Flask, moment: datetime) -> None:
    result = import_questions(
        drafts=typed(CASE), accept_good=False, actor="system", now=moment
    )
    assert result.added == 1
    assert [one.draft for one in kept_questions()] == [CASE]
    (content,) = contents([1]).values()
    assert [part["kind"] for part in content.parts] == ["single", "judge", "fill"]
    assert content.parts[2]["key"] == [["七", "7"], ["三", "3"]]
    again = import_questions(
        drafts=typed(CASE), accept_good=False, actor="system", now=moment
    )
    assert (again.added, again.known) == (0, 1)


def test_a_question_of_a_case_is_revised_with_the_case(
    app: Flask, moment: datetime
) -> None:
    question_id = add_question(draft=CASE, actor="system", now=moment)
    better = with_parts(PARTS[0], PARTS[1], replace(PARTS[2], analysis="改过"))
    with pytest.raises(Refused, match="没有变化"):
        revise_question(
            question_id=question_id, base=1, draft=CASE, actor="system", now=moment
        )
    revise_question(
        question_id=question_id, base=1, draft=better, actor="system", now=moment
    )
    first, second = question(question_id).versions
    assert (draft_of(first), draft_of(second)) == (CASE, better)


def test_the_form_gives_back_the_case_it_was_filled_with(app: Flask) -> None:
    with app.test_request_context():
        assert filled_form(CASE, 1).draft() == CASE
        assert filled_form(FILL, 1).draft() == FILL


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        (replace(SINGLE, tags=tuple(map(str, range(11)))), "标签有 11 个，最多 10 个"),
        (replace(SINGLE, tags=("长" * 41,)), "标签有 41 个字，超过了 40 个字的上限"),
        (replace(SINGLE, source="长" * 201), "来源有 201 个字，超过了 200 个字的上限"),
    ],
)
def test_tags_and_source_have_their_limits(draft: Draft, reason: str) -> None:
    assert said(draft) == [reason]


def test_tags_are_read_as_people_part_them() -> None:
    assert read_tags(" 应知应会、执法人员；新录用,执法人员 ") == (
        "应知应会",
        "执法人员",
        "新录用",
    )


def test_a_file_that_was_read_before_there_were_cases_is_still_read() -> None:
    old = dump_draft(SINGLE)[:8]
    assert load_draft(old) == SINGLE
