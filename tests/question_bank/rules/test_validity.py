from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from question_bank.rules.content import content_digest, is_pinned
from question_bank.rules.validity import (
    BLANK_LIMIT,
    OPTION_LIMIT,
    STEM_LIMIT,
    Draft,
    accepted,
    problems,
    stored_key,
    typed_key,
    warnings,
)
from tests.question_bank.drafts import ALL_KINDS, FILL, JUDGE, MULTI, SINGLE, single


def said(draft: Draft) -> list[str]:
    return [str(problem) for problem in problems(draft)]


@pytest.mark.parametrize("draft", ALL_KINDS, ids=lambda draft: draft.kind)
def test_a_sound_question_has_no_problem(draft: Draft) -> None:
    assert said(draft) == []
    assert warnings(draft) == []


@pytest.mark.parametrize(
    ("draft", "part", "reason"),
    [
        (single(key=()), "key", "没有答案"),
        (replace(JUDGE, key=()), "key", "没有答案"),
        (replace(FILL, key=()), "key", "没有答案"),
        (single(key=("E",)), "key", "答案“E”不在选项之中（选项只到 D）"),
        (single(key=("A", "B")), "key", "单选题有 2 个答案"),
        (single(key=("甲",)), "key", "答案“甲”看不懂，请写选项的字母，如 B 或 ABD"),
        (replace(MULTI, key=("A",)), "key", "多选题只有一个答案，至少要有两个"),
        (replace(MULTI, key=("A", "A")), "key", "答案里有重复的字母"),
        (
            single(options=("唯一",), key=("A",)),
            "option A",
            "只有一个选项，至少要有两个",
        ),
        (
            single(options=("九 十", "六十", "九十"), key=("B",)),
            "option C",
            "选项A和选项C相同",
        ),
        (
            single(options=("ＡＢ１", "ab1"), key=("B",)),
            "option B",
            "选项A和选项B相同",
        ),
        (
            single(options=("甲", "", "丙"), key=("C",)),
            "option B",
            "选项B是空的",
        ),
        (
            single(kind="论述题"),
            "kind",
            "题型“论述题”不认识，请写单选、多选、判断或填空",
        ),
        (single(kind=""), "kind", "没有写题型，请写单选、多选、判断或填空"),
        (single(stem=""), "stem", "没有题干"),
        (single(stem=" \u3000\u200b"), "stem", "没有题干"),
        (
            replace(JUDGE, key=("A",)),
            "key",
            "答案“A”看不懂，判断题请写正确或错误",
        ),
        (
            replace(JUDGE, options=("甲", "乙")),
            "option A",
            "这种题型不应有选项，请清空选项或改正题型",
        ),
        (
            replace(FILL, key=("七",)),
            "key",
            "题干有 2 个空，答案却有 1 个；各空的答案用“；”隔开",
        ),
        (
            replace(FILL, stem="没有空的题干"),
            "stem",
            "填空题的题干里没有空，请在要填的地方写【】",
        ),
        (replace(FILL, key=("七", "|")), "key", "第 2 个空没有答案"),
        (
            single(difficulty="五星"),
            "difficulty",
            "难度“五星”不认识，请写易、中或难",
        ),
        (
            single(stem="期限是（C）日"),
            "stem",
            "题干的括号里写着答案，请清空括号，只把答案填在答案里",
        ),
        (
            replace(MULTI, stem="下列是处罚的有( Ａ、b，c )"),
            "stem",
            "题干的括号里写着答案，请清空括号，只把答案填在答案里",
        ),
        (
            replace(JUDGE, stem="当事人有权申辩。（√）"),
            "stem",
            "题干的括号里写着答案，请清空括号，只把答案填在答案里",
        ),
        (
            single(analysis="\ud800"),
            "stem",
            "文字里有无法保存的字符，请删去后重新填写",
        ),
    ],
)
def test_F12_a_bad_question_is_refused_with_its_part_and_one_reason(
    draft: Draft, part: str, reason: str
) -> None:
    assert [(p.part, str(p)) for p in problems(draft)] == [(part, reason)]


def test_F12_every_problem_of_a_question_is_named() -> None:
    draft = Draft(kind="single", stem="", options=("甲",), key=("C",), difficulty="?")
    assert len(said(draft)) == 4


@pytest.mark.parametrize(
    ("length", "taken"), [(STEM_LIMIT, True), (STEM_LIMIT + 1, False)]
)
def test_the_length_of_a_stem_is_limited(length: int, taken: bool) -> None:
    assert (said(single(stem="题" * length)) == []) is taken


