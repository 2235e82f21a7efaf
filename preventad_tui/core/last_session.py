"""The last session: what was chosen and shown, so that the next start can go on with it."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from preventad_tui.core.arrangement import Order
from preventad_tui.core.config import Settings
from preventad_tui.core.errors import PreventADError, StateUnreadable
from preventad_tui.core.model import DataType
from preventad_tui.core.paths import write_private
from preventad_tui.core.regions import Region
from preventad_tui.core.saved import (
    SavedSelection,
    find_selection,
    from_json,
    save_selection,
    to_json,
)
from preventad_tui.core.saved_json import FORMAT, read_object, regions_from_json, unreadable
from preventad_tui.core.text import clean

FILE_NAME = "session.json"
NEW_FOLDER = "preventad"
_MAX_BYTES = 100_000_000
_WHAT = "the last session"


@dataclass(frozen=True, slots=True)
class View:
    """What the browser showed: open branches, order, cursor, filter, and the screen in front."""

    open_keys: tuple[Region, ...] = ()
    order: Order = Order.CANDIDATE
    cursor_key: Region | None = None
    filter_text: str = ""
    screen: str = ""


@dataclass(frozen=True, slots=True)
class LastSession:
    """A session as it was left; `server` as the user named it, `date` ISO 8601 UTC.

    `images` and `left_files`, `left_bytes` are counts for the offer to resume; `was_downloading`:
    a download was under way, so that going on means going on with it.
    """

    selection: SavedSelection
    server: str
    view: View
    date: str
    left_files: int = 0
    left_bytes: int = 0
    was_downloading: bool = False

    @property
    def goes_on_at_once(self) -> bool:
        """Whether a download was broken off that still has something to fetch."""
        return self.was_downloading and self.left_files > 0

    @property
    def images(self) -> int:
        """How many images were selected."""
        return len(self.selection.images)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was selected."""
        return not (self.selection.images or self.selection.rules.tables)


def save_last_session(session: LastSession, folder: Path) -> None:
    """Write it to the state folder, whole or not at all. Raises NotWritable."""
    view = session.view
    value = {
        "format": FORMAT,
        "server": session.server,
        "date": session.date,
        "left_files": session.left_files,
        "left_bytes": session.left_bytes,
        "was_downloading": session.was_downloading,
        "view": {
            "open": [key._asdict() for key in sorted(view.open_keys, key=_words)],
            "order": view.order.name.lower(),
            "cursor": view.cursor_key._asdict() if view.cursor_key else None,
            "filter": view.filter_text,
            "screen": view.screen,
        },
        "selection": to_json(session.selection),
    }
    # Piece by piece: in one call no other thread has a turn, for 0.1 s with 250,000 images.
    pieces = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).iterencode(value)
    content = "".join(pieces).encode() + b"\n"
    write_private(folder / FILE_NAME, content)


def _words(key: Region) -> tuple[str, ...]:
    return tuple(word or "" for word in key)


def session_to_resume(settings: Settings, identity: str, folder: Path) -> LastSession | None:
    """The last session, where it has something to go on with on this server.

    Options that choose images speak against it.

    Raises:
        StateUnreadable: as `load_last_session`.
    """
    last = None if settings.has_choice else load_last_session(folder)
    if last is None or last.is_empty or last.selection.server != identity:
        return None
    return last


def folders_to_propose(server: str, folder: Path) -> dict[DataType, Path]:
    """The output folder to propose for each type, where none was named.

    That of the last session with this server (its identity) and type, or a new one right here.
    """
    proposed = dict.fromkeys(DataType, _here() / NEW_FOLDER)
    try:
        last = load_last_session(folder)
    except StateUnreadable:
        return proposed
    if last is not None and last.selection.outputdir and last.selection.server == server:
        proposed[last.selection.type] = Path(last.selection.outputdir)
    return proposed


def _here() -> Path:
    try:
        return Path.cwd()
    except OSError:  # it was removed
        return Path.home()


def keep_declined(session: LastSession, folder: Path) -> None:
    """Make a named selection of a session that a new one replaces. Raises NotWritable."""
    name = f"session {session.date[:16].replace('T', ' ').replace(':', '.')}"
    save_selection(replace(session.selection, name=name), folder)


def load_last_session(folder: Path) -> LastSession | None:
    """The session that was saved last, None where there is none.

    Raises:
        StateUnreadable: it is damaged, or a newer version's; the file is kept.
    """
    try:
        with (folder / FILE_NAME).open("rb") as file:
            content = file.read(_MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateUnreadable(
            f"The last session cannot be read: {clean(error.strerror or '')}.",
            "Check the rights of the state folder.",
        ) from None
    value = read_object(content, _WHAT)
    try:
        seen = value["view"]
        cursor = seen.get("cursor")
        return LastSession(
            selection=from_json(value["selection"], _WHAT),
            server=clean(str(value["server"])),
            date=clean(str(value["date"])),
            left_files=int(value.get("left_files", 0)),
            left_bytes=int(value.get("left_bytes", 0)),
            was_downloading=value.get("was_downloading") is True,
            view=View(
                regions_from_json(seen.get("open", ())),
                Order[str(seen.get("order", "candidate")).upper()],
                regions_from_json([cursor])[0] if cursor else None,
                clean(str(seen.get("filter", ""))),
                clean(str(seen.get("screen", ""))),
            ),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise unreadable(_WHAT) from None


def shown_name(selection: SavedSelection, folder: Path) -> str:
    """A selection's name, and whether it is another by now than the one kept under that name."""
    if not selection.name:
        return ""
    try:
        kept = find_selection(selection.name, folder)
    except PreventADError:
        return selection.name
    same = kept.rules == selection.rules
    return selection.name if same else f"{selection.name}, changed since it was saved"
