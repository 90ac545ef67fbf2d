"""Programs to start in tests, and a screen that remembers what was said."""

import asyncio
import os
import shlex
import sys
from pathlib import Path

SERVER = """\
import http.server, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        ready = not os.path.exists("not-ready")
        self.answer(200 if self.path == "/healthz" and ready else 404, b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        print("got", self.headers["Ce-Type"], self.path, body.decode())
        self.answer(200, f"{os.environ.get('K_SERVICE')} {os.environ.get('COLOUR')}".encode())

    def log_message(self, *args):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
print("pid", os.getpid(), "in", os.path.basename(os.getcwd()))
server.serve_forever()
"""


def server(folder: Path) -> str:
    """The command of a small HTTP server that says its process id."""
    (folder / "server.py").write_text(SERVER, "utf-8")
    return f"exec {shlex.quote(sys.executable)} {shlex.quote(str(folder / 'server.py'))}"


class Screen:
    """Remembers what was said, and can be waited on."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self._news = asyncio.Event()

    def __call__(self, source: str, line: str) -> None:
        self.lines.append((source, line))
        self._news.set()

    def of(self, source: str) -> list[str]:
        return [line for who, line in self.lines if who == source]

    async def until(self, start: str, *, source: str = "it", times: int = 1) -> list[str]:
        """The lines of a source that start so, as soon as there are so many."""
        async with asyncio.timeout(20):
            while True:
                self._news.clear()
                found = [line for line in self.of(source) if line.startswith(start)]
                if len(found) >= times:
                    return found
                await self._news.wait()


async def gone(pid: int, *, patience: int = 400) -> bool:
    """Whether the process ends within so many looks; a zombie has ended."""
    for _ in range(patience):
        if not _lives(pid):
            return True
        await asyncio.sleep(0.02)
    return not _lives(pid)


def _lives(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        os.kill(pid, 0)
        return not stat.exists() or stat.read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
