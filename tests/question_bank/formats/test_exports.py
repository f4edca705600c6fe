"""What is exported comes back: the same stems, options, keys and points."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import docx
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from question_bank.formats.document import read_word
from question_bank.formats.exporting import export_file
from question_bank.formats.files import read_file
from question_bank.formats.neutral import read_neutral
from question_bank.formats.printed_pdf import paper_values
from question_bank.formats.starter import starter_questions
from question_bank.rules.content import content_digest
from question_bank.rules.exporting import POINTS, Layout, paper_of
from question_bank.rules.intake import Kept, Typed, faults_of
from question_bank.rules.printed import Stamp, is_bracketed
from question_bank.rules.validity import Draft, problems
from question_bank.rules.wording import ANSWER_BRACKET
from tests.question_bank.drafts import ALL_KINDS, CASE, JUDGE, MULTI, SINGLE

STAMP = Stamp("王组织", "2026-11-26 09:30", "命题审核")

#: What questions are made of: characters, marks, figures, and what looks like a part
#: of a question without being one.
_WORDS = "行政机关应当依法作出处罚决定的期限为公民法人和其他组织人民政府二十"
_pieces = st.sampled_from(
    [
        *_WORDS,
        *"，。、：“”①；/ ",
        "《民法典》",
        "第六十条",
        "30",
        "2026年",
        "5%",
        "（含本数）",
        "(试行)",
        "A项",
        "甲、乙",
        "WTO",
        "3.5",
    ]
)
_rest = st.lists(_pieces, min_size=1, max_size=24).map("".join)
_texts = st.builds(
    lambda first, rest: first + rest.rstrip(), st.sampled_from(_WORDS), _rest
)


@st.composite
def _choices(draw: Any) -> Draft:
    options = tuple(draw(st.lists(_texts, min_size=2, max_size=6, unique=True)))
    letters = "ABCDEF"[: len(options)]
    most = draw(st.integers(1, len(options)))
    key = draw(st.permutations(letters))[:most]
    kind = "single" if most == 1 else "multi"
    stem = draw(_texts) + draw(st.sampled_from(["（　　）。", "（ ）", "有", "的是"]))
    return Draft(kind, stem, options, tuple(sorted(key)))


@st.composite
def _others(draw: Any) -> Draft:
    if draw(st.booleans()):
        return Draft("judge", draw(_texts), (), (draw(st.sampled_from("TF")),))
    # ； parts blanks and | their texts, so neither stands in one; nor does one end with
    # the mark of a sentence.
    words = st.from_regex("[行政机关三十九《》]{1,9}[日年款0-9]", fullmatch=True)
    blanks = draw(st.lists(st.lists(words, min_size=1, max_size=2), max_size=3))
    texts = draw(st.lists(_texts, min_size=len(blanks) + 2, max_size=len(blanks) + 2))
    keys = [*blanks, ["三"]]
    return Draft("fill", "【】".join(texts), (), tuple("|".join(k) for k in keys))


drafts = st.one_of(_choices(), _others()).filter(lambda draft: not problems(draft))
banks = st.lists(drafts, min_size=1, max_size=8, unique_by=content_digest)


def _asked(draft: Draft) -> tuple[object, ...]:
    """What a question asks, as questions are compared: spaces count for nothing."""
    return draft.kind, content_digest(draft)


def _particulars(draft: Draft) -> tuple[object, ...]:
    """What a question says beside what it asks, of each part too."""
    inner = tuple((part.citations, part.analysis) for part in draft.parts)
    return draft.topic, draft.difficulty, draft.citations, draft.analysis, inner


def _read(content: bytes, form: str) -> list[Typed]:
    with TemporaryDirectory() as folder:
        path = Path(folder, f"题目.{form}")
        path.write_bytes(content)
        return list(read_file(path, filename=path.name).typed)


def _read_here(content: bytes, form: str) -> list[Typed]:
    """As ``_read``, in this process: a child for each example takes long."""
    if form == "json":
        return list(read_neutral(content, filename="题目.json").typed)
    with TemporaryDirectory() as folder:
        path = Path(folder, "题目.docx")
        path.write_bytes(content)
        return list(read_word(path, path.name).typed)


def _export(drafts: Sequence[Draft], form: str, **more: Any) -> bytes:
    kept = [Kept(n, 1, draft) for n, draft in enumerate(drafts, 1)]
    return export_file(kept, Layout(form, STAMP, **more))


def _comes_back(typed: Sequence[Typed], drafts: Sequence[Draft], form: str) -> None:
    want = list(drafts)
    if form == "docx":  # a paper has its kinds in their order
        want.sort(key=lambda one: list(POINTS).index(one.kind))
    assert [faults_of(one) for one in typed] == [[]] * len(want)
    assert [_asked(one.draft) for one in typed] == [_asked(draft) for draft in want]
    assert [one.points for one in typed] == [POINTS[draft.kind] for draft in want]


@pytest.mark.parametrize("form", ["docx", "json"])
@given(bank=banks)
@settings(max_examples=40)
def test_made_questions_come_back(form: str, bank: list[Draft]) -> None:
    _comes_back(_read_here(_export(bank, form, key=True), form), bank, form)


@given(bank=banks)
@settings(max_examples=8)
def test_made_questions_come_back_from_a_workbook(bank: list[Draft]) -> None:
    _comes_back(_read(_export(bank, "xlsx"), "xlsx"), bank, "xlsx")


@pytest.mark.parametrize("form", ["docx", "xlsx", "json"])
def test_the_starter_bank_comes_back_whole(form: str) -> None:
    bank = [one.draft for one in starter_questions()]
    typed = _read(_export(bank, form, key=True), form)
    _comes_back(typed, bank, form)
    particulars = [
        (one.draft.topic, one.draft.difficulty, one.draft.citations) for one in typed
    ]
    assert sorted(particulars) == sorted(
        (one.topic, one.difficulty, one.citations) for one in bank
    )


def test_a_bracket_stands_where_a_stem_has_none_and_is_not_read() -> None:
    bank = [SINGLE, MULTI, JUDGE]
    assert [is_bracketed(draft) for draft in bank] == [False, True, True]
    content = _export(bank, "docx", key=True)
    lines = [p.text for p in docx.Document(io.BytesIO(content)).paragraphs]
    for draft in bank:
        (line,) = (line for line in lines if draft.stem in line)
        assert line.endswith(draft.stem + ANSWER_BRACKET * is_bracketed(draft))
    read = [one.draft.stem for one in _read_here(content, "docx")]
    assert read == [draft.stem for draft in bank]


_tags = st.lists(
    _texts.map(lambda text: "".join(c for c in text if c not in "，、；,; ")[:40]),
    max_size=4,
    unique=True,
).map(tuple)


@pytest.mark.parametrize("form", ["docx", "json"])
@given(bank=banks, tags=st.lists(_tags, min_size=8, max_size=8))
@settings(max_examples=20)
def test_tags_come_back(
    form: str, bank: list[Draft], tags: list[tuple[str, ...]]
) -> None:
    tagged = [replace(one, tags=t) for one, t in zip(bank, tags, strict=False)]
    typed = _read_here(_export(tagged, form, key=True), form)
    _comes_back(typed, tagged, form)
    want = {content_digest(one): one.tags for one in tagged}
    assert {content_digest(one.draft): one.draft.tags for one in typed} == want


@pytest.mark.parametrize("form", ["docx", "xlsx", "json"])
def test_tags_of_a_case_come_back(form: str) -> None:
    tagged = replace(ALL_KINDS[0], tags=("领导干部", "应知应会第3条"))
    typed = _read(_export([tagged, CASE], form, key=True), form)
    assert [one.draft.tags for one in typed] == [tagged.tags, CASE.tags]
    assert [part.tags for part in typed[1].draft.parts] == [()] * 3


def test_a_paper_without_its_key_holds_none() -> None:
    secret = Draft("fill", "期限是【】日。", (), ("九十又九",), analysis="因为如此")
    bank = [*ALL_KINDS, secret]
    with zipfile.ZipFile(io.BytesIO(_export(bank, "docx"))) as document:
        texts = [
            document.read(name).decode(errors="ignore") for name in document.namelist()
        ]
    values = paper_values(paper_of(bank, Layout("pdf", STAMP)))
    for text in (*texts, json.dumps(values, ensure_ascii=False)):
        assert "九十又九" not in text
        assert "因为如此" not in text
        assert "答案】" not in text


def test_the_stamp_stands_in_every_form() -> None:
    line = STAMP.line
    with zipfile.ZipFile(io.BytesIO(_export(ALL_KINDS, "docx"))) as document:
        assert line in document.read("word/header1.xml").decode()
    book = openpyxl.load_workbook(io.BytesIO(_export(ALL_KINDS, "xlsx")))
    assert book["导出说明"]["B1"].value == STAMP.by
    assert line in str(book["题目"].oddHeader)
    assert json.loads(_export(ALL_KINDS, "json"))["exported"] == vars(STAMP)
    assert paper_values(paper_of(ALL_KINDS, Layout("pdf", STAMP)))["stamp"] == line


@pytest.mark.parametrize(
    "text",
    [
        "#panic(1) $x^2$ *粗* _斜_ `码` <a> @b // 注 /* 注 */ \\ ~ --- [c] #{1}",
        "一行\n两行\n\n三行\t制表",
        "\x01\x0b控制字符\ufeff",
        "𠮷野家 龘 〇 ㊗ 🀄",
        "很长" * 900,
    ],
)
def test_what_people_typed_is_set_as_text(text: str) -> None:
    draft = replace(ALL_KINDS[0], stem=text, options=(text[:400], "甲"), analysis=text)
    content = _export([draft], "pdf", key=True, title=text[:60])
    assert content.startswith(b"%PDF")
    assert _export([draft], "docx", key=True, title=text[:60])[:2] == b"PK"


def test_a_pdf_brings_its_fonts() -> None:
    content = _export(ALL_KINDS, "pdf", key=True, seal=True)
    assert b"NotoSansCJKsc" in content
    assert b"/FontFile" in content


@pytest.mark.parametrize("form", ["docx", "xlsx", "json"])
def test_a_case_comes_back_with_its_parts_and_its_points(form: str) -> None:
    other = replace(CASE, stem="另一起案件的材料。", parts=CASE.parts[:2])
    bank = [*ALL_KINDS, CASE, other]
    typed = _read(_export(bank, form, key=True), form)
    _comes_back(typed, bank, form)
    assert [_particulars(one.draft) for one in typed] == list(map(_particulars, bank))
    shared = [[part.points for part in one.parts] for one in typed[-2:]]
    if form == "docx":
        third = Fraction("3.33")
        assert shared == [[third + Fraction("0.01"), third, third], [5, 5]]
