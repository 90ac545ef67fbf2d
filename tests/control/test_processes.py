"""Programs of the user's: real ones."""

import asyncio
import contextlib
import os
import shlex
import signal
import socket
import sys
import textwrap
from collections.abc import AsyncIterator
from itertools import islice
from pathlib import Path

import pytest

from kne.control.processes import LONGEST_LINE, Keeper, Program, free_port, pauses
from tests.control.programs import Screen, gone, server

PYTHON = shlex.quote(sys.executable)


@contextlib.asynccontextmanager
async def running(
    screen: Screen, command: str, folder: Path, *, grace: float = 5, pause: float = 0.02,
    ready: str = "", watch: tuple[str, ...] = (), env: tuple[tuple[str, str], ...] = (),
) -> AsyncIterator[Keeper]:  # fmt: skip
    program = Program("it", command, str(folder), env, ready, watch)
    it = Keeper(program, screen, grace=grace, port=free_port(), pause=pause)
    task = asyncio.create_task(it.run())
    try:
        yield it
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def pid_of(screen: Screen, times: int = 1) -> int:
    return int((await screen.until("pid ", times=times))[times - 1].split()[1])


async def test_a_program_listens_on_its_port_in_its_folder_and_ends_with_kne(
    tmp_path: Path,
) -> None:
    screen = Screen()
    async with running(screen, server(tmp_path), tmp_path) as it:
        assert it.state == "starting"
        assert await it.ready(20)
        pid = await pid_of(screen)
        assert screen.of("it") == [f"pid {pid} in {tmp_path.name}"]
    assert await gone(pid)
    assert screen.of("") == []


async def test_a_program_that_is_killed_is_started_again_on_the_same_port(tmp_path: Path) -> None:
    screen = Screen()
    async with running(screen, server(tmp_path), tmp_path) as it:
        assert await it.ready(20)
        port = it.port
        pid = await pid_of(screen)
        os.kill(pid, signal.SIGKILL)
        assert await pid_of(screen, times=2) != pid
        assert await it.ready(20)
        assert it.port == port
    assert screen.of("") == ["! it: ended by SIGKILL; starting it again in 0.02 s"]


async def test_another_port_is_taken_if_the_former_is_not_free_any_more(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert free_port(rather=port) != port
    assert free_port(rather=port) == port
    assert free_port(frozenset({port}), rather=port) != port


async def test_what_failed_waits_longer_before_each_start(tmp_path: Path) -> None:
    screen = Screen()
    async with running(screen, "echo no >&2; exit 3", tmp_path) as it:
        told = await screen.until("!", source="", times=3)
        assert told == [
            f"! it: exit code 3; starting it again in {pause:g} s" for pause in (0.02, 0.04, 0.08)
        ]
        assert it.state == "failed"
        assert it.reason == "exit code 3"
        assert not await it.ready(20)
        assert screen.of("it")[:2] == ["no", "no"]


def test_pauses_double_up_to_a_minute() -> None:
    assert list(islice(pauses(), 9)) == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("no-such-command", "exit code 127, the shell did not find the command"),
        ("kill -TERM $$", "ended by SIGTERM"),
        ("true", "exit code 0"),
    ],
)
async def test_why_a_program_ended_is_told(tmp_path: Path, command: str, why: str) -> None:
    screen = Screen()
    async with running(screen, command, tmp_path):
        told = (await screen.until("!", source=""))[0]
    assert told == f"! it: {why}; starting it again in 0.02 s"


async def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    screen = Screen()
    async with running(screen, "true", tmp_path / "missing"):
        assert "No such file or directory" in (await screen.until("!", source=""))[0]


async def test_all_that_a_program_started_ends_with_it(tmp_path: Path) -> None:
    screen = Screen()
    command = "sh -c 'echo pid $$; trap \"\" TERM; sleep 300' & echo second $!; wait"
    async with running(screen, command, tmp_path, grace=0.2):
        pid = await pid_of(screen)
    assert await gone(pid)


async def test_all_that_is_left_of_a_program_that_ended_ends_too(tmp_path: Path) -> None:
    screen = Screen()
    command = "sh -c 'echo pid $$; exec sleep 300' & sleep 0.2; exit 1"
    async with running(screen, command, tmp_path, pause=300):
        pid = await pid_of(screen)
        await screen.until("!", source="")
        assert await gone(pid)


