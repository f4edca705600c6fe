"""Signed texts: whatever is changed in one is noticed, whoever signed it."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.signing import BadToken, Keys, decoded, encoded, read_token

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
SECRET = "a secret of this server"
TEXT = "certificate|7Q2K9M4TX8BD|法治能力测试|张小明"


def public(keys: Keys) -> dict[str, str]:
    return {key.id: key.public for key in keys.public()}


def test_what_was_signed_is_read(tmp_path: Path) -> None:
    keys = Keys(SECRET, tmp_path / "signing")
    token = keys.sign(TEXT, now=NOW)
    told = read_token(token, public(keys))
    assert told.text == TEXT
    assert told.key_id in public(keys)
    assert keys.sign(TEXT, now=NOW) == token  # the same text, the same token


def test_P12_M7_ten_thousand_flipped_bits_are_all_refused(tmp_path: Path) -> None:
    keys = Keys(SECRET, tmp_path)
    token = keys.sign(TEXT, now=NOW)
    known = public(keys)
    rng = random.Random("flips")
    refused = tried = 0
    while tried < 10_000:
        data = bytearray(token.encode())
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        forged = bytes(data).decode("latin-1")
        assert forged != token
        tried += 1
        try:
            read_token(forged, known)
        except BadToken:
            refused += 1
    assert (refused, tried) == (10_000, 10_000)


def test_M12_a_foreign_key_signs_nothing_of_ours(tmp_path: Path) -> None:
    ours, theirs = Keys(SECRET, tmp_path / "ours"), Keys("other", tmp_path / "theirs")
    ours.sign(TEXT, now=NOW)
    forged = theirs.sign(TEXT, now=NOW)
    with pytest.raises(BadToken):
        read_token(forged, public(ours))
    ((own_id, _),) = public(ours).items()
    renamed = forged.split(".")
    renamed[1] = own_id  # says that it is by our key
    with pytest.raises(BadToken):
        read_token(".".join(renamed), public(ours))


@pytest.mark.parametrize("end", ["=", " ", "A", ".", "\n", "é"])
def test_there_is_one_way_to_write_a_token(tmp_path: Path, end: str) -> None:
    keys = Keys(SECRET, tmp_path)
    with pytest.raises(BadToken):
        read_token(keys.sign(TEXT, now=NOW) + end, public(keys))


def test_an_old_keys_signature_holds_after_the_secret_was_changed(
    tmp_path: Path,
) -> None:
    old = Keys(SECRET, tmp_path).sign(TEXT, now=NOW)
    keys = Keys("another secret", tmp_path)
    new = keys.sign(TEXT, now=NOW)
    assert new.split(".")[1] == keys.public()[-1].id != old.split(".")[1]
    assert {read_token(one, public(keys)).text for one in (old, new)} == {TEXT}


def test_every_machine_of_one_secret_signs_alike(tmp_path: Path) -> None:
    here, there = Keys(SECRET, tmp_path / "a"), Keys(SECRET, tmp_path / "b")
    token = here.sign(TEXT, now=NOW)
    assert there.sign(TEXT, now=NOW) == token
    assert read_token(token, public(Keys(SECRET, tmp_path / "empty"))).text == TEXT


def test_S1_a_full_disk_takes_nobodys_receipt_away(tmp_path: Path) -> None:
    blocked = tmp_path / "signing"
    blocked.write_text("no folder can be made here")
    keys = Keys(SECRET, blocked)
    assert read_token(keys.sign(TEXT, now=NOW), public(keys)).text == TEXT


def test_nothing_secret_lies_in_the_folder(tmp_path: Path) -> None:
    Keys(SECRET, tmp_path / "signing").sign(TEXT, now=NOW)
    (path,) = (tmp_path / "signing").iterdir()
    assert set(json.loads(path.read_text("utf-8"))) == {"id", "public", "since"}


def test_the_example_of_the_document(tmp_path: Path) -> None:
    """docs/algorithms/vouchers.md has the same secret, text and token."""
    document = Path(__file__).parents[2] / "docs" / "algorithms" / "vouchers.md"
    token = Keys("an example secret", tmp_path).sign("receipt|示例", now=NOW)
    assert token in document.read_text("utf-8")


def test_bytes_come_back() -> None:
    assert decoded(encoded(b"\x00\xff\xfe")) == b"\x00\xff\xfe"
