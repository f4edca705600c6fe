"""Reading a list of who sits in a room."""

from __future__ import annotations

import pytest

from quiz.rules.rooms import Seated, Unclear, in_order, read_room_list

PEOPLE = [
    Seated(1, "张伟", "市司法局"),
    Seated(2, "张伟", "市财政局"),
    Seated(3, "李娜", "市司法局"),
    Seated(4, "买买提·艾力", "市审计局"),
    Seated(5, "Tom Li", "市审计局"),
]


@pytest.mark.parametrize(
    ("line", "who"),
    [
        ("李娜", 3),
        (" 李 娜 ", 3),
        ("市财政局 张伟", 2),
        ("张伟，司法局", 1),
        ("1\t张伟\t市司法局\t0417", 1),
        ("买买提.艾力", 4),
        ("Tom Li", 5),
        ("12、李娜", 3),
    ],
)
def test_a_line_means_one_person(line: str, who: int) -> None:
    read = read_room_list(line, PEOPLE)
    assert read.candidates == [who]
    assert read.unclear == []


@pytest.mark.parametrize(
    ("line", "found"),
    [("张伟", 2), ("王芳", 0), ("市审计局 张伟", 0), ("市审计局 李娜", 0)],
)
def test_a_line_that_means_nobody_or_several_is_named(line: str, found: int) -> None:
    read = read_room_list(f"李娜\n\n{line}\n李娜", PEOPLE)
    assert read.candidates == [3]
    assert read.unclear == [Unclear(3, line, found)]


def test_rooms_stand_in_the_order_people_count_them() -> None:
    rooms = ["第10考场", "第3考场", "报告厅", "第3考场乙", "12", "2"]
    assert sorted(rooms, key=in_order) == [
        "2", "12", "报告厅", "第3考场", "第3考场乙", "第10考场",
    ]  # fmt: skip
