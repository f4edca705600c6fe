"""What every act in the audit log is called: the one place that names them.

A new action needs a line here, and a new fact a label; tests say which are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from core.access import ROLES

#: Action → its name. What stands before the dot puts actions together.
ACTIONS: Mapping[str, str] = {
    "account.create": "新建账号",
    "account.grant": "增加角色",
    "account.disable": "停用账号",
    "account.enable": "重新启用账号",
    "account.password": "设置密码",
    "account.link": "生成登录链接",
    "account.sign_in": "登录",
    "account.sign_in_failed": "登录失败",
    "account.sign_out": "退出登录",
    "account.end_sessions": "退出其他登录",
    "audit.columns": "记下封存范围",
    "audit.export": "导出审计记录",
    "audit.heads": "重新开始留存链头",
    "bank.add": "新建题目",
    "bank.import": "导入题目",
    "bank.undo": "撤销导入题目",
    "candidate.due": "取消免考",
    "candidate.exempt": "列为免考",
    "exam.blueprint": "修改组卷方案",
    "exam.change": "修改考试设置",
    "exam.create": "新建考试",
    "exam.discard": "删除考试草稿",
    "exam.draw": "抽取试卷",
    "exam.publish": "发布考试",
    "exam.results": "公布成绩",
    "people.add": "添加人员",
    "people.import": "导入人员",
    "people.remove": "移出名册",
    "question.revise": "修改题目",
    "question.state": "改变题目状态",
    "report.download": "下载成绩报表",
    "report.view": "查看个人成绩",
    "sitting.auto": "到时自动交卷",
    "sitting.claim": "另一部手机请求接手",
    "sitting.move": "转到另一部手机",
    "sitting.start": "开始作答",
    "sitting.submitted": "交卷",
    "units.import": "导入单位",
}

#: What an object is called, by what stands before its colon.
OBJECTS: Mapping[str, str] = {
    "account": "账号",
    "audit": "审计记录",
    "bank": "题库",
    "candidate": "应考人员",
    "database": "数据库",
    "exam": "考试",
    "file": "文件",
    "import": "题目导入",
    "person": "人员",
    "question": "题目",
    "sitting": "作答",
    "unit": "单位",
}

#: Who acts, by what stands before the colon.
ACTORS: Mapping[str, str] = {
    "account": "账号",
    "candidate": "应考人员",
    "outsider": "未登录的人",
    "system": "系统",
    "terminal": "命令行",
}

_BY = {"password": "密码", "link": "登录链接"}
_STATES = {"draft": "草稿", "approved": "可用", "parked": "暂停", "retired": "停用"}
_FORMS = {"xlsx": "Excel", "page": "网页"}


def _word(words: Mapping[str, str]) -> Callable[[Any], str]:
    return lambda value: words.get(str(value), _plain(value))


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(_plain(one) for one in value)
    text = str(value)
    return f"{text[:12]}…" if len(text) == 64 and text.isalnum() else text


def _points(value: Any) -> str:
    whole, rest = divmod(int(value), 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")


def _roles(value: Any) -> str:
    return "、".join(ROLES.get(str(role), str(role)) for role in value) or "无"


#: Fact → its label, and how its value is written.
FACTS: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "added": ("新增", _plain),
    "after": ("改后", _word(_STATES)),
    "answers": ("答卷摘要", _plain),
    "attempt": ("第几次作答", _plain),
    "bad": ("有误", _plain),
    "bank": ("题库摘要", _plain),
    "before": ("改前", _word(_STATES)),
    "blueprint": ("组卷方案摘要", _plain),
    "by": ("方式", _word(_BY)),
    "by_link": ("经登录链接", _plain),
    "changed": ("更新", _plain),
    "code": ("考试代码", _plain),
    "columns": ("封存的表", lambda value: str(len(value))),
    "commitment": ("种子承诺", _plain),
    "digest": ("摘要", _plain),
    "entries": ("记录数", _plain),
    "exam": ("考试", _plain),
    "failures": ("连续失败", _plain),
    "file": ("旧文件", _plain),
    "form": ("形式", _word(_FORMS)),
    "generation": ("第几份答卷", _plain),
    "holder": ("持有编号", _plain),
    "key": ("密钥标记", _plain),
    "known": ("题库已有", _plain),
    "paper": ("试卷", _plain),
    "papers": ("试卷数", _plain),
    "papers_digest": ("试卷摘要", _plain),
    "people": ("人数", _plain),
    "points": ("得分", _points),
    "public_source": ("公开值来源", _plain),
    "public_value": ("公开值", _plain),
    "questions": ("题数", _plain),
    "refused": ("有误", _plain),
    "repeated": ("重复", _plain),
    "role": ("角色", lambda value: _roles([value])),
    "roles": ("角色", _roles),
    "roster": ("名单摘要", _plain),
    "rows": ("行数", _plain),
    "sessions_ended": ("退出的登录", _plain),
    "unchanged": ("不变", _plain),
    "unchecked": ("没有核对旧封条的表", _plain),
    "unit": ("单位", _plain),
    "version": ("版本", _plain),
    "waiting": ("正在等待", _plain),
}


def told(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Facts as label and value; what is empty or not so is left out."""
    for name, value in facts.items():
        if value in ("", None, False) or value == []:
            continue
        label, write = FACTS.get(name, (name, _plain))
        yield label, write(value)


def called(reference: str, kinds: Mapping[str, str]) -> tuple[str, str]:
    """An actor or object as kind and number: ``exam:4`` → 考试, 4."""
    kind, _, number = reference.partition(":")
    return kinds.get(kind, kind), number
