"""Make a fresh checkout ready: a virtual environment with the locked packages.

Only the standard library. The lines above ``ROOT`` also run under an old Python,
which must get as far as the sentence that says which one is needed.
"""

import argparse
import errno
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

NEEDED = (3, 11)
if sys.version_info < NEEDED:
    sys.exit(
        f"需要 Python 3.11 或更新版本，当前是 {sys.version.split()[0]}。"
        "请安装后重试，或用 make PYTHON=/路径/python3.11 指定"
    )

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOG = VENV / "install.log"
#: There while packages are being copied; left behind by a kill or a power cut.
UNFINISHED = VENV / "unfinished"

OFFLINE = re.compile(
    r"NewConnectionError|ConnectTimeoutError|ReadTimeout|Read timed out|ProxyError"
    r"|Temporary failure in name resolution|Name or service not known"
    r"|getaddrinfo failed|Connection refused|Connection reset|Connection aborted"
    r"|Network is unreachable|Max retries exceeded|RemoteDisconnected|IncompleteRead"
)
NO_SPACE = re.compile(r"No space left on device|Disk quota exceeded")
DENIED = re.compile(r"Permission denied|Read-only file system")

PLEASE_FREE = "磁盘空间不足。请腾出约 1 GB 后重试"
PLEASE_ALLOW = "没有写入 {} 的权限。请把项目放到自己可写的文件夹，或更改其所有者后重试"


class Problem(Exception):
    """Why the checkout could not be made ready: one sentence for the terminal."""


def say(text: str) -> None:
    """A line of progress."""
    print(text, flush=True)


def version_of(python: Path) -> str:
    """Version of an interpreter that can also run pip, or an empty string."""
    code = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [str(python), "-c", code], check=False, capture_output=True, text=True
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def no_ensurepip() -> Problem:
    """What to say on a Python that cannot make a usable environment."""
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    return Problem(
        f"这个 Python（{sys.executable}）不能建立虚拟环境：缺少 ensurepip。"
        f"请安装 python3-venv（或 {package}，例如 apt install python3-venv）后重试"
    )


def make_venv() -> str:
    """Make .venv unless a working one is there.

    :return: The version of its Python.
    :raises Problem: If it cannot be made; no half-made one is left behind.
    """
    version = version_of(VENV_PYTHON) if VENV_PYTHON.exists() else ""
    if version:
        return version
    if not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        raise no_ensurepip()
    if VENV.exists():
        say("原有的 .venv 已不能使用，重新建立")
        shutil.rmtree(VENV)
    say("正在建立运行环境 .venv …")
    command = [sys.executable, "-m", "venv", str(VENV)]
    output = ""
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        output = done.stdout + done.stderr
        version = version_of(VENV_PYTHON) if done.returncode == 0 else ""
    finally:
        if not version:
            shutil.rmtree(VENV, ignore_errors=True)
    if version:
        return version
    if DENIED.search(output):
        raise Problem(PLEASE_ALLOW.format(ROOT))
    if NO_SPACE.search(output):
        raise Problem(PLEASE_FREE)
    if "ensurepip" in output:
        raise no_ensurepip()
    last = (output.strip().splitlines() or ["?"])[-1]
    raise Problem(f"没能建立虚拟环境 .venv：{last}")


def diagnosis(log: str) -> str:
    """The one sentence that pip's output comes down to."""
    if NO_SPACE.search(log):
        return PLEASE_FREE
    if "DO NOT MATCH THE HASHES" in log:
        return (
            "下载的软件包与锁定文件里的校验值不符，已拒绝安装。"
            "请换一个软件源（环境变量 PIP_INDEX_URL）后重试"
        )
    if OFFLINE.search(log):
        return (
            "连不上软件源，依赖没有装完。请检查网络后重试；"
            "内网可用环境变量 PIP_INDEX_URL 指定本单位的软件源"
        )
    if DENIED.search(log):
        return PLEASE_ALLOW.format(VENV)
    if "Failed to build" in log or "metadata-generation-failed" in log:
        return (
            "有的依赖没有适合这台机器的现成安装包，编译也没有成功。"
            f"请改用 Python 3.11–3.13 后重试（详见 {LOG}）"
        )
    missing = re.search(r"No matching distribution found for (\S+)", log)
    if missing:
        return (
            f"软件源里没有 {missing[1]}。请换一个软件源（环境变量 PIP_INDEX_URL）"
            "或换 Python 3.11–3.13 后重试"
        )
    errors = [line for line in log.splitlines() if line.startswith("ERROR")]
    return f"依赖没有装完：{(errors or ['?'])[-1]}（详见 {LOG}）"


def pip_install(lock: Path, *, again: bool) -> str:
    """Run pip over one lock; shows the package at hand on a terminal.

    :param again: Copy every file afresh: the last copying was cut off.
    :return: What pip said, empty when all is installed.
    """
    command = [str(VENV_PYTHON), "-m", "pip", "install", "--require-hashes"]
    command += ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    command += ["-r", str(lock), *(["--force-reinstall"] if again else [])]
    env = {"PIP_RETRIES": "2", **os.environ, "PIP_USER": "0", "PYTHONUNBUFFERED": "1"}
    env["PIP_ROOT_USER_ACTION"] = "ignore"
    env["LC_ALL"] = "C.UTF-8"  # diagnosis() reads English
    lines = []
    child = subprocess.Popen(
        command,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    try:
        for line in child.stdout or ():
            lines.append(line)
            if sys.stdout.isatty() and line.startswith("Collecting "):
                print(f"\r\x1b[K  {line.split()[1]}", end="", flush=True)
    finally:
        if sys.stdout.isatty():
            print("\r\x1b[K", end="", flush=True)
        code = child.wait()
        LOG.write_text("".join(lines), encoding="utf-8")
    return "".join(lines) if code else ""


def install(name: str, version: str) -> None:
    """Install a lock, unless just this lock is installed already.

    The stamp is written last, so an interrupted installation is taken up again.

    :raises Problem: If pip could not install everything.
    """
    lock = ROOT / name
    wanted = f"{hashlib.sha256(lock.read_bytes()).hexdigest()} {version}\n"
    stamp = VENV / f"{name}.stamp"
    again = UNFINISHED.exists()
    if not again and stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    say(f"正在安装依赖（{name}，首次约需一两分钟）…")
    UNFINISHED.touch()
    log = pip_install(lock, again=again)
    if log:
        if "Installing collected packages" not in log:
            UNFINISHED.unlink()  # nothing was copied yet
        raise Problem(diagnosis(log))
    stamp.write_text(wanted, encoding="ascii")
    UNFINISHED.unlink()


def reason(error: OSError) -> str:
    """The sentence for what the system refused."""
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
        return PLEASE_FREE
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return PLEASE_ALLOW.format(error.filename or ROOT)
    return f"{error.filename or ROOT}：{error.strerror or error}"


def main() -> int:
    """Make ready what was asked for; one sentence and 1 when it cannot be done."""
    parser = argparse.ArgumentParser(description="准备运行环境 .venv")
    parser.add_argument("--dev", action="store_true", help="还安装测试和检查用的依赖")
    options = parser.parse_args()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        version = make_venv()
        install("requirements.txt", version)
        if options.dev:
            install("requirements-dev.txt", version)
    except Problem as problem:
        why = str(problem)
    except OSError as error:
        why = reason(error)
    except KeyboardInterrupt:
        why = "已中断。再次运行会接着安装"
    else:
        return 0
    print(f"未能就绪：{why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
