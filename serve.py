"""The production server in one call: ready the database, say where it is, serve.

``python wsgi.py`` (and ``make run``) end here. What needs the database happens in a
child process first, so that the server that stays has neither its memory nor open
connections, which must not be inherited by the workers it forks.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from accounts.operations.accounts import create_account
from accounts.operations.links import make_sign_in_link
from accounts.queries import find_first_organizer
from app import create_app
from core.backup.keeping import restore_steps
from core.bodies import WAITING, Bodies
from core.cli import plainly, upgrade_database
from core.clock import now
from core.config import BadSetting, Settings, read_settings
from core.database_file import database_file
from core.db import engine_options, read_core
from core.errors import Refused
from core.locks import SERVER, SignOfLife
from core.logs import AccessLog, QueuedLines, begin_logging, wants_access_log
from core.metrics import begin_counting, make_room
from core.network import EVERYWHERE, lan_address, public_address, why_not_bind
from core.observing import log_access
from core.pages import clock
from core.qr import qr_text
from core.storage import (
    SOUND_SQLITE,
    durability_problems,
    place_problems,
    structure_problems,
)
from core.watch import Watch
from quiz.queries.ahead import is_exam_ahead
from quiz.queries.exams import exams_listed
from quiz.rules.lifecycle import State, state_of
from rehearsal.demo import ensure_open_exam, is_unfinished, known_candidate, load_demo
from units.queries.units import counts

log = structlog.stdlib.get_logger("lawgauge.serve")

ROOT = Path(__file__).resolve().parent
CONNECTIONS = 16_384  # a worker; idle ones count, and a phone keeps its own open
STOP_WITHIN = 20  # seconds for requests in flight
#: Seconds for looking through the database file: a few gigabytes wait for the backup.
#: After a crash in an exam nobody waits for all of them to be read.
LOOK_THROUGH = 4
#: Seconds after which a thread that needs the interpreter asks the one that has it: a
#: save asks about ten times, and all the while it may hold the writers' turn.
SWITCH_INTERVAL = 0.0001
#: Starting again is worth it, but not so often within so many seconds.
RESTARTS, CRASH_LOOP = 5, 60.0


# --- before serving: in a child process -------------------------------------------


def prepare(*, demo: bool, link: bool, colour: bool) -> str:
    """Migrate, load the demo if wanted, and say what is open.

    :param demo: Load invented data into an empty database, and see to an open exam.
    :param link: Make a one-time sign-in link for the organizer.
    :param colour: Whether a terminal reads it.
    :return: The text for the terminal.
    :raises Refused: If something is in the way.
    """
    app = create_app()
    settings: Settings = app.config["SETTINGS"]
    with app.app_context():
        try:
            unread = _check_file(settings)
            upgrade_database()
            if demo:
                _see_to_demo()
            warnings = [*unread, *_check_storage(settings)]
            lines = [*_where(settings), *_open_exams(public_address(settings), colour)]
            lines += warnings
            if link:
                lines += _sign_in_link(public_address(settings))
        except sa.exc.OperationalError as error:
            raise Refused("数据没有准备好：%(why)s", why=plainly(error)) from error
    return "\n".join(["", *lines, "", "按 Ctrl+C 停止；数据会保留。", ""])


def _check_file(settings: Settings) -> list[str]:
    """See that the database is whole, before anything is written into it.

    :return: What is to be said of it: that it is too large to be looked through now.
    :raises Refused: If it is damaged, unless this is a trial.
    """
    file = database_file()
    if file is None or not file.path.exists():
        return []
    try:
        with read_core() as connection:
            found = list(
                structure_problems(connection, thorough=False, patience=LOOK_THROUGH)
            )
    except TimeoutError:
        log.info("database_looked_through_in_part", file=str(file.path))
        said = (
            f"数据库文件较大，启动时只检查了 {LOOK_THROUGH} 秒，未发现损坏；"
            "每次备份会完整检查，也可运行 flask database check"
        )
        return [said]
    if not found:
        return []
    log.critical("database_damaged", file=str(file.path), first=found[0])
    if settings.mode != "trial":
        steps = "\n".join(restore_steps())
        raise Refused("%(why)s\n%(steps)s", why=found[0], steps=steps)
    return []


def _check_storage(settings: Settings) -> list[str]:
    """See that what is acknowledged is kept; returns what is worth a warning.

    :raises Refused: If it is not, and an exam is to be held here.
    """
    with read_core() as connection:
        found = [*place_problems(settings), *durability_problems(connection)]
    strict = settings.mode == "exam" or (
        settings.mode == "auto" and is_exam_ahead(now())
    )
    for problem in found:
        if problem.grave and strict:
            raise Refused("%(why)s", why=problem.said)
    return [f"注意：{problem.said}" for problem in found]


def _see_to_demo() -> None:
    """An empty database gets the demo; one that has it gets an exam that is open."""
    exams = [exam for exam, _ in exams_listed()]
    if is_unfinished() or (not exams and not counts().units):
        print("正在载入示例数据（约需一分钟）…", flush=True)
        load_demo(now=now())
    elif exams and all(exam.demo for exam in exams):
        ensure_open_exam(now=now())


def _where(settings: Settings) -> list[str]:
    lines = [f"法测  {public_address(settings)}/"]
    if settings.host in EVERYWHERE:
        lines.append(f"本机  http://127.0.0.1:{settings.port}/")
        if not settings.base_url and lan_address() == "127.0.0.1":
            lines.append("没有找到局域网：连上网络后重新启动，手机才能打开")
    return lines


def _open_exams(base: str, colour: bool) -> list[str]:
    moment = now()
    listed = [exam for exam, _ in exams_listed()]
    exams = [exam for exam in listed if state_of(exam, moment) is State.OPEN]
    if not exams:
        return ["", "现在没有开放的考试。"]
    lines = []
    for exam in exams:
        address = f"{base}/e/{exam.code}"
        mark = "（示例数据）" if exam.demo else ""
        lines += ["", f"开放中：{exam.title}{mark}，{clock(exam.closes_at)} 截止"]
        lines.append(f"用手机扫码，或打开 {address}")
        if exam.demo:
            unit, name, tail = known_candidate()
            lines.append(f"可用这位虚构人员进入：{unit}，{name}，手机后四位 {tail}")
        if exam is exams[0]:
            lines += ["", *_painted(qr_text(address), colour)]
    return lines


def _painted(code: str, colour: bool) -> list[str]:
    """White on black by number, so that no colour scheme can turn it round."""
    if not colour:
        return code.splitlines()
    return [f"\x1b[38;5;231;48;5;16m{line}\x1b[0m" for line in code.splitlines()]


def _sign_in_link(base: str) -> list[str]:
    """A link for the oldest organizer; without any account, makes one."""
    username = find_first_organizer()
    if username is None:
        username = "organizer"
        create_account(
            username=username,
            display_name="组织者",
            roles=("organizer", "admin"),
            actor="system",
            now=now(),
        )
    link = make_sign_in_link(username=username, actor="system", now=now())
    until = clock(link.expires_at, "%H:%M")
    return [
        "",
        f"组织者（{username}）登录，只能用一次，{until} 前有效：",
        f"{base}/login/link/{link.token}",
    ]


# --- serving ----------------------------------------------------------------------


def load(target: str, *, parent: int) -> Any:
    """The application, in a worker; the worker ends when its server was killed.

    :param parent: The server's process, as it says itself: to a worker that comes to
        ask it may be dead already.
    """
    if os.name != "nt":
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    make_room()
    _share_arenas()
    app = __import__(target.partition(":")[0]).app
    sys.setswitchinterval(SWITCH_INTERVAL)
    settings: Settings = app.config["SETTINGS"]
    lines = QueuedLines(sys.stdout)
    begin_logging(settings, lines)
    if wants_access_log(settings):
        log_access(app, AccessLog(settings, lines))
    Watch(app).start()
    limit: int = app.config["MAX_CONTENT_LENGTH"]
    return Bodies(app, places=settings.threads, limit=limit)


def _share_arenas() -> None:
    # glibc gives threads up to eight arenas a core, each with freed memory of its own;
    # under one interpreter's lock two do. It saves a worker 12 MB after a storm of 600.
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # another C library
            ctypes.CDLL(None).mallopt(-8, 2)  # M_ARENA_MAX


def _end_with(parent: int) -> None:
    # Left alone, workers would hold the port and nobody would replace a dead one.
    while os.getppid() == parent:
        time.sleep(1)
    for _ in range(STOP_WITHIN):
        # More than once: a worker that is only starting does not listen yet.
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)
    os._exit(1)


def worker_count(settings: Settings, version: tuple[int, ...]) -> int:
    """How many processes may write: one, where SQLite still has the WAL-reset bug."""
    if settings.sqlite and version < SOUND_SQLITE:
        return 1
    return settings.workers


def connection_limit() -> int:
    """Raise the limit of open files; returns how many connections a worker may hold."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return 512
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = hard in (resource.RLIM_INFINITY, -1)
    wanted = CONNECTIONS + 1024 if unlimited else min(hard, CONNECTIONS + 1024)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(256, min(CONNECTIONS, wanted - 256))


