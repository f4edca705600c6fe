"""Files kept between the look and the decision."""

from __future__ import annotations

import io
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.errors import Missing
from core.filenames import LONGEST, shown_name
from core.uploads import (
    Upload,
    append_beside,
    drop_upload,
    find_upload,
    keep_upload,
    list_uploads,
    read_beside,
    renew_upload,
    write_beside,
)


def kept(folder: Path, now: datetime, filename: str = "名单.xlsx") -> str:
    content = io.BytesIO(b"content")
    return keep_upload(
        folder, content, filename=filename, kind="people", account_id=3, now=now
    )


def test_a_file_is_found_again_by_its_account(tmp_path: Path, moment: datetime) -> None:
    token = kept(tmp_path, moment)
    found = find_upload(tmp_path, token, kind="people", account_id=3, now=moment)
    assert found.path.read_bytes() == b"content"
    assert found.filename == "名单.xlsx"


@pytest.mark.parametrize(
    ("kind", "account", "hours"), [("units", 3, 0), ("people", 4, 0), ("people", 3, 25)]
)
def test_nobody_else_and_nothing_old_is_found(
    tmp_path: Path, moment: datetime, kind: str, account: int, hours: int
) -> None:
    token = kept(tmp_path, moment)
    later = moment + timedelta(hours=hours)
    with pytest.raises(Missing):
        find_upload(tmp_path, token, kind=kind, account_id=account, now=later)


@pytest.mark.parametrize("token", ["", "../secret_key", "a" * 32, "x" * 400, "\0" * 32])
def test_F9_a_token_is_never_a_path(
    tmp_path: Path, moment: datetime, token: str
) -> None:
    folder = tmp_path / "uploads"
    folder.mkdir()
    (tmp_path / "secret_key.json").write_text('{"kind": "people", "account": 3}')
    with pytest.raises(Missing):
        find_upload(folder, token, kind="people", account_id=3, now=moment)
    drop_upload(folder, token)
    assert (tmp_path / "secret_key.json").exists()


def test_F9_names_on_disk_are_of_our_making(tmp_path: Path, moment: datetime) -> None:
    token = kept(tmp_path, moment, "../../etc/😀\r\n" + "长" * 300)
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{token}.data",
        f"{token}.json",
    }


@pytest.mark.skipif(os.name == "nt", reason="modes of files")
def test_only_the_server_may_read_it(tmp_path: Path, moment: datetime) -> None:
    token = kept(tmp_path, moment)
    mode = (tmp_path / f"{token}.data").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_dropped_file_is_gone_and_dropping_twice_is_no_harm(
    tmp_path: Path, moment: datetime
) -> None:
    token = kept(tmp_path, moment)
    drop_upload(tmp_path, token)
    drop_upload(tmp_path, token)
    assert list(tmp_path.iterdir()) == []


def test_files_older_than_a_day_go_when_the_next_comes(
    tmp_path: Path, moment: datetime
) -> None:
    old = kept(tmp_path, moment)
    for path in tmp_path.iterdir():
        then = (moment - timedelta(days=1, seconds=1)).timestamp()
        os.utime(path, (then, then))
    kept(tmp_path, moment)
    assert not (tmp_path / f"{old}.data").exists()
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\名单.xlsx", "名单.xlsx"),
        ("a\r\nb\x00c.csv", "abc.csv"),
        ("", "file"),
        ("///", "file"),
        ("\udcff.xlsx", ".xlsx"),
    ],
)
def test_F9_shown_names(given: str, shown: str) -> None:
    assert shown_name(given) == shown


def test_F9_a_long_name_keeps_its_ending() -> None:
    name = shown_name("长" * 300 + ".xlsx")
    assert len(name) == LONGEST
    assert name.endswith("….xlsx"[1:])


def upload_of(folder: Path, token: str, now: datetime) -> Upload:
    return find_upload(folder, token, kind="people", account_id=3, now=now)


def test_what_is_kept_with_a_file_goes_with_it(
    tmp_path: Path, moment: datetime
) -> None:
    token, other = kept(tmp_path, moment), kept(tmp_path, moment)
    upload = upload_of(tmp_path, token, moment)
    assert read_beside(upload, "reading") is None
    write_beside(upload, "reading", "甲")
    write_beside(upload, "reading", "乙")
    append_beside(upload, "changes", "一")
    append_beside(upload, "changes", "二")
    assert read_beside(upload, "reading") == "乙"
    assert read_beside(upload, "changes") == "一\n二\n"
    for path in tmp_path.glob(f"{token}.*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    drop_upload(tmp_path, token)
    assert {path.stem for path in tmp_path.iterdir()} == {other}


def test_lines_of_several_writers_stay_whole(tmp_path: Path, moment: datetime) -> None:
    upload = upload_of(tmp_path, kept(tmp_path, moment), moment)
    with ThreadPoolExecutor(8) as pool:
        for n in range(200):
            pool.submit(append_beside, upload, "changes", f"{n}" * 50)
    lines = (read_beside(upload, "changes") or "").splitlines()
    assert sorted(lines) == sorted(f"{n}" * 50 for n in range(200))


def test_the_files_that_wait_are_listed_for_their_owner_alone(
    tmp_path: Path, moment: datetime
) -> None:
    first = kept(tmp_path, moment)
    second = kept(tmp_path, moment + timedelta(hours=1), "二.xlsx")
    later = moment + timedelta(hours=2)

    def listed(kind: str = "people", account: int = 3) -> list[str]:
        found = list_uploads(tmp_path, kind=kind, account_id=account, now=later)
        return [upload.token for upload in found]

    assert listed() == [second, first]
    assert listed(account=4) == listed(kind="units") == []
    renew_upload(upload_of(tmp_path, first, later), now=later)
    assert listed() == [first, second]
    late = moment + timedelta(hours=25, minutes=30)
    assert upload_of(tmp_path, first, late).token == first
    with pytest.raises(Missing):
        upload_of(tmp_path, second, late)
