"""Saved selections: the rules as chosen, and the images that they meant then.

One file a selection, `<name>.json` in the user's data folder; an exported one is the same file
somewhere else. A file of an unknown format is never changed.
"""

import json
import os
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from preventad_tui.core.cover import cover
from preventad_tui.core.errors import StateUnreadable, UsageError
from preventad_tui.core.model import DataType
from preventad_tui.core.paths import replace_private, write_private
from preventad_tui.core.release_tree import counted
from preventad_tui.core.rules import Rules, resolve
from preventad_tui.core.saved_json import (
    FORMAT,
    read_object,
    rules_from_json,
    rules_to_json,
    unreadable,
)
from preventad_tui.core.selection import Selection
from preventad_tui.core.text import clean, near_names, plural

if TYPE_CHECKING:
    from preventad_tui.core.catalogue import CatalogueIndex

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._+-]{0,78}[A-Za-z0-9_+-])?")
_MAX_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class SavedSelection:
    """A selection with a name. `images` are keys (`CandID/Visit/MINC name`) as they were then."""

    name: str
    server: str
    project: str
    type: DataType
    rules: Rules
    images: tuple[str, ...]
    catalogue_date: str
    catalogue_md5: str
    note: str = ""
    created: str = ""
    outputdir: str = ""

    @property
    def counted(self) -> str:
        """`12 images and 3 tables`."""
        return counted(len(self.images), len(self.rules.tables))


@dataclass(frozen=True, slots=True)
class Changes:
    """How a saved selection differs in another catalogue; keys of images, sorted.

    `added` are meant by its rules now and were not then, `gone` were meant then and are not now;
    `gone_tables` are `VERSION/FILE`: new ones are never meant.
    """

    added: tuple[str, ...]
    gone: tuple[str, ...]
    gone_tables: tuple[str, ...] = ()

    @property
    def gone_counted(self) -> str:
        """How much is gone, in words."""
        return counted(len(self.gone), len(self.gone_tables))

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.gone_tables)


def snapshot(
    index: "CatalogueIndex", selection: Selection, name: str, *, note: str = "", outputdir: str = ""
) -> SavedSelection:
    """A selection as it is now, to be saved under a name."""
    catalogue = index.catalogue
    return SavedSelection(
        name=name,
        server=catalogue.server,
        project=catalogue.project,
        type=catalogue.type,
        rules=selection.rules,
        images=tuple(compress(index.keys, selection.selected)),
        catalogue_date=catalogue.date,
        catalogue_md5=catalogue.digest,
        note=note,
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        outputdir=outputdir,
    )


def compare(saved: SavedSelection, index: "CatalogueIndex") -> Changes:
    """What the selection's rules mean in a catalogue, against the images of then."""
    selected = resolve(index.regions, saved.rules)
    now = set(compress(index.keys, selected))
    then = set(saved.images)
    tables = frozenset(saved.rules.tables) - index.tables.known(saved.rules.tables)
    return Changes(tuple(sorted(now - then)), tuple(sorted(then - now)), tuple(sorted(tables)))


def difference_sentence(saved: SavedSelection, changes: Changes) -> str:
    """What is new and what is gone, for a person who opens a selection."""
    name = f"“{saved.name}”" if saved.name else "The last selection"
    return (
        f"{name} was made with an older catalogue. New and meant by its rules: "
        f"{plural(len(changes.added), 'image')}; "
        f"gone from the server: {changes.gone_counted}."
    )


def rules_as_then(saved: SavedSelection, index: "CatalogueIndex") -> Rules:
    """Rules for exactly the images of then that the catalogue still has."""
    target = bytearray(index.regions.count)
    for key in saved.images:
        at = index.by_key.get(key)
        if at is not None:
            target[at] = 1
    return Rules(include=tuple(cover(index.regions, target)), tables=saved.rules.tables)


def to_json(saved: SavedSelection) -> dict[str, Any]:
    """The selection in the documented form."""
    return {
        "format": FORMAT,
        "name": saved.name,
        "note": saved.note,
        "created": saved.created,
        "server": saved.server,
        "project": saved.project,
        "type": saved.type.value,
        "rules": rules_to_json(saved.rules),
        "images": list(saved.images),
        "catalogue": {"date": saved.catalogue_date, "md5": saved.catalogue_md5},
        "outputdir": saved.outputdir,
    }


