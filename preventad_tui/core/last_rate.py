"""How fast the last download from each server was, so that the next plan can say how long."""

import json
from pathlib import Path

from preventad_tui.core.paths import write_private

_FILE_NAME = "rates.json"
_MAX_BYTES = 100_000
_FORMAT = 1


def load_rate(server: str, folder: Path) -> float:
    """Bytes a second at the last download from a server (its identity); 0 where none is known."""
    rate = _read(folder).get(server, 0)
    return float(rate) if isinstance(rate, int | float) and rate > 0 else 0.0


def save_rate(server: str, rate_bytes_per_s: float, folder: Path) -> None:
    """Remember a rate in the state folder. Raises NotWritable."""
    rates = _read(folder) | {server: round(rate_bytes_per_s)}
    content = json.dumps({"format": _FORMAT, "bytes_per_s": rates}).encode() + b"\n"
    write_private(folder / _FILE_NAME, content)


def _read(folder: Path) -> dict[str, object]:
    """What is remembered; a file that cannot be read is worth no word: it is only a hint."""
    try:
        with (folder / _FILE_NAME).open("rb") as file:
            value = json.loads(file.read(_MAX_BYTES))
        rates = value["bytes_per_s"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return rates if isinstance(rates, dict) else {}
