"""What differs between what stands and what a file or a person says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

#: Fields as people know them, by the word the history keeps.
UNIT_FIELDS = {
    "name": "名称",
    "category": "类别",
    "level": "级别",
    "parent": "上级单位",
    "position": "序号",
    "order": "排列先后",
}
PERSON_FIELDS = {
    "name": "姓名",
    "tail": "手机尾号",
    "staff_number": "工号",
    "rank": "职级类别",
    "unit": "单位",
    "returned": "重新列入名册",
}


class Change(NamedTuple):
    """One field of one unit or person."""

    field: str
    old: str
    new: str


def difference_stamp(entries: Iterable[Sequence[object]]) -> str:
    """A digest of a difference as it was shown, hexadecimal.

    Two differences with one stamp would do the same.
    """
    text = json.dumps([list(entry) for entry in entries], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
