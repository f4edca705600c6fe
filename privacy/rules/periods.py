"""How long what is kept: days, and from when they count (PIPL art. 19)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Periods:
    """Days each kind of data is kept; docs/privacy.md says why as long as that."""

    tries: int
    devices: int
    answers: int
    names: int
    left: int
    sessions: int
    audit: int

    def before(self, kind: str, now: datetime) -> datetime:
        """What is older than this is past its period."""
        days: int = getattr(self, kind)
        return now - timedelta(days=days)


#: What is kept, and the moment its period counts from.
WORDS: Mapping[str, tuple[str, str]] = {
    "tries": ("身份核对失败的次数", "最后一次失败"),
    "devices": ("作答所用手机的随机标识", "考试成绩公布（未公布的，考试结束）"),
    "answers": ("答案和迟到的消息", "考试成绩公布（未公布的，考试结束）"),
    "names": ("考试中的姓名、核对摘要、免考原因", "考试成绩公布（未公布的，考试结束）"),
    "left": ("离开名册的人员、停用的账号", "离开或停用"),
    "sessions": ("登录和登录链接", "最后一次使用"),
    "audit": ("审计记录里的原因和姓名", "写入"),
}
KINDS = tuple(field.name for field in fields(Periods))
