"""`selections`: the saved selections, as files that can be looked at, moved and shared."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from preventad_tui.core.errors import ExitCode, StateUnreadable
from preventad_tui.core.paths import data_dir
from preventad_tui.core.regions import Region
from preventad_tui.core.saved import (
    SavedSelection,
    delete_selection,
    export_selection,
    find_selection,
    import_selection,
    list_selections,
    rename_selection,
    to_json,
)
from preventad_tui.headless.session import Session


async def run(session: Session) -> int:
    """Do what was asked for with the saved selections; offline."""
    actions: dict[str, Callable[[Session, Path], int]] = {
        "list": _list,
        "show": _show,
        "export": _export,
        "import": _import,
        "rename": _rename,
        "delete": _delete,
    }
    return actions[session.options.action](session, data_dir() / "selections")


def _list(session: Session, folder: Path) -> int:
    found = list_selections(folder)
    saved = [one for one in found if isinstance(one, SavedSelection)]
    if session.settings.json:
        for one in saved:
            _record(session, one)
    elif saved:
        columns = ("name", "created", "images", "type", "server", "note")
        rows = [
            (one.name, one.created, f"{len(one.images):,}", one.type.value, one.server, one.note)
            for one in saved
        ]
        session.output.table(columns, rows)
    else:
        session.output.say("No selection is saved.")
    for fault in found:
        if isinstance(fault, StateUnreadable):
            session.output.tell(str(fault))
    return ExitCode.OK


def _show(session: Session, folder: Path) -> int:
    saved = find_selection(session.options.name, folder)
    if session.settings.json:
        _record(session, saved)
        return ExitCode.OK
    line = session.output.line
    line(f"{saved.name}: {saved.counted}, {saved.type.value}")
    line(f"saved {saved.created}, from {saved.server} ({saved.project})")
    if saved.note:
        line(f"note: {saved.note}")
    if saved.outputdir:
        line(f"output folder: {saved.outputdir}")
    filters = saved.rules.filters
    for kind, names in (
        ("modalities", filters.modalities),
        ("visits", filters.visits),
        ("candidates", filters.candidates),
        ("sessions", tuple("/".join(one) for one in filters.sessions)),
    ):
        if names:
            line(f"{kind}: {', '.join(names)}")
    if filters.all:
        line("everything")
    for sign, regions in (("with", saved.rules.include), ("without", saved.rules.exclude)):
        for region in regions:
            line(f"{sign} {_region(region)}")
    return ExitCode.OK


def _export(session: Session, folder: Path) -> int:
    saved = find_selection(session.options.name, folder)
    if session.options.file == "-":
        print(json.dumps(to_json(saved), ensure_ascii=False, indent=1))
    else:
        export_selection(saved, Path(os.path.expanduser(session.options.file)))
    return ExitCode.OK


def _import(session: Session, folder: Path) -> int:
    saved = import_selection(Path(os.path.expanduser(session.options.file)), folder)
    session.output.say(f"Saved as “{saved.name}”, {saved.counted}.")
    return ExitCode.OK


def _rename(session: Session, folder: Path) -> int:
    rename_selection(session.options.name, session.options.new, folder)
    return ExitCode.OK


def _delete(session: Session, folder: Path) -> int:
    delete_selection(session.options.name, folder)
    return ExitCode.OK


def _record(session: Session, saved: SavedSelection) -> None:
    session.output.record(
        "selection",
        name=saved.name,
        note=saved.note,
        created=saved.created,
        server=saved.server,
        project=saved.project,
        data_type=saved.type.value,
        images=len(saved.images),
        rules=to_json(saved)["rules"],
        outputdir=saved.outputdir,
    )


def _region(region: Region) -> str:
    parts = [part for part in region if part is not None]
    return " ".join(parts) or "everything"
