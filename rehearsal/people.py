"""The invented city: its units and its people. The same ones every time.

Nobody here exists. Given names are put together from characters that are rare in
names of public life, so that no combination reads as somebody.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from pathlib import Path

CITY = "云岚市"
UNITS_FILE = Path(__file__).with_name("data") / "units.csv"
SEED = "yunlan-1"

SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于"
    "蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛"
)
COMPOUND_SURNAMES = ("欧阳", "上官", "司徒", "诸葛")
FIRST = "知景若予书清望怀闻霁听疏砚昭令晏泊岫棠栖未允叙溪秉照朴观简问"
SECOND = "衡屿澍珩蘅苓筠珂翎昱旻煦桉楠岚汐遥舟宁禾川岩榆樾渝淮璟琮瑄"
ALONE = "蘅樾澍苓榆煦"  # given names of one character

#: Units with more people than the six that are usual, and how many more.
LARGE = {
    "市公安局": 3,
    "市市场监督管理局": 2,
    "市城市管理局": 2,
    "市税务局": 2,
    "市司法局": 1,
    "市生态环境局": 1,
    "市交通运输局": 1,
}
USUAL = 6
SMALL_CATEGORY = "群团"  # one fewer in each
RANKS = ("领导班子", "中层", "执法人员", "一般干部", "新录用")
NOBODY = ("", "", "", "", "")
ENFORCING = (
    *("公安", "司法", "自然资源", "生态环境", "住房", "交通", "水利", "农业农村"),
    *("文化", "卫生健康", "应急", "林业", "市场监督", "城市管理", "医疗保障"),
    *("税务", "烟草", "海关", "消防"),
)


@dataclass(frozen=True)
class Place:
    """A unit of the city."""

    code: str
    name: str
    category: str
    level: str


@dataclass(frozen=True)
class Resident:
    """One of its people."""

    unit: Place
    name: str
    tail: str
    staff_number: str
    rank: str


#: The candidate the README names, and names that are hard on software: characters
#: outside the usual planes, a dot inside, the same name twice in a unit, and once
#: even with the same last digits.
SPECIAL = (
    ("市司法局", "云小岚", "2468", "", "中层"),
    ("市公安局", "王㐱", "", "", ""),
    ("市水利局", "李䶮", "", "", ""),
    ("市文化广电和旅游局", "孙𠮷衡", "", "", ""),
    ("市民族宗教事务局", "阿依娜尔·图尔洪", "", "", "中层"),
    ("霁山区", "古丽娜孜·艾山", "", "", ""),
    ("市税务局", "陈知屿", "", "", ""),
    ("市税务局", "陈知屿", "", "", ""),
    ("市公安局", "张景澍", "", "", ""),
    ("市公安局", "张景澍", "", "", ""),
    ("云汀县", "刘若珩", "3306", "YT0231", ""),
    ("云汀县", "刘若珩", "3306", "YT0417", ""),
)
#: Unit, name and last four digits of somebody who is always on the roster.
KNOWN = SPECIAL[0][:3]


def places() -> list[Place]:
    """The units of the city, in their order."""
    with UNITS_FILE.open(encoding="utf-8", newline="") as file:
        return [Place(*row[:4]) for row in list(csv.reader(file))[1:]]


def residents() -> list[Resident]:
    """The people of the city, unit by unit."""
    chance = random.Random(SEED)  # noqa: S311 - an invented city
    people = []
    for place in places():
        people += _staff(place, chance)
    return people


def _staff(place: Place, chance: random.Random) -> list[Resident]:
    size = USUAL + LARGE.get(place.name, 0) - (place.category == SMALL_CATEGORY)
    special = [one for one in SPECIAL if one[0] == place.name]
    enforcing = any(word in place.name for word in ENFORCING)
    names: set[str] = set()
    tails: set[tuple[str, str]] = set()
    staff = []
    for n in range(size):
        _, name, tail, number, rank = special.pop() if special else NOBODY
        name = name or _name(chance)
        while name in names and not _is_special(name):
            name = _name(chance)
        while not tail or ((name, tail) in tails and not number):
            tail = f"{chance.randrange(10_000):04d}"
        names.add(name)
        tails.add((name, tail))
        rank = rank or _rank(n, size, enforcing=enforcing)
        staff.append(Resident(place, name, tail, number, rank))
    chance.shuffle(staff)
    return sorted(staff, key=lambda one: RANKS.index(one.rank))


def _is_special(name: str) -> bool:
    return any(one[1] == name for one in SPECIAL)


def _rank(n: int, size: int, *, enforcing: bool) -> str:
    if n == size - 1:
        return "领导班子"
    if n >= size - 3:
        return "中层"
    if n == size - 4:
        return "新录用"
    return "执法人员" if enforcing else "一般干部"


def _name(chance: random.Random) -> str:
    if chance.random() < 0.02:
        surname = chance.choice(COMPOUND_SURNAMES)
    else:
        # The first ones are the common ones.
        surname = SURNAMES[int(len(SURNAMES) * chance.random() ** 1.7)]
    if chance.random() < 0.12:
        return surname + chance.choice(ALONE)
    return surname + chance.choice(FIRST) + chance.choice(SECOND)
