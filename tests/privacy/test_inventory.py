"""P20: there is no column that nobody has said the purpose of."""

from __future__ import annotations

import re

from core.db import Model
from privacy.inventory import INVENTORY, KINDS

#: What is never to be kept: numbers of identity cards, whole phone numbers, faces,
#: places, addresses, birthdays, sex.
NEVER = re.compile(
    r"id_?card|identity|id_?number|citizen|phone(?!_tail)|mobile|face|photo|avatar|"
    r"picture|finger|voice|location|latitude|longitude|address|birth|gender|sex|email|"
    r"wechat|openid|nation|user_?agent|\bip\b|ip_",
    re.IGNORECASE,
)


def test_P20_every_column_of_every_table_is_on_the_list() -> None:
    there = {
        f"{table.name}.{column.name}"
        for table in Model.metadata.tables.values()
        for column in table.c
    }
    listed = {f"{table}.{name}" for table, own in INVENTORY.items() for name in own}
    assert there - listed == set(), "say in privacy/inventory.py what these are for"
    assert listed - there == set(), "privacy/inventory.py lists what is not there"


def test_every_column_has_a_kind_and_a_purpose() -> None:
    for table, own in INVENTORY.items():
        for name, column in own.items():
            assert column.kind in KINDS, f"{table}.{name}"
            assert len(column.purpose) >= 3, f"{table}.{name}"


def test_P20_V8_no_column_is_for_what_must_not_be_kept() -> None:
    for table in Model.metadata.tables.values():
        for column in table.c:
            assert not NEVER.search(column.name), f"{table.name}.{column.name}"


def test_names_of_people_are_personal() -> None:
    assert INVENTORY["person"]["name"].kind == "personal"
    assert INVENTORY["person"]["phone_tail"].kind == "personal"
    for table, own in INVENTORY.items():
        for name, column in own.items():
            if name.endswith("_name") and name != "unit_name":
                assert column.kind == "personal", f"{table}.{name}"