def from_json(value: dict[str, Any], what: str) -> SavedSelection:
    """A selection from its JSON object; `what` names it in an error. Raises StateUnreadable."""
    try:
        texts = {
            field: clean(str(value.get(field, "")), limit=1000)
            for field in ("name", "note", "created", "server", "project", "outputdir")
        }
        catalogue = value.get("catalogue", {})
        return SavedSelection(
            type=DataType(value["type"]),
            rules=rules_from_json(value["rules"]),
            images=tuple(clean(str(key), limit=500) for key in value.get("images", ())),
            catalogue_date=clean(str(catalogue.get("date", ""))),
            catalogue_md5=clean(str(catalogue.get("md5", ""))),
            **texts,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise unreadable(what) from None


def save_selection(saved: SavedSelection, folder: Path) -> Path:
    """Write a selection to the data folder, replacing one of its name; returns the file.

    Raises:
        UsageError: the name cannot be a file's.
        NotWritable: the folder cannot be written.
    """
    path = _path(saved.name, folder)
    write_private(path, _encode(saved))
    return path


def export_selection(saved: SavedSelection, path: Path) -> None:
    """Write a selection to a file anywhere. Raises NotWritable."""
    replace_private(path, _encode(saved))


def load_selection(path: Path) -> SavedSelection:
    """Read a selection's file.

    Raises:
        UsageError: there is no such file.
        StateUnreadable: it is no selection, or a newer version's.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"The selection {clean(str(path))} cannot be read: {clean(error.strerror or '')}.",
            "Check its name and rights.",
        ) from None
    if len(content) > _MAX_BYTES:
        raise unreadable(str(path))
    return from_json(read_object(content, f"the selection {clean(str(path))}"), str(path))


def find_selection(name_or_file: str, folder: Path) -> SavedSelection:
    """A saved selection by its name, else an exported one by its path.

    Raises:
        UsageError: there is neither; the near names are named.
        StateUnreadable: it cannot be read.
    """
    if _NAME.fullmatch(name_or_file):
        path = _path(name_or_file, folder)
        if path.is_file():
            return load_selection(path)
    path = Path(os.path.expanduser(name_or_file))
    if path.is_file():
        return load_selection(path)
    names = selection_names(folder)
    near = near_names(name_or_file, names)
    raise UsageError(
        f"There is no saved selection and no file “{clean(name_or_file)}”.",
        f"Did you mean {' or '.join(near)}?"
        if near
        else "“preventad-tui selections list” shows what is saved.",
    )


def selection_names(folder: Path) -> list[str]:
    """The names of the saved selections, sorted."""
    try:
        return sorted(path.stem for path in folder.glob("*.json") if _NAME.fullmatch(path.stem))
    except OSError:
        return []


def list_selections(folder: Path) -> list[SavedSelection | StateUnreadable]:
    """All saved selections, by name; for one that cannot be read, why."""
    found: list[SavedSelection | StateUnreadable] = []
    for name in selection_names(folder):
        try:
            found.append(load_selection(_path(name, folder)))
        except StateUnreadable as error:
            found.append(error)
        except UsageError:  # removed while we look
            continue
    return found


def rename_selection(old: str, new: str, folder: Path) -> None:
    """Give a saved selection another name. Raises UsageError where that is taken or not usable."""
    saved, target = load_selection(_path(old, folder)), _path(new, folder)
    if target.exists():
        raise UsageError(f"There is a selection “{clean(new)}” already.", "Choose another name.")
    save_selection(replace(saved, name=new), folder)
    _path(old, folder).unlink(missing_ok=True)


def delete_selection(name: str, folder: Path) -> None:
    """Remove a saved selection. Raises UsageError where there is none."""
    try:
        _path(name, folder).unlink()
    except FileNotFoundError:
        raise UsageError(
            f"There is no saved selection “{clean(name)}”.",
            "“preventad-tui selections list” shows what is saved.",
        ) from None


def import_selection(path: Path, folder: Path, name: str = "") -> SavedSelection:
    """Take an exported selection into the data folder, under its own name or another.

    Raises:
        UsageError: no such file, or the name is taken or not usable.
        StateUnreadable: it is no selection.
    """
    saved = load_selection(path)
    saved = replace(saved, name=name or saved.name)
    if _path(saved.name, folder).exists():
        raise UsageError(
            f"There is a selection “{clean(saved.name)}” already.", "Give it another name."
        )
    save_selection(saved, folder)
    return saved


def _path(name: str, folder: Path) -> Path:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"“{clean(name)}” cannot be the name of a selection.",
            "Use up to 80 letters, digits, blanks and . _ + - and begin with a letter or digit.",
        )
    return folder / f"{name}.json"


def _encode(saved: SavedSelection) -> bytes:
    return json.dumps(to_json(saved), ensure_ascii=False, indent=1).encode() + b"\n"
