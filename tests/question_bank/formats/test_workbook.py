"""Question workbooks as people send them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from core.errors import Refused
from question_bank.formats.files import read_file
from question_bank.formats.reading import Reading
from question_bank.formats.template import write_template, write_workbook
from question_bank.rules.intake import faults_of, sort_out
from question_bank.rules.validity import Draft, problems
from tests.question_bank.drafts import ALL_KINDS, FILL, SINGLE, single

HEAD = [
    "题型",
    "题干",
    "选项A",
    "选项B",
    "选项C",
    "选项D",
    "答案",
    "知识点",
    "难度",
    "依据",
    "解析",
]
ROW = [
    "单选",
    SINGLE.stem,
    *SINGLE.options,
    "C",
    "行政处罚",
    "易",
    "《行政处罚法》第六十条",
    "自立案之日起算。",
]
Sheets = Mapping[str, Sequence[Sequence[object]]]


def by_xlsxwriter(path: Path, sheets: Sheets) -> None:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for n, row in enumerate(rows):
                sheet.write_row(n, 0, row)


def by_openpyxl(path: Path, sheets: Sheets) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)


@pytest.fixture(params=[by_xlsxwriter, by_openpyxl], ids=["xlsxwriter", "openpyxl"])
def read(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Sheets], Reading]:
    def write_and_read(sheets: Sheets) -> Reading:
        path = tmp_path / "题目.xlsx"
        request.param(path, sheets)
        return read_file(path, filename=path.name)

    return write_and_read


Read = Callable[[Sheets], Reading]


def test_a_row_becomes_a_draft(read: Read) -> None:
    reading = read({"题目": [HEAD, ROW]})
    assert [one.draft for one in reading.typed] == [SINGLE]
    assert reading.notes == []


def test_the_headings_may_stand_below_a_title_and_in_other_words(read: Read) -> None:
    head = [
        "序号",
        "题目类型",
        "试题内容",
        "A",
        "B",
        "C",
        "D",
        "正确答案",
        "考点",
        "难易度",
        "法律依据",
        "答案解析",
    ]
    reading = read({"题库": [["2026 年题库"], head, [1, *ROW]]})
    assert [one.draft for one in reading.typed] == [SINGLE]
    assert reading.notes == []


def test_a_sheet_named_after_a_kind_needs_no_kind_column(read: Read) -> None:
    reading = read({"单选题": [HEAD[1:], ROW[1:]]})
    assert [one.draft.kind for one in reading.typed] == ["single"]


@pytest.mark.parametrize(
    ("key", "options", "kind", "word"),
    [
        ("C", True, "single", "单选"),
        ("AC", True, "multi", "多选"),
        ("错误", False, "judge", "判断"),
        ("九十|90", False, "fill", "填空"),
    ],
)
def test_a_row_without_a_kind_gets_the_one_its_key_shows_and_that_is_said(
    read: Read, key: str, options: bool, kind: str, word: str
) -> None:
    row = ["应为【】日", *(SINGLE.options if options else [""] * 4), key, *ROW[7:]]
    (one,) = read({"第一章": [HEAD[1:], row]}).typed
    assert one.draft.kind == kind
    assert [str(doubt) for doubt in one.doubts] == [f"没有写题型，按答案判定为{word}"]
    assert not faults_of(one)


def test_a_row_without_kind_and_key_has_neither(read: Read) -> None:
    (one,) = read({"第一章": [HEAD[1:], [SINGLE.stem, *[""] * 9]]}).typed
    assert [problem.part for problem in problems(one.draft)] == ["kind"]


@pytest.mark.parametrize(
    "options",
    [
        "A.三十 B.六十 C.九十 D.一百二十",
        "三十\n六十\n九十\n一百二十",
        "三十|六十|九十|一百二十",
        "三十；六十；九十；一百二十",
        "A、三十；B、六十；C、九十；D、一百二十",
    ],
)
def test_options_may_stand_in_one_cell(read: Read, options: str) -> None:
    head = ["题型", "题干", "选项", "答案", "知识点", "难度", "依据", "解析", "分值"]
    row = ["单选", SINGLE.stem, options, *ROW[6:], "1.5分"]
    reading = read({"题目": [head, row]})
    (one,) = reading.typed
    assert one.draft == SINGLE
    assert one.points == Fraction(3, 2)
    assert reading.notes == []


def test_english_headings_are_known(read: Read) -> None:
    head = ["Question Type", "Question", "Option 1", "Option 2", "Option 3", "Option 4"]
    head += ["Correct Answer", "Category", "Level", "Reference", "Explanation"]
    reading = read({"Sheet1": [head, ROW]})
    assert [one.draft for one in reading.typed] == [SINGLE]
    assert reading.notes == []


def test_several_sheets_are_read_and_those_without_headings_noted(read: Read) -> None:
    sheets = {"单选题": [HEAD, ROW], "目录": [["随便", "写写"]], "二": [HEAD, ROW]}
    reading = read(sheets)
    assert [one.sheet for one in reading.typed] == ["单选题", "二"]
    assert any("目录" in str(note) for note in reading.notes)


@pytest.mark.parametrize(
    ("column", "value", "cell", "reason"),
    [
        ("答案", "", "G2", "没有答案"),
        ("答案", "E", "G2", "答案“E”不在选项之中"),
        ("答案", "AB", "G2", "单选题有 2 个答案"),
        ("题型", "名词解释", "A2", "题型“名词解释”不认识"),
        ("题型", "论述", "A2", "问答题（简答、论述等）不能自动评分"),
        ("题型", "小题单选", "A2", "这是小题，它上面没有案例题"),
        ("题干", " ", "B2", "没有题干"),
        ("选项B", "三 十", "D2", "选项A和选项B相同"),
        ("选项C", "", "E2", "选项C是空的"),
        ("难度", "五星", "I2", "难度“五星”不认识"),
        ("选项A", 0.3, "C2", "这里是数字 0.3"),
        ("选项A", "2026-07-01", "C2", "这里是日期 2026-07-01"),
        ("答案", 1234567890123456789, "G2", "末尾几位已经丢失"),
    ],
)
def test_F12_a_bad_question_is_refused_with_its_cell(
    read: Read, column: str, value: object, cell: str, reason: str
) -> None:
    row: list[object] = list(ROW)
    row[HEAD.index(column)] = value
    plan = sort_out(read({"题目": [HEAD, row]}).typed, {})
    assert (plan.bad, len(plan.good)) == (1, 0)
    found = [(f.place.sheet, f.place.cell, str(f.problem)) for f in plan.findings]
    assert [(sheet, where) for sheet, where, _ in found] == [("题目", cell)]
    assert reason in found[0][2]


def test_F12_one_option_only_is_refused(read: Read) -> None:
    row = [*ROW[:3], "", "", "", "A", *ROW[7:]]
    plan = sort_out(read({"题目": [HEAD, row]}).typed, {})
    assert [str(f.problem) for f in plan.findings] == ["只有一个选项，至少要有两个"]


def test_a_formula_without_its_value_is_refused_with_its_cell(tmp_path: Path) -> None:
    path = tmp_path / "题目.xlsx"
    by_openpyxl(path, {"题目": [HEAD, [*ROW[:6], "=CHAR(67)", *ROW[7:]]]})
    plan = sort_out(read_file(path, filename=path.name).typed, {})
    assert [f.place.cell for f in plan.findings] == ["G2"]
    assert "公式" in str(plan.findings[0].problem)


def test_columns_that_are_not_read_are_named(read: Read) -> None:
    reading = read({"题目": [[*HEAD, "出题人"], [*ROW, "某某"]]})
    assert [str(note) for note in reading.notes] == ["这些列没有读取：出题人"]


def test_a_file_without_the_needed_columns_is_refused(read: Read) -> None:
    with pytest.raises(Refused) as caught:
        read({"题目": [HEAD[:6], ROW[:6]]})
    assert "答案" in str(caught.value)


def test_a_file_with_headings_only_holds_no_question(read: Read) -> None:
    with pytest.raises(Refused) as caught:
        read({"题目": [HEAD]})
    assert "没有题目" in str(caught.value)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_a_csv_is_read_in_the_encodings_people_have(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    path = tmp_path / "题目.csv"
    lines = "\r\n".join(separator.join(row) for row in (HEAD, ROW))
    path.write_bytes(lines.encode(encoding))
    assert [one.draft for one in read_file(path, filename=path.name).typed] == [SINGLE]


@pytest.mark.parametrize("name", ["题目.docx", "题目.pdf", "题目", "题目.xlsm.exe"])
def test_other_files_are_refused_by_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(Refused) as caught:
        read_file(path, filename=name)
    assert name in str(caught.value)


def test_what_is_written_reads_back_the_same(tmp_path: Path) -> None:
    drafts: list[Draft] = [
        *ALL_KINDS,
        single(stem="=1+1（ ）", options=("+1", "-1", "@x", "=SUM(A1)"), key=("D",)),
        single(stem="两行\n题干", citations=("《宪法》第一条", "《民法典》第三条")),
        single(stem="见 http://x.invalid（ ）", analysis="", citations=()),
    ]
    path = tmp_path / "导出.xlsx"
    with path.open("wb") as file:
        write_workbook(file, drafts)
    reading = read_file(path, filename=path.name)
    assert [one.draft for one in reading.typed] == drafts
    assert reading.notes == []


def test_exported_cells_are_text_and_never_formulas(tmp_path: Path) -> None:
    path = tmp_path / "导出.xlsx"
    with path.open("wb") as file:
        write_workbook(file, [single(stem="=1+1（ ）")])
    cell = openpyxl.load_workbook(path).worksheets[0]["B2"]
    assert (cell.value, cell.data_type, cell.number_format) == ("=1+1（ ）", "s", "@")
    assert cell.quotePrefix


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "模板.xlsx"
    with path.open("wb") as file:
        write_template(file)
    return path


def test_the_template_has_text_cells_examples_lists_and_a_guide(template: Path) -> None:
    book = openpyxl.load_workbook(template)
    assert book.sheetnames == ["题目", "填写说明"]
    sheet = book["题目"]
    heads = [cell.value for cell in sheet[1]]
    options = [f"选项{letter}" for letter in "ABCDEFGH"]
    assert heads == [
        "题型",
        "题干",
        *options,
        "答案",
        "知识点",
        "难度",
        "依据",
        "解析",
        "标签",
        "题目来源",
    ]
    assert [sheet.cell(row, 1).value for row in range(2, 6)] == [
        "单选",
        "多选",
        "判断",
        "填空",
    ]
    filled = [cell for row in sheet["A2:N5"] for cell in row if cell.value]
    assert {cell.number_format for cell in filled} == {"@"}
    # What is typed below the examples takes the format of its column.
    columns = sheet.column_dimensions.values()
    assert {column.number_format for column in columns} == {"@"}
    assert sum(int(c.max or 0) - int(c.min or 0) + 1 for c in columns) == len(heads)
    kinds = "单选,多选,判断,填空,案例,小题单选,小题多选,小题判断,小题填空"
    lists = {
        str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation
    }
    assert lists == {"A2:A5001": f'"{kinds}"', "M2:M5001": '"易,中,难"'}


def test_the_examples_of_the_template_are_sound_and_never_imported(
    template: Path,
) -> None:
    with pytest.raises(Refused) as caught:
        read_file(template, filename=template.name)
    assert "没有题目" in str(caught.value)
    book = openpyxl.load_workbook(template)
    book["题目"].append(["填空", FILL.stem, *[None] * 8, "七|7；三|3"])
    book.save(template)
    reading = read_file(template, filename=template.name)
    (one,) = reading.typed
    assert (one.number, one.draft.key, problems(one.draft)) == (9, FILL.key, [])
    assert [str(note) for note in reading.notes] == ["模板自带的 5 个示例没有读取"]


def test_an_example_that_was_changed_is_a_question_of_its_own(template: Path) -> None:
    book = openpyxl.load_workbook(template)
    book["题目"]["K2"] = "B"
    book.save(template)
    assert len(read_file(template, filename=template.name).typed) == 1