def build_server(settings: Settings) -> Any:
    """Granian over wsgi.py. No access log: paths hold tokens."""
    workers = settings.workers
    if settings.sqlite:
        driver = engine_options(settings.database_url, 1)["module"]
        # place_problems tells why, before the address is printed.
        workers = worker_count(settings, driver.sqlite_version_info)
    server = Server(
        "wsgi:app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=settings.threads + WAITING,
        backlog=4096,
        backpressure=connection_limit(),
        websockets=False,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_WITHIN,
        working_dir=ROOT,
    )
    _mind_the_terminal(server)
    return server


def _mind_the_terminal(server: Any) -> None:
    if os.name != "nt":
        # A closed terminal stops the server, unless it was started to outlive it;
        # without a terminal, HUP renews the workers one by one (systemctl reload).
        if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
            server.signal_handler_reload = lambda *_: None
        elif sys.stdin is not None and sys.stdin.isatty():
            server.signal_handler_reload = server.signal_handler_interrupt


def serve(settings: Settings, announce: Callable[[], None]) -> int:
    """Serve until stopped; starts again after workers that kept dying.

    :param announce: Called once the port is ours.
    """
    hooks = [announce]  # said once: the link in it may have been used since
    starts: deque[float] = deque(maxlen=RESTARTS)
    while True:
        starts.append(time.monotonic())
        server = build_server(settings)
        if hooks:
            server.on_startup(hooks.pop())
        try:
            server.serve(target_loader=partial(load, parent=os.getpid()))
        except SystemExit:
            often = len(starts) == RESTARTS
            if often and time.monotonic() - starts[0] < CRASH_LOOP:
                print("工作进程一再退出，服务已停止。原因见上面的记录", file=sys.stderr)
                return 1
            print("工作进程一再退出，重新启动服务", file=sys.stderr, flush=True)
        except (OSError, RuntimeError) as error:
            reason = why_not_bind(settings) or str(error)
            print(f"未能启动：{reason}", file=sys.stderr)
            return 1
        else:
            print("服务已停止，数据都已保存。", flush=True)
            return 0


