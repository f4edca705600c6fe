import pytest
from hypothesis import given
from hypothesis import strategies as st

from question_bank.rules.typed import (
    read_blanks,
    read_citations,
    read_difficulty,
    read_draft,
    read_judgement,
    read_key,
    read_kind,
    read_letters,
    read_options,
)
from question_bank.rules.validity import problems


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("单选", "single"),
        ("单选题", "single"),
        ("单项选择题", "single"),
        ("【单选】", "single"),
        ("single", "single"),
        ("Single-Choice", "single"),
        ("多选题", "multi"),
        ("多项选择", "multi"),
        ("multiple_choice", "multi"),
        ("判断题", "judge"),
        ("是非题", "judge"),
        ("true/false", "judge"),
        ("填空", "fill"),
        ("填 空 题", "fill"),
        ("Ｆｉｌｌ", "fill"),
        ("论述题", "essay"),
        ("案例分析题", "case"),
    ],
)
def test_kinds_are_known_by_their_usual_words(text: str, kind: str) -> None:
    assert read_kind(text) == kind


@pytest.mark.parametrize("text", ["名词解释", "选择题", "连线题", ""])
def test_an_unknown_kind_stays_as_typed(text: str) -> None:
    assert read_kind(text) == text


@pytest.mark.parametrize(
    ("text", "difficulty"),
    [
        ("", "medium"),
        ("易", "easy"),
        ("容易", "easy"),
        ("Easy", "easy"),
        ("中等", "medium"),
        ("难度：难", "hard"),
        ("困难", "hard"),
        ("五星", "五星"),
    ],
)
def test_difficulties_are_known_and_medium_by_default(
    text: str, difficulty: str
) -> None:
    assert read_difficulty(text) == difficulty


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("B", ("B",)),
        ("b", ("B",)),
        ("AB", ("A", "B")),
        ("A、B", ("A", "B")),
        ("A,B", ("A", "B")),
        ("A，B；C", ("A", "B", "C")),
        ("A B\nC", ("A", "B", "C")),
        ("ａｂ", ("A", "B")),
        ("答案：BD", ("B", "D")),
        ("正确答案:B", ("B",)),
        ("CA", ("C", "A")),
        ("AA", ("A", "A")),
        ("", ()),
        (" 、", ()),
        ("甲", ("甲",)),
        ("1", ("1",)),
    ],
)
def test_keys_of_choices_are_read_in_every_form(
    text: str, key: tuple[str, ...]
) -> None:
    assert read_letters(text) == key


@given(st.lists(st.sampled_from("ABCDEFGH"), min_size=1, max_size=8, unique=True))
def test_a_key_reads_the_same_with_any_separator(letters: list[str]) -> None:
    for separator in ("", " ", "、", ",", "，", "；", "\n"):
        assert read_letters(separator.join(letters)) == tuple(letters)


@pytest.mark.parametrize("text", ["正确", "对", "√", "T", "true", "是", "ｔ", "（√）"])
def test_true_is_written_in_many_ways(text: str) -> None:
    assert read_judgement(text) == ("T",)


@pytest.mark.parametrize("text", ["错误", "错", "×", "F", "FALSE", "否", "不正确", "x"])
def test_false_is_written_in_many_ways(text: str) -> None:
    assert read_judgement(text) == ("F",)


def test_a_letter_judges_only_where_the_options_say_what_it_means() -> None:
    assert read_judgement("A", ["正确", "错误"]) == ("T",)
    assert read_judgement("A", ["错误", "正确"]) == ("F",)
    assert read_judgement("A") == ("A",)
    assert read_judgement("A", ["正确", "不一定"]) == ("A",)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("九十|90；三", ("九十|90", "三")),
        ("九十 | 90 ; 三", ("九十|90", "三")),
        ("九十｜90", ("九十|90",)),
        ("九十；", ("九十",)),
        ("九十；；三", ("九十", "", "三")),
        ("1/5", ("1/5",)),
        ("", ()),
    ],
)
def test_blanks_are_parted_by_semicolons_and_alternatives_by_bars(
    text: str, key: tuple[str, ...]
) -> None:
    assert read_blanks(text) == key


def test_options_lose_empty_tails_and_keep_gaps() -> None:
    assert read_options(["甲", "", "丙", "", ""]) == ("甲", "", "丙")


def test_options_lose_their_own_letters_only_all_together() -> None:
    assert read_options(["A.十日", "Ｂ、二十日", "(C) 三十日"]) == (
        "十日",
        "二十日",
        "三十日",
    )
    kept = ("A.十日", "二十日")
    assert read_options(kept) == kept
    kept = ("B.十日", "A.二十日")
    assert read_options(kept) == kept


def test_citations_are_canonical_once_each_and_kept_if_unreadable() -> None:
    typed = "《中华人民共和国宪法》第62条；《宪法》第六十二条；某文件"
    assert read_citations(typed) == ("《宪法》第六十二条", "某文件")


@given(
    st.sampled_from(["single", "multi", "judge", "fill", "别的", ""]),
    st.text(max_size=20),
    st.lists(st.text(max_size=8), max_size=8),
)
def test_reading_a_key_never_fails(kind: str, text: str, options: list[str]) -> None:
    key = read_key(kind, text, options)
    assert all(isinstance(entry, str) for entry in key)


@given(st.lists(st.text(max_size=30), min_size=16, max_size=16))
def test_any_row_becomes_a_draft_that_can_be_judged(texts: list[str]) -> None:
    draft = read_draft(
        kind=texts[0],
        stem=texts[1],
        options=texts[2:10],
        key=texts[10],
        topic=texts[11],
        difficulty=texts[12],
        citations=texts[13],
        analysis=texts[14],
    )
    assert all(str(problem) for problem in problems(draft))


def test_a_judge_question_may_carry_its_two_words_as_options() -> None:
    draft = read_draft(
        kind="判断题",
        stem="当事人有权申辩",
        options=["正确", "错误"],
        key="B",
        topic="",
        difficulty="",
        citations="",
        analysis="",
    )
    assert (draft.options, draft.key) == ((), ("F",))
    assert not problems(draft)
