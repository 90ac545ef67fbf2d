"""Runs the console blocks of a document as a reader would: in order, in one folder, for real.

    ```console
    $ kne up manifests/             the server: runs until the end of the document
    kne 0.1.0 …                     `…` is any text
    …                               alone on a line, it is any lines
    ```
    ```console
    $ kne get triggers              any other command must end, with 0, and print just this
    NAME …
    $ kne get nonsense
    …
    $ echo $?                       unless the document itself asks for the exit code
    1
    ```
    ```console
    ☁️  cloudevents.Event            no command: what the server prints next
    …
    ```

Ports 8080 and 8081 stand for two free ones, in commands and in what they print.
"""

import fcntl
import os
import random
import re
import shlex
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

COLUMNS = 120
"""Width of the terminal that programs see."""

PATIENCE = 30.0
"""Seconds until a command must have ended, or the server must have printed what is expected."""

STAND_INS = {"make up": "kne up manifests/"}
"""Commands that would install something, and what they come down to."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command and what it prints; without a command, what the server prints next."""

    line: int
    command: str
    expected: tuple[str, ...]
    may_fail: bool = False


def steps(document: str) -> list[Step]:
    """What the console blocks of a document say, in order."""
    found: list[Step] = []
    inside = False
    for number, line in enumerate(document.splitlines(), 1):
        if line.startswith("```"):
            inside = line == "```console"
            if inside:
                found.append(Step(number, "", ()))
        elif inside and line.startswith("$ "):
            found.append(Step(number, line[2:], ()))
        elif inside and not found[-1].expected and found[-1].command.endswith("\\"):
            found[-1] = Step(found[-1].line, f"{found[-1].command}\n{line}", ())
        elif inside:
            last = found[-1]
            found[-1] = Step(last.line, last.command, (*last.expected, line))
    found = [step for step in found if step.command or step.expected]
    asked = [*(step.command == "echo $?" for step in found[1:]), False]
    return [
        Step(step.line, step.command, step.expected, may_fail)
        for step, may_fail in zip(found, asked, strict=False)
    ]


def pattern(expected: tuple[str, ...]) -> str:
    """A regular expression for expected lines; every line of the text ends with a newline."""
    lines = (
        "(?:.*\n)*?" if line.strip() == "…" else ".*?".join(map(re.escape, line.split("…"))) + "\n"
        for line in expected
    )
    return "".join(lines)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, of four digits, so that columns keep their widths."""
    found: set[int] = set()
    while len(found) < count:
        port = random.randrange(2000, 10_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.add(port)
    return sorted(found)


class Program:
    """A program in a terminal of its own, and what it has printed so far."""

    def __init__(self, script: str, folder: Path, environ: dict[str, str]) -> None:
        ours, its = os.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        self.process = subprocess.Popen(
            ["bash", "-c", script],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=its,
            stderr=its,
        )
        os.close(its)
        self._terminal = ours
        self._printed = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with suppress(OSError):  # how Linux says that the last writer has gone
            while chunk := os.read(self._terminal, 65536):
                self._printed += chunk

    @property
    def printed(self) -> str:
        """Whole lines, without spaces at their ends."""
        lines = self._printed.decode(errors="replace").split("\n")[:-1]
        return "".join(f"{line.rstrip()}\n" for line in lines)

    def wait(self) -> int | None:
        """Wait for its end; returns its exit code, None if it had to be killed."""
        try:
            code: int | None = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = None
        self._reader.join(PATIENCE)
        os.close(self._terminal)
        return code


class Session:
    """A terminal in `folder` (and a second one for the server)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.missing: set[str] = set()
        self._ports = dict(zip(("8080", "8081"), map(str, free_ports(2)), strict=True))
        self._server: Program | None = None
        self._read_to = 0
        self._status = 0
        hidden = ("KUBECONFIG", "FORCE_COLOR")
        self._environ = {
            **{k: v for k, v in os.environ.items() if k not in hidden and not k.startswith("KNE_")},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "XDG_STATE_HOME": str(folder / ".state"),
            "NO_COLOR": "1",
            "TERM": "xterm",
            "KNE_PORT": self._ports["8080"],
            "KNE_API_PORT": self._ports["8081"],
        }

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if self._server:
            self._server.process.send_signal(signal.SIGINT)
            code = self._server.wait()
            assert kind or code == 0, f"the server ended with {code}\n{self._server.printed}"

    def do(self, step: Step) -> None:
        """Run one step.

        Raises:
            AssertionError: it did not print, or end, as the document says.
        """
        command = STAND_INS.get(step.command, step.command)
        if not command:
            self._await_output(step)
        elif command.startswith("kne up") and "--detach" not in command:
            assert self._server is None, f"line {step.line}: a server runs already"
            self._server = self._start(f"exec {command}")
            self._await_output(step)
        elif not self._knows(first_word(command)):
            self.missing.add(first_word(command))
        else:
            self._run(step, command)

    def _knows(self, word: str) -> bool:
        """Whether it is a program, or a word of the shell's own."""
        script = f"type {shlex.quote(word)}"
        found = subprocess.run(["bash", "-c", script], env=self._environ, capture_output=True)
        return found.returncode == 0

    def _start(self, script: str) -> Program:
        return Program(self._here(script), self.folder, self._environ)

    def _run(self, step: Step, command: str) -> None:
        program = self._start(f"(exit {self._status})\n{command}")
        code = program.wait()
        text = self._there(program.printed)
        shown = f"line {step.line}: $ {command}\n{text}(exit code {code})"
        assert code == 0 or (code is not None and step.may_fail), shown
        assert re.fullmatch(pattern(step.expected), text), shown
        self._status = code

    def _await_output(self, step: Step) -> None:
        server = self._server
        assert server is not None, f"line {step.line}: no server runs that could print this"
        wanted = re.compile(f"^{pattern(step.expected)}", re.MULTILINE)
        deadline = time.monotonic() + PATIENCE
        while True:
            text = self._there(server.printed)
            if match := wanted.search(text, self._read_to):
                self._read_to = match.end()
                return
            shown = f"line {step.line}: not printed; since then came:\n{text[self._read_to :]}"
            assert server.process.poll() is None, f"{shown}(the server has ended)"
            assert time.monotonic() < deadline, shown
            time.sleep(0.02)

    def _here(self, command: str) -> str:
        for written, used in self._ports.items():
            command = re.sub(rf"\b{written}\b", used, command)
        return command

    def _there(self, text: str) -> str:
        for written, used in self._ports.items():
            text = re.sub(rf"\b{used}\b", written, text)
        return text


def first_word(command: str) -> str:
    """The program that a command runs: its first word that sets no variable."""
    words = (word for word in shlex.split(command) if not re.match(r"\w+=", word))
    return next(words, "")
