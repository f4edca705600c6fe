import pytest
from hypothesis import given
from hypothesis import strategies as st

from question_bank.rules.wording import (
    comparable,
    count_blanks,
    is_writable,
    tidy,
    with_blanks,
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  题干\u200b\ufeff ", "题干"),
        ("一\r\n二\v三", "一\n二\n三"),
        ("\u3000题\xa0干", "题 干"),
        ("零\x00字\x07节", "零字节"),
        ("一\n\n\n\n二", "一\n\n二"),
        ("《法》第一条 “引号”", "《法》第一条 “引号”"),
    ],
)
def test_paste_noise_goes_and_nothing_else(text: str, kept: str) -> None:
    assert tidy(text) == kept


@given(st.text())
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


@given(st.text())
def test_a_text_with_nothing_odd_is_kept_as_one_with_a_sign_that_goes(
    text: str,
) -> None:
    assert tidy(text) == tidy("\x00" + text)


@given(st.text(alphabet="一二AB（）() _＿【】ａｂ１２\u3000\xa0\n", max_size=30))
def test_spaces_never_count_in_a_comparison(text: str) -> None:
    assert comparable(text + " \u3000") == comparable(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ａ１（ ）", "a1()"),
        ("日内____作出", "日内【】作出"),
        ("日内（　）作出", "日内( )作出"),
        ("ＣＰＵ", "cpu"),
    ],
)
def test_width_case_and_the_form_of_blanks_do_not_count(one: str, other: str) -> None:
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(
    ("stem", "blanks"),
    [
        ("没有空", 0),
        ("【】日", 1),
        ("__日____月", 2),
        ("( )日（　）月[ ]年【 】", 4),
        ("一个_下划线", 0),
        ("（说明）不是空", 0),
    ],
)
def test_blanks_are_counted_in_every_form(stem: str, blanks: int) -> None:
    assert count_blanks(stem) == blanks
    assert with_blanks(stem).count("【】") == blanks


def test_half_a_surrogate_pair_cannot_be_stored() -> None:
    assert not is_writable("题\ud800")
    assert is_writable("𠮷野家")