@pytest.mark.parametrize(
    ("length", "taken"), [(OPTION_LIMIT, True), (OPTION_LIMIT + 1, False)]
)
def test_the_length_of_an_option_is_limited(length: int, taken: bool) -> None:
    draft = single(options=("甲", "乙" * length), key=("A",))
    assert (said(draft) == []) is taken


@pytest.mark.parametrize(
    ("length", "taken"), [(BLANK_LIMIT, True), (BLANK_LIMIT + 1, False)]
)
def test_the_length_of_an_accepted_text_is_limited(length: int, taken: bool) -> None:
    assert (said(replace(FILL, key=("七", "三" * length))) == []) is taken


@pytest.mark.parametrize(("options", "taken"), [(2, True), (8, True), (9, False)])
def test_two_to_eight_options_are_allowed(options: int, taken: bool) -> None:
    draft = single(options=tuple(f"第{n}项内容" for n in range(options)), key=("A",))
    assert (said(draft) == []) is taken


def test_all_options_right_is_allowed_with_a_warning() -> None:
    draft = replace(MULTI, key=("A", "B", "C", "D"))
    assert said(draft) == []
    assert [str(w) for w in warnings(draft)] == ["所有选项都是正确答案，请核对"]


def test_an_unreadable_citation_is_a_warning() -> None:
    (warning,) = warnings(single(citations=("《宪法》第二条", "某文件")))
    assert warning.part == "citations"
    assert "某文件" in str(warning)


@pytest.mark.parametrize("draft", ALL_KINDS, ids=lambda draft: draft.kind)
@given(spaces=st.text(alphabet=" \u3000\xa0\u200b\n", max_size=4))
def test_spaces_do_not_change_a_digest(draft: Draft, spaces: str) -> None:
    again = replace(
        draft,
        stem=spaces + draft.stem.replace("。", spaces + "。"),
        options=tuple(option + spaces for option in draft.options),
    )
    assert content_digest(again) == content_digest(draft)


def test_width_case_and_the_order_of_a_key_do_not_change_a_digest() -> None:
    one = single(stem="CPU(1)是", options=("A1", "B2"), kind="multi", key=("A", "B"))
    other = replace(
        one, stem="ｃｐｕ（１）是", options=("Ａ１", "ｂ２"), key=("B", "A")
    )
    assert content_digest(one) == content_digest(other)
    fill = replace(FILL, key=("7|七", "３|三"))
    assert content_digest(fill) == content_digest(FILL)


@pytest.mark.parametrize(
    "other",
    [
        single(stem=SINGLE.stem + "吗"),
        single(key=("B",)),
        single(options=("三十", "九十", "六十", "一百二十")),
        single(kind="multi"),
        single(options=("三十", "六十", "九十")),
    ],
)
def test_kind_stem_options_and_key_each_change_a_digest(other: Draft) -> None:
    assert content_digest(other) != content_digest(SINGLE)


def test_topic_difficulty_citations_and_analysis_do_not_change_a_digest() -> None:
    other = single(topic="别的", difficulty="hard", citations=(), analysis="")
    assert content_digest(other) == content_digest(SINGLE)


def test_a_digest_does_not_confuse_where_one_option_ends() -> None:
    one = single(options=("甲|乙", "丙"), key=("A",))
    other = single(options=("甲", "乙|丙"), key=("A",))
    assert content_digest(one) != content_digest(other)


@given(st.lists(st.text(alphabet="甲乙AB|12 ", max_size=6), max_size=4))
def test_stored_blanks_are_lists_of_accepted_texts(entries: list[str]) -> None:
    stored = stored_key(replace(FILL, key=tuple(entries)))
    assert stored == [accepted(entry) for entry in entries]
    assert all(text.strip() == text != "" for texts in stored for text in texts)


def test_keys_are_stored_in_the_order_of_letters_and_typed_as_people_do() -> None:
    assert stored_key(replace(MULTI, key=("C", "A"))) == ["A", "C"]
    assert typed_key(MULTI) == "ABC"
    assert typed_key(JUDGE) == "正确"
    assert typed_key(FILL) == "七|7；三|3"


@pytest.mark.parametrize(
    ("option", "pinned"),
    [
        ("以上都对", True),
        ("以上说法均不正确", True),
        ("上述情形都不是", True),
        ("A和B", True),
        ("A、B、C项", True),
        ("AB都对", True),
        ("选项A", True),
        ("B项和C项", True),
        ("以上一级人民政府为被申请人", False),
        ("县级以上地方人民政府", False),
        ("十五日以上二十日以下", False),
        ("WTO规则", False),
        ("维生素A和B族", False),
        ("甲和乙都可以", False),
    ],
)
def test_options_that_speak_of_one_another_keep_their_places(
    option: str, pinned: bool
) -> None:
    assert is_pinned(("甲", "乙", option)) is pinned
