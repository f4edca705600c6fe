"""What does not hold, in one sentence each."""

from __future__ import annotations

from core.cells import Note
from core.chain import Break, Why

#: Tables as people call them.
TABLES = {
    "account": "账号",
    "answer": "答卷",
    "audit_entry": "审计记录",
    "bank_import": "题目导入",
    "blueprint_row": "组卷方案的行",
    "candidate": "应考人员",
    "certificate": "证书",
    "early_closing": "提前结束",
    "exam": "考试",
    "exam_pause": "暂停",
    "exemption": "免考申请",
    "incident": "情况记录",
    "key_change": "改键的题",
    "key_revision": "改键",
    "known_browser": "浏览器",
    "login_session": "登录",
    "old_password": "曾用密码",
    "objection": "异议",
    "paper": "试卷",
    "paper_entry": "纸质答卷的录入",
    "paper_sheet": "纸质答卷",
    "past_sheet": "前次答卷",
    "person": "人员",
    "pool_item": "备选题",
    "presence": "签到",
    "proposal": "提请",
    "question": "题目",
    "question_remark": "题目意见",
    "question_use": "出题记录",
    "question_version": "题目版本",
    "recovery_code": "恢复码",
    "rank_group": "职级类别",
    "role_grant": "角色",
    "roster_change": "名册变动",
    "roster_check": "名册核对",
    "roster_window": "名册维护期限",
    "score": "成绩",
    "sign_in_link": "登录链接",
    "sitting": "作答",
    "time_grant": "补时",
    "topic": "知识点",
    "unit": "单位",
}

SENTENCES = {
    Why.MISSING: "从第 %(n)d 条起有审计记录缺失",
    Why.CHANGED: "第 %(n)d 条审计记录（或它前面的一条）被改动过",
    Why.FORGED: "第 %(n)d 条审计记录不是本系统写入的",
    Why.KEY: "服务器密钥与封存时的不同，封条无法核对。请换回原来的密钥后再核对",
    Why.PAYLOAD: "第 %(n)d 条审计记录的个人信息部分被改动过",
    Why.PAYLOAD_GONE: "第 %(n)d 条审计记录的个人信息部分不见了，没有删除它的记录",
    Why.PAYLOAD_ALONE: "有一份个人信息写着属于第 %(n)d 条审计记录，但没有这条记录",
    Why.CUT: (
        "第 %(n)d 条起与数据库以外留存的链头不一致："
        "审计记录被截去一段，或数据库被换成了旧的"
    ),
    Why.COLUMNS: (
        "%(table)s的封存范围与程序不一致。请运行 flask database upgrade 后再核对"
    ),
    Why.ROW_CHANGED: "%(table)s %(row)s 与%(entry)s写入的不一致",
    Why.ROW_GONE: "%(table)s %(row)s 不见了，%(entry)s写入过它",
    Why.ROW_FORGED: "%(table)s %(row)s 不是任何操作写入的",
    Why.ROW_BACK: "%(table)s %(row)s 已由%(entry)s删除，却还在",
    Why.ROW_OLD: (
        "%(table)s %(row)s 在程序升级时就与%(entry)s写入的不一致，没有重新封存"
    ),
    Why.SHEET: "答卷 %(row)s 算不出%(entry)s记下的答卷摘要",
    Why.SCORE: "成绩 %(row)s 与按试卷、答案和评分规则重算的不一致，见%(entry)s",
}


def sentence(place: Break, at: str, action: str) -> Note:
    """One break for people.

    :param at: The time of the entry that says how it should be, as it is shown.
    :param action: What that entry did, as it is called.
    """
    entry = f" {at} 第 {place.n} 条记录（{action}）" if place.n else "任何一条记录"
    return Note(
        SENTENCES[place.why],
        {
            "n": place.n,
            "table": TABLES.get(place.table, place.table),
            "row": place.row,
            "entry": entry,
        },
    )
