"""One `config.toml`, which anyone may have written: read within limits, every fault named."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preventad_tui.core.errors import UsageError
from preventad_tui.core.text import clean

_FILE_MAX_BYTES = 100_000
_LINE_MAX_BYTES = 2_000  # a key of n dots costs tomllib n*n bytes


@dataclass(frozen=True, slots=True)
class Found:
    """A raw value and where it stands, for the sentence when it is wrong."""

    value: Any
    where: str


def read_config_file(path: Path, known: frozenset[str], warnings: list[str]) -> dict[str, Found]:
    """The values of the known names; nothing where there is no file.

    `warnings` gets a sentence for the names that are not known.

    Raises:
        UsageError: it cannot be read, or is not TOML.
    """
    shown = clean(str(path))
    try:
        with path.open("rb") as file:
            content = file.read(_FILE_MAX_BYTES + 1)
        import tomllib  # here: most starts find no file, and none waits for what it does not need

        if len(content) > _FILE_MAX_BYTES:
            raise UsageError(f"{shown} is too large for a config file.", "Shorten or remove it.")
        if max(map(len, content.split(b"\n"))) > _LINE_MAX_BYTES:
            raise UsageError(f"{shown} has a line that is too long.", "Shorten or remove it.")
        table = tomllib.loads(content.decode())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise UsageError(
            f"{shown} cannot be read ({clean(error.strerror or '')}).", "Correct its permissions."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{shown} is not valid TOML ({clean(str(error))}).", "Correct that line."
        ) from error
    except (ValueError, RecursionError) as error:  # what tomllib does not foresee
        raise UsageError(
            f"{shown} is no config file: a number is too long, or brackets are nested too deep.",
            "Correct or remove it.",
        ) from error
    unknown = sorted(set(table) - known)
    if unknown:
        names = ", ".join(clean(name, 40) for name in unknown)
        warnings.append(f"{shown}: not known and not used: {names}.")
    return {name: Found(table[name], f"{shown}, {name}") for name in table if name in known}
