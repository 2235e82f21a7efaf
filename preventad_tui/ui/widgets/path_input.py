"""A text field for a folder or a file, completed with tab."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from preventad_tui.core.text import Clean, clean
from preventad_tui.ui.actions import Place, bindings_of

_MOST_CHOICES = 200
"""How many names of a folder are looked at: a folder of a million must not stop the screen."""

_MOST_WAIT_S = 2.0
"""So long keys wait for what tab finds: a folder that hangs must not stop them."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What a typed path may become: `text` is as far as it is clear, `choices` what it may be."""

    text: str
    choices: tuple[Clean, ...]


def complete_path(text: str, *, files: bool = False, suffix: str = "") -> Completion:
    """Complete a path as a shell does; folders only, or files with `suffix` too.

    Hidden names come only where a dot was typed. A folder that cannot be read has no choices.
    """
    head, slash, begin = text.rpartition("/")
    if not slash and begin.startswith("~"):
        return Completion(f"{begin}/", ())
    folder = Path(os.path.expanduser(head or ("/" if slash else ".")))
    names: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.name.startswith(begin) or (entry.name[0] == "." and not begin):
                    continue
                if entry.is_dir():
                    names.append(f"{entry.name}/")
                elif files and entry.name.endswith(suffix):
                    names.append(entry.name)
                if len(names) == _MOST_CHOICES:
                    break
    except (OSError, ValueError):
        return Completion(text, ())
    if not names:
        return Completion(text, ())
    common = _common_beginning(names)
    choices = tuple(clean(name) for name in sorted(names)) if len(names) > 1 else ()
    return Completion(f"{head}{slash}{common}", choices)


def _common_beginning(names: list[str]) -> str:
    first, last = min(names), max(names)
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), None)
    return first if same is None else first[:same]


class PathInput(Input):
    """An `Input` whose tab key completes the path; the folder is read in a thread."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of(Place.PATH)

    @dataclass
    class Completed(Message):
        """Tab was pressed; more than one `choices` means that more letters are needed."""

        widget: "PathInput"
        choices: tuple[Clean, ...]

    def __init__(
        self,
        value: str = "",
        *,
        files: bool = False,
        suffix: str = "",
        placeholder: str = "",
        id: str | None = None,
    ) -> None:
        super().__init__(value, placeholder=placeholder, id=id, select_on_focus=False)
        self._files = files
        self._suffix = suffix
        self._completing_until = 0.0

    @property
    def is_completing(self) -> bool:
        """Whether what tab found is awaited: what is typed after it is meant for that."""
        return time.monotonic() < self._completing_until

    @property
    def path(self) -> Path:
        """What is typed, with `~` and relative parts resolved against the current folder."""
        return Path(os.path.abspath(os.path.expanduser(self.value.strip() or ".")))

    def action_complete_path(self) -> None:
        """Complete as far as it is clear."""
        self._completing_until = time.monotonic() + _MOST_WAIT_S
        self._complete(self.value[: self.cursor_position])

    @work(thread=True, exclusive=True, group="complete", exit_on_error=False)
    def _complete(self, typed: str) -> None:
        found = complete_path(typed, files=self._files, suffix=self._suffix)
        self.app.call_from_thread(self._take, typed, found)

    def _take(self, typed: str, found: Completion) -> None:
        self._completing_until = 0.0
        if self.value[: self.cursor_position] == typed:
            self.value = found.text + self.value[self.cursor_position :]
            self.cursor_position = len(found.text)
            self.post_message(self.Completed(self, found.choices))