async def test_a_program_may_tidy_up_when_it_is_asked_to_end(tmp_path: Path) -> None:
    screen = Screen()
    command = "trap 'echo tidying; exit 0' TERM; echo pid $$; while :; do sleep 0.05; done"
    async with running(screen, command, tmp_path):
        await pid_of(screen)
    assert screen.of("it")[-1] == "tidying"


async def test_a_program_that_does_not_end_is_killed_after_the_grace(tmp_path: Path) -> None:
    screen = Screen()
    command = "trap '' TERM; echo pid $$; while :; do sleep 0.05; done"
    async with running(screen, command, tmp_path, grace=0.2):
        pid = await pid_of(screen)
    assert await gone(pid)


async def test_nothing_is_left_when_kne_itself_is_killed(tmp_path: Path) -> None:
    parent = textwrap.dedent("""\
        import asyncio, sys
        from kne.control.processes import Program, Keeper, free_port

        stubborn = "sh -c 'trap : TERM; echo pid $$; while :; do sleep 0.05; done' & wait"
        program = Program("it", stubborn, sys.argv[1])
        say = lambda who, line: print(line, flush=True)
        asyncio.run(Keeper(program, say, grace=0.2, port=free_port()).run())
        """)
    kne = await asyncio.create_subprocess_exec(
        sys.executable, "-c", parent, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert kne.stdout is not None
    pid = int((await kne.stdout.readline()).split()[1])
    assert not await gone(pid, patience=0)
    kne.kill()
    assert await gone(pid)
    await kne.wait()


async def test_ready_may_mean_that_a_path_answers(tmp_path: Path) -> None:
    (tmp_path / "not-ready").touch()
    screen = Screen()
    async with running(screen, server(tmp_path), tmp_path, ready="/healthz") as it:
        await pid_of(screen)
        assert not await it.ready(0.3)
        assert it.state == "starting"
        (tmp_path / "not-ready").unlink()
        assert await it.ready(20)


async def test_a_change_in_a_watched_folder_starts_a_program_again(tmp_path: Path) -> None:
    source = tmp_path / "src"
    source.mkdir()
    watch = (str(source), str(tmp_path / "missing"))
    screen = Screen()
    async with running(screen, server(tmp_path), tmp_path, watch=watch) as it:
        assert await it.ready(20)
        pid = await pid_of(screen)
        (source / "billing.py").write_text("x = 1\n", "utf-8")
        assert await pid_of(screen, times=2) != pid
    assert await gone(pid)
    assert screen.of("") == [
        f"! it: {tmp_path / 'missing'} is not there, so it is not watched",
        "~ it changed, starting it again",
    ]


async def test_a_change_ends_the_wait_before_the_next_start(tmp_path: Path) -> None:
    source = tmp_path / "src"
    source.mkdir()
    screen = Screen()
    command = "echo pid $$; exit 1"
    async with running(screen, command, tmp_path, watch=(str(source),), pause=300):
        await screen.until("!", source="")
        (source / "billing.py").write_text("x = 1\n", "utf-8")
        await pid_of(screen, times=2)


async def test_a_program_sees_the_environment_of_kne_its_own_and_its_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLOUR", "red")
    monkeypatch.setenv("SHAPE", "round")
    screen = Screen()
    env = (("COLOUR", "blue"), ("PORT", "1"))
    async with running(screen, "echo $COLOUR $SHAPE $PORT; sleep 300", tmp_path, env=env) as it:
        assert await screen.until("blue") == [f"blue round {it.port}"]


async def test_output_is_said_in_lines_whatever_it_is(tmp_path: Path) -> None:
    write = (
        "import os, time\n"
        "os.write(1, b'caf\\xc3'); time.sleep(0.05); os.write(2, b'\\xa9 \\xff\\r\\n\\n')\n"
        f"os.write(1, b'x' * {LONGEST_LINE + 5} + b'\\nend')\n"
    )
    screen = Screen()
    async with running(screen, f"{PYTHON} -c {shlex.quote(write)}", tmp_path, pause=300):
        await screen.until("!", source="")
    assert screen.of("it") == ["café \ufffd", "", "x" * LONGEST_LINE, "xxxxx", "end"]


async def test_a_line_that_never_ends_is_said_in_pieces(tmp_path: Path) -> None:
    screen = Screen()
    write = "import sys\nwhile True: sys.stdout.write('y' * 1000)"
    async with running(screen, f"{PYTHON} -c {shlex.quote(write)}", tmp_path, grace=0.1):
        pieces = await screen.until("y", times=5)
    assert {len(piece) for piece in pieces[:5]} == {LONGEST_LINE}
