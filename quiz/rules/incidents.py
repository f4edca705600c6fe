"""情况记录: what can be written down of a hall."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.errors import Refused

KINDS = {
    "device": "手机或设备",
    "network": "网络",
    "identity": "身份核对",
    "conduct": "考场秩序",
    "health": "身体情况",
    "other": "其他",
}
LONGEST_TEXT = 500
LONGEST_AGO = timedelta(days=7)


def check_incident(kind: str, text: str, happened: datetime, now: datetime) -> str:
    """See whether a record can be meant.

    :return: The text as it is kept.
    :raises Refused: Without a text, if it is too long, or of no such moment.
    """
    text = text.strip()
    if kind not in KINDS:
        raise Refused("请选择情况的类别")
    if not text:
        raise Refused("请写明发生了什么")
    if len(text) > LONGEST_TEXT:
        raise Refused("情况最多 %(most)d 个字，请缩短", most=LONGEST_TEXT)
    if happened > now:
        raise Refused("发生时间不能晚于现在，请改正")
    if now - happened > LONGEST_AGO:
        raise Refused("发生时间最早为 7 天以前，请核对")
    return text
