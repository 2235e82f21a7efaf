"""Where the program's own files live: asking for a path creates nothing.

Config, data, state, cache and log follow the conventions of each system (platformdirs); on Linux
the XDG variables move them. Folders are 0700 and files 0600 from the instant they exist.
"""

import os
import shutil
import stat
from pathlib import Path

import platformdirs

from preventad_tui.core.errors import NotWritable
from preventad_tui.core.text import clean

APPLICATION = "preventad-tui"


def config_dir() -> Path:
    """The user's config folder, home of `config.toml`."""
    return platformdirs.user_config_path(APPLICATION, appauthor=False)


def site_config_dir() -> Path:
    """The site's config folder, set up by an administrator."""
    return platformdirs.site_config_path(APPLICATION, appauthor=False)


def data_dir() -> Path:
    """The user's data folder, home of the saved selections."""
    return platformdirs.user_data_path(APPLICATION, appauthor=False)


def state_dir() -> Path:
    """The user's state folder: last session, digest lists, failed logins."""
    return platformdirs.user_state_path(APPLICATION, appauthor=False)


def digests_dir() -> Path:
    """Copies of the output folders' digest lists."""
    return state_dir() / "digests"


def cache_dir() -> Path:
    """The user's cache folder: catalogues."""
    return platformdirs.user_cache_path(APPLICATION, appauthor=False)


def log_dir() -> Path:
    """The user's log folder."""
    return platformdirs.user_log_path(APPLICATION, appauthor=False)


def ensure_private_dir(path: Path) -> Path:
    """Create a folder for the user alone (0700), or make an existing one so.

    Missing folders above it are made 0700 as well, as the XDG rules have it.

    Raises:
        NotWritable: it cannot be created, is no folder, or belongs to another user.
    """
    try:
        for folder in (*reversed(path.parents), path):
            try:
                os.mkdir(folder, 0o700)
            except OSError:
                if not folder.is_dir():
                    raise
        found = os.stat(path)
        if not stat.S_ISDIR(found.st_mode):
            raise NotADirectoryError(f"{path} is not a folder")
        if hasattr(os, "getuid") and found.st_uid != os.getuid():
            raise NotWritable(
                f"The folder {clean(str(path))} belongs to another user.",
                "Remove it, or point XDG_STATE_HOME and its like to a folder of your own.",
            )
        if stat.S_IMODE(found.st_mode) & 0o077:
            os.chmod(path, 0o700)
    except OSError as error:
        raise _not_writable(path, error) from error
    return path


def write_private(path: Path, content: bytes) -> None:
    """Replace a file in one of the program's own folders: whole or not at all, mode 0600.

    Raises:
        NotWritable: the folder or the file cannot be written.
    """
    ensure_private_dir(path.parent)
    replace_private(path, content)


def replace_private(path: Path, content: bytes) -> None:
    """Replace a file in any folder, whole or not at all, mode 0600; the folder stays as it is.

    Raises:
        NotWritable: the folder or the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600
        )
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _not_writable(path, error) from error


def free_bytes_at(folder: Path) -> int | None:
    """What is free where a folder is or would be made; None where it cannot be told."""
    existing = next((one for one in (folder, *folder.absolute().parents) if one.is_dir()), None)
    try:
        return shutil.disk_usage(existing).free if existing else None
    except OSError:
        return None


def open_to_all(folder: Path) -> str:
    """A warning where anybody may put files of theirs into the place of ours; "" otherwise.

    So it is in a folder, or below one, that others may write to and that has no sticky bit.
    """
    for place in (folder, *folder.absolute().parents):
        try:
            mode = place.stat().st_mode
        except OSError:  # not made yet
            continue
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            shown = clean(str(place))
            return f"Anyone on this machine can replace what is in {shown}: chmod o-w {shown}"
    return ""


def _not_writable(path: Path, error: OSError) -> NotWritable:
    reason = clean(error.strerror or str(error))
    return NotWritable(
        f"{clean(str(path))} cannot be written ({reason}).",
        "Free space or quota there, or set HOME or the XDG variables to a folder of your own.",
    )
