"""Setting up: what goes wrong is one sentence, and a second try works."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap

ROOT = Path(bootstrap.__file__).parent
LOCK = "requirements.txt"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with a lock and an empty .venv."""
    venv = tmp_path / ".venv"
    venv.mkdir()
    (tmp_path / LOCK).write_text("flask==3.1.3\n")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", venv)
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", venv / "bin" / "python")
    monkeypatch.setattr(bootstrap, "LOG", venv / "install.log")
    monkeypatch.setattr(bootstrap, "UNFINISHED", venv / "unfinished")
    return tmp_path


class Pip:
    """Stands for pip: says what it is told to."""

    def __init__(self, says: str = "") -> None:
        self.says = says
        self.again: list[bool] = []

    def __call__(self, _lock: Path, *, again: bool) -> str:
        self.again.append(again)
        return self.says


def use(monkeypatch: pytest.MonkeyPatch, pip: Pip) -> Pip:
    monkeypatch.setattr(bootstrap, "pip_install", pip)
    return pip


def test_the_same_lock_is_installed_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip = use(monkeypatch, Pip())
    for _ in range(3):
        bootstrap.install(LOCK, "3.11")
    assert pip.again == [False]


@pytest.mark.parametrize("changed", ["lock", "python"])
def test_another_lock_or_python_is_installed_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    pip = use(monkeypatch, Pip())
    bootstrap.install(LOCK, "3.11")
    if changed == "lock":
        (folder / LOCK).write_text("flask==3.1.4\n")
    bootstrap.install(LOCK, "3.12" if changed == "python" else "3.11")
    assert len(pip.again) == 2


def test_without_network_it_is_refused_and_tried_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, Pip("NewConnectionError: … Connection refused"))
    with pytest.raises(bootstrap.Problem, match="连不上软件源"):
        bootstrap.install(LOCK, "3.11")
    assert not list((folder / ".venv").glob("*.stamp"))
    pip = use(monkeypatch, Pip())
    bootstrap.install(LOCK, "3.11")
    assert pip.again == [False]  # nothing had been copied


def test_cut_off_while_copying_everything_is_copied_afresh(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_lock: Path, *, again: bool) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "pip_install", killed)
    with pytest.raises(KeyboardInterrupt):
        bootstrap.install(LOCK, "3.11")
    pip = use(monkeypatch, Pip())
    bootstrap.install(LOCK, "3.11")
    bootstrap.install(LOCK, "3.11")
    assert pip.again == [True]


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "磁盘空间不足"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "校验值不符"),
        ("Temporary failure in name resolution", "PIP_INDEX_URL"),
        ("ERROR: [Errno 13] Permission denied: '/x'", "没有写入"),
        ("ERROR: No matching distribution found for a==1", "没有 a==1"),
        ("ERROR: Failed to build 'numpy'", "3.11–3.13"),
        ("ERROR: something new", "something new"),
        ("", "install.log"),
    ],
)
def test_every_failure_of_pip_is_one_sentence(log: str, sentence: str) -> None:
    told = bootstrap.diagnosis(log)
    assert sentence in told
    assert "\n" not in told


def test_without_ensurepip_the_missing_package_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name == "ensurepip" else real(name),
    )
    with pytest.raises(bootstrap.Problem, match="python3-venv"):
        bootstrap.make_venv()


def test_a_venv_that_fails_is_not_left_behind(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a system whose own ``venv`` asks for ensurepip only half-way."""

    def half_made(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        Path(command[-1], "bin").mkdir(parents=True)
        return subprocess.CompletedProcess(command, 1, "ensurepip is not available", "")

    monkeypatch.setattr(subprocess, "run", half_made)
    with pytest.raises(bootstrap.Problem, match="python3-venv"):
        bootstrap.make_venv()
    assert not (folder / ".venv").exists()


def test_it_needs_nothing_but_the_standard_library() -> None:
    """Run by a Python that sees no other package."""
    done = subprocess.run(
        [sys.executable, "-S", "-I", str(ROOT / "bootstrap.py"), "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--dev" in done.stdout
