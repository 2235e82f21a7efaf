"""U3: what the interface remembers of a download of tens of thousands of files."""

import tracemalloc
from typing import Any

from preventad_tui.core.events import FileEnded
from preventad_tui.core.states import FileState
from preventad_tui.ui.bridge import LOG_LINES, EngineBridge

FILES = 12_000


def test_u3_the_log_is_capped_and_small(ui: Any) -> None:
    name = "sub-{0:07}/ses-PREBL00/anat/sub-{0:07}_ses-PREBL00_run-001_T1w.nii.gz"
    paths = [name.format(number) for number in range(FILES)]  # the plan has them anyway
    engine, bridge = ui.FakeEngine(), EngineBridge()
    run = bridge.start(ui.FakeThread(engine), ui.FakePlan())
    tracemalloc.start()
    try:
        for number, path in enumerate(paths):
            md5 = f"{number:032x}"
            engine.waiting.append(
                FileEnded(path, FileState.ON_DISK, "", "", 10**6 + number, md5, 0.1 + number)
            )
            if len(engine.waiting) == 500:
                bridge.poll()
        bridge.poll()
        grown_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(run.log) == LOG_LINES == 5000
    assert run.log_count == len(run.states) == FILES
    assert grown_bytes < 20_000_000 * FILES / 50_000
