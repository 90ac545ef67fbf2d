"""Jobs in virtual time."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from kne import clock
from kne.control.jobs import Crash, Job, Jobs


class Worker:
    """A job that notes when it starts and ends, and fails the first few times."""

    def __init__(self, name: str = "w", crashes: int = 0, lasts: float = 0, tidy: float = 0):
        self.name, self.crashes, self.lasts, self.tidy = name, crashes, lasts, tidy
        self.log: list[tuple[float, str]] = []

    async def run(self) -> None:
        self._note("start")
        if self.crashes:
            self.crashes -= 1
            await clock.sleep(self.lasts)
            raise OSError("the line is cut")
        try:
            await asyncio.Event().wait()
        finally:
            await clock.sleep(self.tidy)
            self._note("end")

    def _note(self, what: str) -> None:
        self.log.append((clock.monotonic(), what))


def no_crash(crash: Crash) -> None:
    pytest.fail(str(crash))


def virtual(main: Coroutine[Any, Any, None]) -> None:
    clock.run_virtual(main)


def test_a_job_runs_until_it_is_no_longer_wanted() -> None:
    async def main() -> None:
        worker = Worker()
        async with Jobs(no_crash) as jobs:
            jobs.set({"a": Job(1, worker.run)})
            await clock.sleep(5)
            jobs.set({})
            await clock.sleep(1)
            assert worker.log == [(0, "start"), (5, "end")]

    virtual(main())


def test_an_equal_job_is_left_alone_and_a_changed_one_replaced() -> None:
    async def main() -> None:
        old, same, new = Worker(), Worker(), Worker()
        async with Jobs(no_crash) as jobs:
            jobs.set({"a": Job("spec", old.run)})
            await clock.sleep(1)
            jobs.set({"a": Job("spec", same.run)})
            await clock.sleep(1)
            assert (old.log, same.log) == ([(0, "start")], [])
            jobs.set({"a": Job("other spec", new.run)})
            await clock.sleep(1)
        assert old.log == [(0, "start"), (2, "end")]
        assert new.log == [(2, "start"), (3, "end")]

    virtual(main())


def test_the_new_job_starts_when_the_old_one_has_ended() -> None:
    async def main() -> None:
        old, skipped, new = Worker(tidy=3), Worker(), Worker()
        async with Jobs(no_crash) as jobs:
            jobs.set({"a": Job(1, old.run)})
            await clock.sleep(1)
            jobs.set({"a": Job(2, skipped.run)})
            await clock.sleep(1)
            jobs.set({"a": Job(3, new.run)})
            await clock.sleep(5)
        assert old.log == [(0, "start"), (4, "end")]
        assert skipped.log == []
        assert new.log[0] == (4, "start")

    virtual(main())


def test_a_job_that_comes_back_waits_for_its_former_self() -> None:
    async def main() -> None:
        old, new = Worker(tidy=3), Worker()
        async with Jobs(no_crash) as jobs:
            jobs.set({"a": Job(1, old.run)})
            await clock.sleep(1)
            jobs.set({})
            jobs.set({"a": Job(1, new.run)})
            await clock.sleep(5)
        assert new.log[0] == (4, "start")

    virtual(main())


def test_a_crash_is_told_and_mended_after_longer_and_longer_pauses() -> None:
    async def main() -> None:
        crashes: list[Crash] = []
        worker, bystander = Worker(crashes=9), Worker()
        async with Jobs(crashes.append) as jobs:
            jobs.set({"a": Job(1, worker.run), "b": Job(1, bystander.run)})
            await clock.sleep(1000)
        assert [crash.pause for crash in crashes] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
        assert str(crashes[0].error) == "the line is cut"
        assert [at for at, what in worker.log if what == "start"] == [
            0, 1, 3, 7, 15, 31, 63, 123, 183, 243,
        ]  # fmt: skip
        assert bystander.log == [(0, "start"), (1000, "end")]

    virtual(main())


def test_a_long_run_before_a_crash_counts_as_a_recovery() -> None:
    async def main() -> None:
        crashes: list[Crash] = []
        worker = Worker(crashes=3, lasts=100)
        async with Jobs(crashes.append) as jobs:
            jobs.set({"a": Job(1, worker.run)})
            await clock.sleep(1000)
        assert [crash.pause for crash in crashes] == [1, 1, 1]

    virtual(main())


def test_a_job_that_returns_is_done_and_may_be_wanted_still() -> None:
    async def main() -> None:
        runs: list[float] = []

        async def once() -> None:
            runs.append(clock.monotonic())

        async with Jobs(no_crash) as jobs:
            jobs.set({"a": Job(1, once)})
            await clock.sleep(1)
            jobs.set({"a": Job(1, once)})
            await clock.sleep(1)
            jobs.set({})
        assert runs == [0]

    virtual(main())


def test_a_crashed_job_can_be_stopped_while_it_waits() -> None:
    async def main() -> None:
        async with Jobs(lambda crash: None) as jobs:
            jobs.set({"a": Job(1, Worker(crashes=99).run)})
            await clock.sleep(10)
            jobs.set({})
        assert clock.monotonic() == 10

    virtual(main())


def test_an_error_of_the_body_ends_all_jobs_and_goes_on_as_it_is() -> None:
    worker = Worker()

    async def main() -> None:
        async with Jobs(no_crash) as jobs:
            jobs.set({"a": Job(1, worker.run)})
            await clock.sleep(1)
            raise LookupError("the body's own")

    with pytest.raises(LookupError, match="the body's own"):
        virtual(main())
    assert worker.log == [(0, "start"), (1, "end")]
