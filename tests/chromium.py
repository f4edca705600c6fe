"""The browser of the tests: the system's Chromium, else Playwright's own.

``python -m tests.chromium`` obtains one; ``find_chromium()`` says where it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
#: How each package manager installs Chromium and a font with Chinese.
MANAGERS = {
    "apt-get": (
        "update -qq",
        "install -y -qq --no-install-recommends chromium fonts-noto-cjk",
    ),
    "dnf": ("install -y -q chromium google-noto-sans-cjk-fonts",),
    "apk": ("add --no-progress chromium font-noto-cjk",),
    "pacman": ("-Sy --noconfirm --needed chromium noto-fonts-cjk",),
}


def _answer(*command: str) -> str:
    """What a command prints; empty if it fails."""
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


@cache
def find_chromium() -> str | None:
    """A Chromium of this machine that starts; None: let Playwright take its own.

    Some systems ship a script of that name that only asks to install a snap.
    """
    for name in NAMES:
        path = shutil.which(name)
        if path and "hrom" in _answer(path, "--version"):
            return path
    return None


def _own_chromium() -> bool:
    code = (
        "import playwright.sync_api as p\n"
        "with p.sync_playwright() as driver:\n"
        "    print(driver.chromium.executable_path)"
    )
    path = _answer(sys.executable, "-c", code)
    return bool(path) and Path(path).exists()


def _shows_chinese() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(_answer("fc-list", ":lang=zh"))


def _as_root() -> list[str] | None:
    """What to put before a command that needs root; None without that right."""
    if sys.platform != "win32" and os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None:
        return None
    done = subprocess.run([sudo, "-n", "true"], check=False, capture_output=True)
    return [sudo, "-n"] if done.returncode == 0 else None


def _ask_package_manager() -> None:
    prefix = _as_root()
    manager = next((name for name in MANAGERS if shutil.which(name)), None)
    if prefix is None or manager is None:
        return
    print(f"正在用 {manager} 安装 Chromium 和中文字体 …", flush=True)
    for step in MANAGERS[manager]:
        # A failed update may still leave usable lists: the last step decides.
        subprocess.run(
            [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", manager, *step.split()],
            check=False,
            stdout=subprocess.DEVNULL,
        )
    find_chromium.cache_clear()


def main() -> int:
    """Have a Chromium for the tests; one sentence and 1 if there is no way."""
    if not find_chromium() or not _shows_chinese():
        _ask_package_manager()
    if not find_chromium() and not _own_chromium():
        print("正在下载 Playwright 的 Chromium …", flush=True)
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        if _as_root() is not None:
            command.append("--with-deps")
        subprocess.run(command, check=False)
        if not _own_chromium():
            print(
                "没有可用的 Chromium，浏览器测试不能运行。请安装 chromium 或"
                " google-chrome 后重试；要略过这部分，运行 make check",
                file=sys.stderr,
            )
            return 1
    if not _shows_chinese():
        print("没有找到中文字体，截图里的汉字会显示为方框", file=sys.stderr)
    print(f"浏览器：{find_chromium() or 'Playwright 的 Chromium'}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
