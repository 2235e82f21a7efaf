"""Rules and selections as JSON, read by their content: files come from other people too."""

import json
from collections.abc import Iterable
from typing import Any

from preventad_tui.core.design import Design, TimePoints
from preventad_tui.core.errors import StateUnreadable
from preventad_tui.core.filters import Filters
from preventad_tui.core.regions import Region
from preventad_tui.core.rules import Rules
from preventad_tui.core.text import clean

FORMAT = 1


def rules_to_json(rules: Rules) -> dict[str, Any]:
    """Rules as the README documents them; what is not set is left out or null."""
    filters, design = rules.filters, rules.design
    named = {
        "modalities": list(filters.modalities),
        "visits": list(filters.visits),
        "candidates": list(filters.candidates),
        "sessions": [list(session) for session in filters.sessions],
        "all": filters.all,
        "qc": list(filters.qc),
    }
    designed = {
        "has_all": list(design.has_all),
        "timepoints": design.timepoints.value,
        "min_timepoints": design.min_timepoints,
        "baseline_and_follow_up": design.baseline_and_follow_up,
        "same_arm": design.same_arm,
        "arm": design.arm,
    }
    return {
        "include": [region._asdict() for region in rules.include],
        "exclude": [region._asdict() for region in rules.exclude],
        "filters": {key: value for key, value in named.items() if value},
        "design": designed if design else {},
        "releases": list(rules.tables),
    }


def rules_from_json(value: object) -> Rules:
    """Rules from their JSON. Raises ValueError, KeyError or TypeError where it is none."""
    fields = _object(value)
    filters, design = _object(fields.get("filters", {})), _object(fields.get("design", {}))
    sessions = [_strings(session) for session in filters.get("sessions", ())]
    if any(len(session) != 2 for session in sessions):
        raise ValueError("a session is a candidate and a visit")
    return Rules(
        regions_from_json(fields.get("include", ())),
        regions_from_json(fields.get("exclude", ())),
        Filters(
            _strings(filters.get("modalities", ())),
            _strings(filters.get("visits", ())),
            _strings(filters.get("candidates", ())),
            tuple((candidate, visit) for candidate, visit in sessions),
            filters.get("all", False) is True,
            _strings(filters.get("qc", ())),
        ),
        Design(
            _strings(design.get("has_all", ())),
            TimePoints(design.get("timepoints", TimePoints.MERGED)),
            int(design.get("min_timepoints", 0)),
            design.get("baseline_and_follow_up", False) is True,
            design.get("same_arm", False) is True,
            _string(design.get("arm", "")),
        ),
        _strings(fields.get("releases", ())),
    )


def regions_from_json(value: Iterable[object]) -> tuple[Region, ...]:
    """Regions from a list of objects; one for an image names candidate, visit and modality too."""
    regions = []
    for item in value:
        fields = _object(item)
        region = Region(*(_name(fields.get(field)) for field in Region._fields))
        if region.image is not None and None in region:
            raise ValueError("a rule for an image lacks its candidate, visit or modality")
        regions.append(region)
    return tuple(regions)


def read_object(content: bytes, what: str) -> dict[str, Any]:
    """The JSON object of a file of ours, of a format that this version knows.

    Raises:
        StateUnreadable: it is no such file, or a newer version wrote it; it stays as it is.
    """
    try:
        value = _object(json.loads(content))
        number = value["format"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise unreadable(what) from None
    if number != FORMAT:
        raise StateUnreadable(
            f"A newer version of preventad-tui wrote {what}.",
            "Update preventad-tui to open it; the file was not changed.",
        )
    return value


def unreadable(what: str) -> StateUnreadable:
    """The error for a file that is not what it should be."""
    return StateUnreadable(
        f"{clean(what)} cannot be read: it is no selection of preventad-tui, or it is damaged.",
        "The file was not changed; take it from a backup, or remove it.",
    )


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return clean(value)


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError("not a list")
    return tuple(_string(item) for item in value)


def _name(value: object) -> str | None:
    return None if value is None else _string(value)
