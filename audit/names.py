"""What every act in the audit log is called: the one place that names them.

A new action needs a line here, and a new fact a label; tests say which are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from core.access import ROLES
from quiz.rules.incidents import KINDS
from units.rules.changes import PERSON_FIELDS, UNIT_FIELDS

#: Action → its name. What stands before the dot puts actions together.
ACTIONS: Mapping[str, str] = {
    "account.create": "新建账号",
    "account.grant": "授予角色",
    "account.revoke": "收回角色",
    "account.disable": "停用账号",
    "account.enable": "重新启用账号",
    "account.unlock": "解除登录等待",
    "account.password": "设置密码",
    "account.link": "生成登录链接",
    "account.first_factor": "登录的前一半，等待验证码",
    "account.sign_in": "登录",
    "account.sign_in_failed": "登录失败",
    "account.prove": "再次验证身份",
    "account.prove_failed": "再次验证身份失败",
    "account.sign_out": "退出登录",
    "account.end_session": "结束一处登录",
    "account.end_sessions": "结束多处登录",
    "account.session_moved": "登录被带到别的浏览器，已结束",
    "account.browsers_noticed": "确认新浏览器是本人",
    "account.second_factor_on": "启用动态验证码",
    "account.second_factor_off": "停用动态验证码",
    "account.second_factor_reset": "替人停用动态验证码",
    "account.recovery_codes": "重新生成恢复码",
    "audit.columns": "记下封存范围",
    "audit.export": "导出审计记录",
    "audit.heads": "重新开始留存链头",
    "backup.restore": "恢复备份",
    "backup.take": "备份",
    "bank.add": "新建题目",
    "bank.export": "导出题目",
    "bank.import": "导入题目",
    "bank.undo": "撤销导入题目",
    "candidate.begin": "申请加入，先行作答",
    "candidate.check_in": "签到",
    "candidate.decline": "不同意加入",
    "candidate.due": "取消免考",
    "candidate.exempt": "列为免考",
    "candidate.join": "同意加入",
    "candidate.present": "确认到场",
    "candidate.ticket": "换发准考凭证",
    "exam.archive": "归档",
    "exam.blueprint": "修改组卷方案",
    "exam.change": "修改考试设置",
    "exam.close": "提前结束考试",
    "exam.create": "新建考试",
    "exam.deal": "续抽试卷",
    "exam.decline": "不同意加入",
    "exam.discard": "删除考试草稿",
    "exam.draw": "抽取试卷",
    "exam.grant": "补时",
    "exam.hall": "停用旧的大屏地址",
    "exam.incident": "记录情况",
    "exam.moved_scores": "查看改键涉及的个人成绩",
    "exam.pause": "暂停考试",
    "exam.print": "打印纸质试卷",
    "exam.proof": "下载抽卷核对材料",
    "exam.publish": "发布考试",
    "exam.rekey": "改键",
    "exam.rescore": "改键后重新评分",
    "exam.results": "公布成绩",
    "exam.resume": "恢复考试",
    "exam.room": "安排考场",
    "exam.tickets": "打印准考凭证",
    "exam.undo_close": "撤销提前结束",
    "exemption.approve": "同意免考",
    "exemption.end": "撤回或结束免考",
    "exemption.refuse": "不同意免考",
    "exemption.request": "申请免考",
    "job.cancel": "取消任务",
    "job.download": "下载任务结果",
    "job.start": "开始任务",
    "paper.enter": "录入纸质答卷",
    "paper.keep": "纸质答卷留存，不计分",
    "objection.answer": "答复异议",
    "objection.make": "提出异议",
    "people.add": "添加人员",
    "people.edit": "修改人员信息",
    "people.import": "导入人员",
    "people.move": "调动人员",
    "people.remove": "移出名册",
    "people.return": "重新列入名册",
    "privacy.erase": "删除个人信息",
    "privacy.export": "导出个人信息",
    "privacy.sweep": "删除到期的个人信息",
    "proposal.admit": "提请补收",
    "proposal.declined": "不同意提请",
    "proposal.rekey": "提请改键",
    "proposal.reopen": "提请重新开启",
    "proposal.withdrawn": "撤回提请",
    "bank.enemies": "设为互斥的题",
    "bank.enemies_end": "取消题目互斥",
    "bank.pool": "改变题目用途",
    "bank.label": "批量改题目的知识点、难度",
    "bank.state": "批量改变题目状态",
    "question.remark": "对题目提意见",
    "question.revise": "修改题目",
    "question.settle": "处理题目意见",
    "question.state": "改变题目状态",
    "rank.add": "增加职级类别",
    "rank.drop": "删去职级类别",
    "rank.rename": "职级类别改名或并入",
    "rank.shift": "调整职级类别先后",
    "report.download": "下载成绩报表",
    "report.view": "查看个人成绩",
    "roster.check": "核对名册无误",
    "roster.window": "设置名册维护期限",
    "roster.window_end": "取消名册维护期限",
    "sitting.admit": "补收迟到的答案",
    "sitting.auto": "到时自动交卷",
    "sitting.certificate": "颁发证书",
    "sitting.claim": "另一部手机请求接手",
    "sitting.move": "转到另一部手机",
    "sitting.paper": "纸质答卷交卷",
    "sitting.reassign": "作答改到他人名下",
    "sitting.reopen": "重新开启作答",
    "sitting.start": "开始作答",
    "sitting.submitted": "交卷",
    "sitting.void": "作答作废",
    "topic.add": "新增知识点",
    "topic.merge": "合并知识点",
    "topic.move": "移动知识点",
    "topic.remove": "删除知识点",
    "topic.rename": "知识点改名",
    "topic.shift": "调整知识点先后",
    "unit.change": "修改单位",
    "unit.close": "停用单位",
    "unit.make": "新增单位",
    "unit.move": "更换上级单位",
    "unit.reopen": "恢复单位",
    "unit.shift": "调整单位先后",
    "units.import": "导入单位",
}

#: What an object is called, by what stands before its colon.
OBJECTS: Mapping[str, str] = {
    "account": "账号",
    "audit": "审计记录",
    "backup": "备份",
    "bank": "题库",
    "candidate": "应考人员",
    "database": "数据库",
    "exam": "考试",
    "exemption": "免考申请",
    "file": "文件",
    "import": "题目导入",
    "job": "任务",
    "paper": "试卷",
    "objection": "异议",
    "person": "人员",
    "proposal": "提请",
    "question": "题目",
    "ranks": "职级类别列表",
    "sitting": "作答",
    "topic": "知识点",
    "unit": "单位",
    "units": "全部单位",
}

#: Who acts, by what stands before the colon.
ACTORS: Mapping[str, str] = {
    "account": "账号",
    "candidate": "应考人员",
    "outsider": "未登录的人",
    "system": "系统",
    "terminal": "命令行",
}

_BY = {
    "password": "密码",
    "link": "登录链接",
    "code": "动态验证码",
    "recovery": "恢复码",
}
_STATES = {
    "draft": "草稿",
    "review": "待审",
    "approved": "可用",
    "parked": "暂停",
    "retired": "停用",
}
_SITTINGS = {"open": "作答中", "submitted": "已交卷", "auto": "已收卷"}
_KEPT = {
    "tries": "身份核对失败的次数",
    "devices": "手机标识",
    "answers": "答案",
    "names": "考试中的姓名",
    "left": "离开的人员和账号",
    "sessions": "登录",
    "audit": "审计记录里的原因和姓名",
}
_SEEN = {"scan": "扫了大屏", "digits": "填了现场口令", "phone": "在自己的手机上"}
_OUTCOMES = {"upheld": "采纳", "kept": "维持"}
_FORMS = {
    "docx": "Word",
    "json": "JSON",
    "page": "网页",
    "pdf": "PDF",
    "public": "公开版 Excel",
    "xlsx": "Excel",
}


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


def _fields(value: Any) -> str:
    return "、".join(UNIT_FIELDS.get(one, PERSON_FIELDS.get(one, one)) for one in value)


def _roles(value: Any) -> str:
    return "、".join(ROLES.get(str(role), str(role)) for role in value) or "无"


#: Fact → its phrase, and how its value is written.
FACTS: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "added": ("新增 %s", _plain),
    "after": ("改为%s", _word(_STATES)),
    "alone": ("是唯一的管理员，自己审批", _plain),
    "answers": ("答卷摘要 %s", _plain),
    "attempt": ("第 %s 次作答", _plain),
    "bad": ("有误 %s", _plain),
    "bank": ("题库摘要 %s", _plain),
    "base": ("接在第 %s 次改键之后", _plain),
    "before": ("原来是%s", _word(_STATES)),
    "blueprint": ("组卷方案摘要 %s", _plain),
    "by": ("用%s", _word(_BY)),
    "browsers": ("%s 个浏览器", _plain),
    "by_link": ("经登录链接", _plain),
    "candidate_id": ("应考人员 %s", _plain),
    "candidates": ("应考人员 %s", _plain),
    "category": ("类别：%s", _word(KINDS)),
    "changed": ("更新 %s", _plain),
    "closed_early": ("因提前结束收卷 %s 份", _plain),
    "closing": ("提前结束编号 %s", _plain),
    "closes_at": ("截止 %s", _plain),
    "code": ("考试代码 %s", _plain),
    "columns": ("%s 张表", lambda value: str(len(value))),
    "commitment": ("种子承诺 %s", _plain),
    "differed": ("两次录入不同 %s 题，已核定", _plain),
    "digest": ("摘要 %s", _plain),
    "drafts": ("改了草稿 %s 的组卷方案", _plain),
    "ended": ("到此为止的作答 %s 份", _plain),
    "entries": ("%s 条", _plain),
    "erased": ("%s 项", _plain),
    "exam_only": ("其中仅考试的 %s 题", _plain),
    "exams": ("%s 场考试", _plain),
    "sittings": ("%s 份答卷", _plain),
    "exam": ("考试 %s", _plain),
    "exempt": ("免考 %s 人", _plain),
    "failures": ("连续 %s 次", _plain),
    "fields": ("改了%s", _fields),
    "file": ("旧文件 %s", _plain),
    "first": ("起始卷号 %s", _plain),
    "for": ("换出试卷 %s", _plain),
    "form": ("%s", _word(_FORMS)),
    "fresh": ("另给试卷 %s", _plain),
    "from": ("原在应考人员 %s 名下", _plain),
    "from_unit": ("原在单位 %s", _plain),
    "generation": ("第 %s 份答卷", _plain),
    "grant": ("补时编号 %s", _plain),
    "holder": ("第 %s 次接手", _plain),
    "how": ("%s", _word(_SEEN)),
    "incident": ("情况记录 %s", _plain),
    "key": ("密钥标记 %s", _plain),
    "kind": ("%s", _word(_KEPT)),
    "made_at": ("备份于 %s", _plain),
    "audit_n": ("到第 %s 条审计记录", _plain),
    "nth": ("第 %s 张凭证", _plain),
    "object": ("对象 %s", _plain),
    "problems": ("不一致 %s 处", _plain),
    "scores": ("成绩 %s 份", _plain),
    "selection": ("范围：%s", _plain),
    "sha256": ("文件摘要 %s", _plain),
    "size": ("%s 字节", _plain),
    "work": ("类型 %s", _plain),
    "keys": ("用第 %s 次改键", _plain),
    "known": ("题库已有 %s", _plain),
    "known_browser": ("在常用的浏览器上", _plain),
    "late": ("迟到的消息 %s", _plain),
    "milliseconds": ("%s 毫秒", _plain),
    "moved": ("顺延 %s 份作答", _plain),
    "new_browser": ("新的浏览器", _plain),
    "moved_in": ("调入 %s", _plain),
    "named": ("改为“%s”", _plain),
    "outcome": ("%s", _word(_OUTCOMES)),
    "paper": ("试卷 %s", _plain),
    "parent": ("上级单位 %s", _plain),
    "papers": ("%s 份试卷", _plain),
    "papers_digest": ("试卷摘要 %s", _plain),
    "pause": ("暂停编号 %s", _plain),
    "people": ("%s 人", _plain),
    "person": ("人员 %s", _plain),
    "points": ("得 %s 分", _points),
    "pool": ("%s", _word({"open": "考试和练习", "exam": "仅考试"})),
    "proposal": ("提请 %s", _plain),
    "public_source": ("公开值来源“%s”", _plain),
    "public_value": ("公开值“%s”", _plain),
    "questions": ("%s 题", _plain),
    "refused": ("有误 %s", _plain),
    "remark": ("意见 %s", _plain),
    "repeated": ("重复 %s", _plain),
    "revision": ("第 %s 次改键", _plain),
    "role": ("%s", lambda value: _roles([value])),
    "roles": ("%s", _roles),
    "room": ("考场 %s", _plain),
    "roster": ("名单摘要 %s", _plain),
    "rows": ("%s 行", _plain),
    "running": ("正在进行 %s 份", _plain),
    "seconds": ("%s 秒", _plain),
    "session_ended": ("登录就此结束", _plain),
    "seen": ("核对到第 %s 条变动", _plain),
    "sessions_ended": ("退出 %s 处登录", _plain),
    "sheets": ("%s 份答卷", _plain),
    "sitting": ("作答 %s", _plain),
    "step": ("%s", _word({"-1": "上移", "1": "下移"})),
    "taken_off": ("移出 %s", _plain),
    "tickets": ("%s 张凭证", _plain),
    "topic": ("到知识点 %s", _plain),
    "to": ("改到应考人员 %s 名下", _plain),
    "to_unit": ("到单位 %s", _plain),
    "unchanged": ("不变 %s", _plain),
    "unchecked": ("没有核对旧封条：%s", _plain),
    "unit": ("单位 %s", _plain),
    "unit_id": ("单位 %s", _plain),
    "version": ("第 %s 版", _plain),
    "versions": ("题目版本 %s", _plain),
    "waiting": ("账号正在等待", _plain),
    "was": ("之前%s", _word(_SITTINGS)),
    "with_key": ("连同答案", _plain),
    "word": ("“%s”", _plain),
}
#: Fact → the kind of thing its number means.
MEANT: Mapping[str, str] = {
    "exam": "exam",
    "from_unit": "unit",
    "parent": "unit",
    "person": "person",
    "to_unit": "unit",
    "unit": "unit",
    "unit_id": "unit",
}
#: For those who compare, not for those who read.
DIGESTS = frozenset(
    {"answers", "bank", "blueprint", "commitment", "digest", "key", "roster"}
    | {"papers_digest", "holder"}
)


#: Labels of the personal parts, which may be erased.
PERSONAL: Mapping[str, str] = {
    "display_name": "显示名",
    "kind": "原因",
    "note": "说明",
    "reason": "原因",
    "username": "用户名",
}


def told(
    facts: Mapping[str, Any],
    *,
    digests: bool,
    meant: Mapping[tuple[str, int], str] = {},
) -> Iterator[str]:
    """Facts in words; what is empty or not so is left out.

    :param digests: Whether those are told, too.
    :param meant: Names for what ``MEANT`` says facts are; the others stay numbers.
    """
    for name, value in facts.items():
        nothing = value is None or value is False or value in ("", [])
        if nothing or (name in DIGESTS and not digests):
            continue
        phrase, write = FACTS.get(name, (f"{name} %s", _plain))
        shown = meant.get((MEANT[name], value), value) if name in MEANT else value
        yield phrase % write(shown) if "%s" in phrase else phrase


def called(reference: str, kinds: Mapping[str, str]) -> tuple[str, str]:
    """An actor or object as kind and number: ``exam:4`` → 考试, 4."""
    kind, _, number = reference.partition(":")
    return kinds.get(kind, kind), number
