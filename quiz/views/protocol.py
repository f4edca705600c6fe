"""What a phone's script sends and gets (the save protocol), without a request.

The routes and the short way before Flask (direct.py) both speak through here.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from core.assets import bundle_mark
from quiz.operations.answers import save_answers
from quiz.rules.sheet import Malformed
from quiz.views.heard import hear

JSON = "application/json"

#: Compact, Chinese as it is.
written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def read_body(raw: bytes) -> object:
    """What a script sent.

    :raises Malformed: If it is no JSON, or was cut on its way.
    """
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise Malformed("the body is not JSON") from None


def answer_save(token: str, device: str, body: object, moment: datetime) -> str:
    """Save; every entry is acknowledged by name, or said to be superseded.

    :param device: Digest of the device cookie.
    :raises Missing, Malformed, Closed, Busy: As ``save_answers``.
    """
    reply = save_answers(token=token, device=device, body=body, now=moment)
    hear(reply.sitting_id, moment)
    return written(
        {
            "acked": reply.acked,
            "superseded": [
                [q, seq, json.loads(value)] for q, seq, value in reply.superseded
            ],
            "server_now": milliseconds(moment),
            "deadline": milliseconds(reply.deadline),
            "remaining": remaining_ms(reply.deadline, moment),
            "claim": reply.claim,
            "paused": reply.paused,
            "version": page_version(),
            **({"away": reply.away} if reply.away else {}),
        }
    )


def page_version() -> str:
    """Of the phone's page: one that was made by another loads itself afresh."""
    return bundle_mark("phone.js")


def milliseconds(moment: datetime) -> int:
    """Since 1970, for the phone."""
    return int(moment.timestamp() * 1000)


def remaining_ms(deadline: datetime, moment: datetime) -> int:
    """Until the deadline, never negative."""
    return max(0, int((deadline - moment) / timedelta(milliseconds=1)))
