"""Background work is restarted after an exception, later each time, and says when it is down."""

import asyncio

import pytest

from feeds.util.supervise import Backoff, Supervised


class Clock:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)


class Work:
    """Fails some times, then succeeds."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        if self.calls <= self.failures:
            raise RuntimeError(f"failure {self.calls}")


def test_each_failure_is_logged_with_its_traceback_and_restarted_after_twice_the_pause(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, work = Clock(), Work(6)
    task = Supervised("counting sheep", Backoff(0.5, 4.0), clock)
    task.run_blocking(work, sleep=clock.sleep)
    assert work.calls == 7
    assert clock.pauses == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
    assert [record.getMessage() for record in caplog.records[:2]] == [
        "counting sheep failed and restarts in 0.5 s",
        "counting sheep failed and restarts in 1.0 s",
    ]
    assert "Traceback" in caplog.text
    assert "RuntimeError: failure 6" in caplog.text


def test_a_coroutine_is_supervised_alike(caplog: pytest.LogCaptureFixture) -> None:
    clock, work = Clock(), Work(3)

    async def coroutine() -> None:
        work()

    task = Supervised("counting sheep", Backoff(0.5, 4.0), clock)
    asyncio.run(task.run(coroutine, clock.sleep_async))
    assert work.calls == 4
    assert clock.pauses == [0.5, 1.0, 2.0]
    assert "RuntimeError: failure 3" in caplog.text


def test_very_many_failures_keep_the_longest_pause() -> None:
    clock, work = Clock(), Work(3000)
    Supervised("counting sheep", Backoff(), clock).run_blocking(work, sleep=clock.sleep)
    assert max(clock.pauses) == clock.pauses[-1] == 30.0


def test_a_task_is_down_from_its_first_failure_until_a_step_succeeds() -> None:
    clock = Clock()
    task = Supervised("counting sheep", Backoff(0.5, 4.0), clock)
    seen: list[float] = []

    def work() -> None:
        seen.append(task.seconds_down())
        if len(seen) < 5:
            raise RuntimeError
        task.working()
        seen.append(task.seconds_down())
        clock.now += 1
        seen.append(task.seconds_down())

    assert task.seconds_down() == 0
    task.run_blocking(work, sleep=clock.sleep)
    assert seen == [0, 0.5, 1.5, 3.5, 7.5, 0, 0]
    assert task.failures == 0


def test_pauses_begin_again_after_a_success_and_after_a_long_run() -> None:
    clock = Clock()
    task = Supervised("counting sheep", Backoff(0.5, 4.0), clock)
    calls = 0

    def work() -> None:
        nonlocal calls
        calls += 1
        match calls:
            case 3:
                task.working()
            case 5:
                clock.now += 5  # longer than any pause
            case 7:
                return
        raise RuntimeError

    task.run_blocking(work, sleep=clock.sleep)
    assert clock.pauses == [0.5, 1.0, 0.5, 1.0, 0.5, 1.0]


def test_exceptions_that_are_the_callers_are_raised(caplog: pytest.LogCaptureFixture) -> None:
    def work() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        Supervised("counting sheep").run_blocking(work, raised=(LookupError,))
    assert not caplog.records


def test_a_cancelled_task_ends() -> None:
    async def run() -> None:
        async def work() -> None:
            await asyncio.Event().wait()

        task = asyncio.create_task(Supervised("counting sheep").run(work))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
