"""The states of a running download's files, brought to the images they belong to."""

from typing import TYPE_CHECKING

from preventad_tui.core.states import FileState

if TYPE_CHECKING:
    from preventad_tui.core.events import Snapshot
    from preventad_tui.core.facts import ImageFacts
    from preventad_tui.ui.one_run import Update


class RunStates:
    """Takes the engine's news into the facts; remembers which files were on their way."""

    def __init__(self) -> None:
        self._active: set[str] = set()
        self._ended: set[str] = set()

    def take(self, facts: "ImageFacts", update: "Update") -> bool:
        """Bring the facts up to date; True when anything came to its end."""
        from preventad_tui.core.events import FileEnded  # there are none before a download

        ended = [event for event in update.events if isinstance(event, FileEnded)]
        for event in ended:
            facts.set_state(event.path, event.state, event.size_bytes)
            self._active.discard(event.path)
            self._ended.add(event.path)
        self._take_active(facts, update.snapshot)
        return bool(ended)

    def _take_active(self, facts: "ImageFacts", snapshot: "Snapshot") -> None:
        listed = {file.path: file.state for file in snapshot.active}
        # A snapshot is a little older than the events beside it: it may list what has ended since.
        self._ended &= listed.keys()
        now = {path: state for path, state in listed.items() if path not in self._ended}
        for path in self._active - now.keys():
            facts.set_state(path, FileState.QUEUED)
        for path, state in now.items():
            facts.set_state(path, state)
        self._active = set(now)
