"""The screen first: threads take turns, and none waits for one that hangs."""

import threading
import time

import pytest

from preventad_tui.core.engine import courtesy
from preventad_tui.core.engine.courtesy import Turns, turns_beside_screen

BIG = 1 << 20


def at_most_at_once(turns: Turns, threads: int, size_bytes: int = BIG) -> int:
    """How many of these threads were in their turn together."""
    lock, now, most = threading.Lock(), 0, 0

    def work() -> None:
        nonlocal now, most
        with turns.turn(size_bytes):
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.005)
            with lock:
                now -= 1

    started = [threading.Thread(target=work) for _ in range(threads)]
    for one in started:
        one.start()
    for one in started:
        one.join()
    return most


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a turn takes longer than the others wait for it."""
    monkeypatch.setattr(courtesy, "_WAIT_S", 10.0)


def test_only_so_many_compute_at_once(patient: None) -> None:
    assert at_most_at_once(Turns(1), 4) == 1
    assert at_most_at_once(Turns(2), 4) == 2
    assert at_most_at_once(Turns(None), 4) > 2
    assert at_most_at_once(Turns(1), 4, size_bytes=2000) > 1  # not worth waiting for


def test_a_core_is_left_to_the_screen(patient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, at_once in ((1, 1), (2, 1), (4, 3)):
        monkeypatch.setattr(courtesy.sys, "platform", "darwin")
        monkeypatch.setattr(courtesy.os, "cpu_count", lambda cores=cores: cores)
        assert at_most_at_once(turns_beside_screen(), 6) == at_once


def test_bytes_are_worked_on_in_pieces_with_a_break_after_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    breaks: list[None] = []
    monkeypatch.setattr(courtesy.sys, "platform", "linux")
    monkeypatch.setattr(courtesy.os, "sched_yield", lambda: breaks.append(None), raising=False)
    data = memoryview(bytes(range(256)) * 1000)
    pieces = list(Turns(1).pieces(data))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= 65_536
    assert len(breaks) == len(pieces) == 4
    assert list(Turns(1).pieces(memoryview(b""))) == []
    assert list(Turns(None).pieces(data)) == [data]  # no screen: at one go, without a break
    assert len(breaks) == 4


def test_one_that_hangs_in_its_turn_holds_the_others_up_for_a_moment_only() -> None:
    turns, hangs, let_go = Turns(1), threading.Event(), threading.Event()

    def hang() -> None:
        with turns.turn(BIG):
            hangs.set()
            let_go.wait(10)

    hanging = threading.Thread(target=hang)
    hanging.start()
    hangs.wait(10)
    began = time.monotonic()
    for _ in range(3):
        with turns.turn(BIG):
            pass
    assert 0.1 < time.monotonic() - began < 2
    let_go.set()
    hanging.join()
    assert at_most_at_once(turns, 4) == 1  # whoever went on all the same gave no second turn back