def _already(settings: Settings) -> str:
    return (
        f"{settings.instance} 里的数据已有一个服务在使用。"
        "请先停止它，或用 LAWGAUGE_INSTANCE 另选文件夹"
    )


def main() -> int:
    """Start the server; one sentence and an exit code other than 0 if it cannot."""
    parser = argparse.ArgumentParser(prog="python wsgi.py", description="启动服务")
    parser.add_argument(
        "--no-demo", action="store_true", help="空数据库也不载入示例数据"
    )
    parser.add_argument(
        "--no-link", action="store_true", help="不生成组织者的一次性登录链接"
    )
    options = parser.parse_args()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    if os.name != "nt":
        os.umask(0o077)  # the database holds names
    try:
        settings = read_settings(os.environ)
        if reason := why_not_bind(settings):
            raise Refused("%(why)s", why=reason)
        # Until the end: nobody restores or upgrades under a running server.
        if not SignOfLife(settings.instance / SERVER).take():
            raise Refused("%(why)s", why=_already(settings))
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as child:
            text = child.submit(
                prepare,
                demo=not options.no_demo,
                link=not options.no_link,
                colour=sys.stdout.isatty(),
            ).result()
    except (Refused, BadSetting) as error:
        print(f"未能启动：{error}", file=sys.stderr)
        return 1
    except BrokenProcessPool:
        print("未能启动：准备数据的进程被终止，可能是内存不足。请重试", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("已中断。再次运行会从头再来，不会留下一半的数据", file=sys.stderr)
        return 130
    begin_counting(settings.instance / "metrics")
    return serve(settings, lambda: print(text, flush=True))
