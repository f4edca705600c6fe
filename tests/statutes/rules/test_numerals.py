import pytest
from hypothesis import given
from hypothesis import strategies as st

from statutes.rules.numerals import read_number, write_number


def test_every_number_to_3000_reads_back_as_itself() -> None:
    for number in range(1, 3001):
        assert read_number(write_number(number)) == number


def test_no_two_numbers_are_written_alike() -> None:
    assert len({write_number(n) for n in range(1, 10_000)}) == 9_999


@given(st.integers(1, 9_999))
def test_chinese_and_arabic_numerals_mean_the_same(number: int) -> None:
    wide = str(number).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert read_number(write_number(number)) == read_number(wide) == number


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "一"),
        (9, "九"),
        (10, "十"),
        (11, "十一"),
        (19, "十九"),
        (20, "二十"),
        (21, "二十一"),
        (99, "九十九"),
        (100, "一百"),
        (101, "一百零一"),
        (110, "一百一十"),
        (111, "一百一十一"),
        (200, "二百"),
        (999, "九百九十九"),
        (1000, "一千"),
        (1001, "一千零一"),
        (1010, "一千零一十"),
        (1012, "一千零一十二"),
        (1100, "一千一百"),
        (1101, "一千一百零一"),
        (1260, "一千二百六十"),
        (3000, "三千"),
    ],
)
def test_numbers_are_written_as_statutes_write_them(number: int, text: str) -> None:
    assert write_number(number) == text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("一二〇", 120),
        ("一○五", 105),
        ("两百", 200),
        ("一百十五", 115),
        ("一千五十", 1050),
        (" ６０ ", 60),
    ],
)
def test_other_habits_are_read(text: str, number: int) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "百",
        "一百零",
        "十十",
        "一十百",
        "一百五",
        "零十",
        "甲",
        "3a",
        "-3",
        "一百零十",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        read_number(text)


@pytest.mark.parametrize("number", [0, -1, 10_000])
def test_numbers_outside_the_range_are_not_written(number: int) -> None:
    with pytest.raises(ValueError, match="not between"):
        write_number(number)


@given(st.text(alphabet="零一二三九十百千〇两0179x", max_size=8))
def test_reading_gives_a_number_or_a_value_error(text: str) -> None:
    try:
        number = read_number(text)
    except ValueError:
        return
    assert number >= 0
