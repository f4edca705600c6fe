"""The settings as people read them: what each is for, its value, nothing secret."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import LazyString, gettext, lazy_gettext

from core.config import Settings, read_settings

HIDDEN = {"secret_key", "backup_passphrase", "monitor_token"}

#: By the name of the field, in the order they are shown.
MEANINGS: dict[str, LazyString] = {
    "instance": lazy_gettext("数据库、密钥、备份所在的文件夹"),
    "database_url": lazy_gettext("数据库地址；不设置时是上述文件夹里的 lawgauge.db"),
    "secret_key": lazy_gettext("签名和核对人员身份用的密钥，不能更换"),
    "host": lazy_gettext("监听的地址；前面有反向代理时用 127.0.0.1"),
    "port": lazy_gettext("监听的端口"),
    "base_url": lazy_gettext("二维码和链接里的网址；不设置时按网络推断"),
    "trusted_proxies": lazy_gettext("前面有几层可信的反向代理"),
    "timezone": lazy_gettext("显示时间用的时区"),
    "workers": lazy_gettext("工作进程数，一般等于处理器核数"),
    "threads": lazy_gettext("每个进程的线程数"),
    "idle_minutes": lazy_gettext("工作人员多少分钟不操作就退出登录"),
    "session_hours": lazy_gettext("一次登录最长多少小时"),
    "passwords": lazy_gettext(
        "密码要求：length 只看长度和常见词，dengbao 另要求字符种类、不重复、90 天更换"
    ),
    "mode": lazy_gettext(
        "存储不可靠时：exam 不启动，trial 只警告，auto 有正式考试时不启动"
    ),
    "backup_passphrase": lazy_gettext("备份的加密口令；设置后备份自动加密"),
    "monitor_networks": lazy_gettext("哪些网段可以读取 /readyz 和 /metrics"),
    "monitor_token": lazy_gettext("监控系统读取它们时出示的令牌"),
    "organisation": lazy_gettext("个人信息告知里写明的处理者；不设置时写组织单位"),
    "privacy_contact": lazy_gettext("个人查询、更正、删除信息的联系方式"),
    "keep_tries": lazy_gettext("身份核对失败的次数保留几天"),
    "keep_devices": lazy_gettext("公布成绩后，考生设备的标记保留几天"),
    "keep_answers": lazy_gettext("公布成绩后，答案保留几天"),
    "keep_names": lazy_gettext("公布成绩后，应考名单上的姓名保留几天"),
    "keep_left": lazy_gettext("移出名册的人员和停用的账号保留几天"),
    "keep_sessions": lazy_gettext("登录记录保留几天，至少 190 天"),
    "keep_audit": lazy_gettext("审计记录中的姓名和原因保留几天，至少 190 天"),
    "log_format": lazy_gettext("日志格式：console 给人看，json 给程序"),
    "log_level": lazy_gettext("记录到哪一级"),
    "access_log": lazy_gettext("是否记录每次访问；auto 在终端里运行时不记录"),
}


@dataclass(frozen=True)
class SettingShown:
    """One setting."""

    variable: str  # LAWGAUGE_…
    value: str
    default: str
    meaning: str
    changed: bool


def settings_shown(settings: Settings) -> list[SettingShown]:
    """All settings, in the order of ``MEANINGS``."""
    defaults = read_settings(
        {
            "LAWGAUGE_INSTANCE": str(settings.instance),
            "LAWGAUGE_SECRET_KEY": settings.secret_key,
        }
    )
    by_itself = {"instance", "secret_key"}
    return [
        SettingShown(
            variable=f"LAWGAUGE_{name.upper()}",
            value=_shown(settings, name),
            default="" if name in by_itself else _shown(defaults, name),
            meaning=str(meaning),
            changed=name not in by_itself
            and getattr(settings, name) != getattr(defaults, name),
        )
        for name, meaning in MEANINGS.items()
    ]


def _shown(settings: Settings, name: str) -> str:
    value = getattr(settings, name)
    if value is None:
        return str(gettext("未设置"))
    if name in HIDDEN:
        return str(gettext("已设置，不显示"))
    if name == "database_url":
        return sa.make_url(value).render_as_string(hide_password=True)
    return str(value)
