"""Taking the questions of a file that was looked at into the bank."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from core.uploads import Upload, drop_upload, renew_upload
from question_bank.likeness import Progress
from question_bank.operations.intake import ImportResult, Source, take_good
from question_bank.review import note_import
from question_bank.rules.intake import Accepted, Plan


def chosen(plan: Plan, *, green: bool) -> Sequence[Accepted]:
    """What somebody decided to take: the green ones alone, or yellow ones too."""
    if not green:
        return plan.good
    return [Accepted(one.typed.draft, one.digest) for one in plan.having("green")]


def take_upload(
    upload: Upload,
    plan: Plan,
    *,
    green: bool,
    actor: str,
    now: datetime,
    import_id: int | None,
    job_id: int | None = None,
    progress: Progress | None = None,
) -> ImportResult:
    """Import what was chosen of a file.

    :param import_id: The import of the same file that goes on, if there is one.
    """
    source = Source(upload.filename, digest_of(upload), import_id, job_id)
    return take_good(
        plan=plan,
        taken=chosen(plan, green=green),
        actor=actor,
        now=now,
        source=source,
        progress=progress,
    )


def put_away(
    upload: Upload, *, left: int, import_id: int | None, now: datetime
) -> None:
    """Let a file wait for another day if questions of it are left; else it goes.

    :param import_id: What was imported of it so far; the rest will belong to it too.
    """
    if not left:
        drop_upload(upload.path.parent, upload.token)
    elif import_id is not None:
        note_import(upload, import_id)
        renew_upload(upload, now=now)


def digest_of(upload: Upload) -> str:
    """What a file is known by among the imports: SHA-256 of its bytes, hexadecimal."""
    return hashlib.sha256(upload.path.read_bytes()).hexdigest()
