"""All settings of a run, each from the first place that names it.

An option beats the environment, the environment beats `config.toml`, that beats the site's
`config.toml`, that beats the default; the site's maxima always hold. No secret is a setting.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from preventad_tui.core.config_file import Found, read_config_file
from preventad_tui.core.design import Design, TimePoints
from preventad_tui.core.errors import UsageError
from preventad_tui.core.model import DataType
from preventad_tui.core.paths import config_dir, log_dir, site_config_dir
from preventad_tui.core.setting_values import (
    LARGEST,
    MAX_JOBS,
    as_arm,
    as_flag,
    as_jobs,
    as_keys,
    as_names,
    as_path,
    as_rate,
    as_seconds,
    as_text,
    as_whole,
    one_of,
)
from preventad_tui.core.text import clean, human_size

_Value = TypeVar("_Value")

DEFAULT_JOBS = 4
_GIVE_UP_AFTER_S = 6 * 3600.0
_GIVE_UP_AFTER_IN_SLURM_S = 30 * 60.0

_ENVIRONMENT = {
    "PREVENTAD_SERVER": "server",
    "PREVENTAD_USERNAME": "username",
    "PREVENTAD_OUTPUTDIR": "outputdir",
}
_CONFIG_KEYS = frozenset(
    {
        "server",
        "username",
        "outputdir",
        "type",
        "jobs",
        "limit_rate",
        "give_up_after",
        "log_file",
        "mouse",
        "theme",
        "refresh",
        "bell",
        "quota_command",
        "purge_days",
        "keys",
    }
)
_SITE_KEYS = _CONFIG_KEYS | {"max_jobs", "max_rate", "notice"}


class MissingFiles(StrEnum):
    """What to do with files that were on disk and are not any more."""

    FETCH = "fetch"
    LEAVE = "leave"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Shard:
    """The `part`-th (from 1) of `parts` disjoint parts of a selection."""

    part: int
    parts: int

    @classmethod
    def parse(cls, value: Any) -> "Shard":
        """Read `I/N`.

        Raises:
            UsageError: it is not one of N parts.
        """
        part, slash, parts = str(value).partition("/")
        if not (slash and part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
            raise UsageError(
                f"“{clean(str(value))}” is not a part.", "Write I/N with I from 1 to N: 2/8."
            )
        return cls(int(part), int(parts))

    def __str__(self) -> str:
        return f"{self.part}/{self.parts}"


@dataclass(frozen=True, slots=True)
class Settings:
    """What one run goes by; times in seconds, sizes in bytes, rates in bytes a second.

    `modalities`, `visits`, `candidates` and `qc` are names as given, `candidates` also `@FILE`.
    `outputdir` None means that none was named, `rate_limit` None no limit. `catalogue` is a clone
    of the published dataset: the list where there is no login, the files' sizes where there is.
    """

    log_file: Path
    server: str = "open"
    username: str = ""
    outputdir: Path | None = None
    type: DataType = DataType.BIDS
    modalities: tuple[str, ...] = ()
    visits: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    sessions_file: Path | None = None
    design: Design = field(default_factory=Design)
    selection: str = ""
    everything: bool = False
    qc: tuple[str, ...] = ()
    data_releases: bool = False
    project: str = ""
    api_version: str = ""
    catalogue: Path | None = None
    jobs: int = DEFAULT_JOBS
    rate_limit: int | None = None
    check_updates: bool = False
    keep_old: bool = False
    missing: MissingFiles = MissingFiles.FETCH
    shard: Shard | None = None
    give_up_after_s: float = _GIVE_UP_AFTER_S
    force: bool = False
    json: bool = False
    quiet: bool = False
    debug: bool = False
    log_file_is_default: bool = True
    ca_file: Path | None = None
    token_file: Path | None = None
    password_stdin: bool = False
    mouse: bool = False
    theme: str = ""
    refresh: float | None = None
    bell: bool = True
    quota_command: str = ""
    purge_days: int | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    max_jobs: int = MAX_JOBS
    max_rate: int | None = None
    notice: str = ""
    demo_size: str = "small"
    demo_port: int = 0
    demo_generation: str = "a"

    @property
    def has_choice(self) -> bool:
        """Whether anything says which images are meant."""
        return bool(
            self.everything
            or self.selection
            or self.modalities
            or self.visits
            or self.candidates
            or self.sessions_file
            or self.design
            or self.qc
        )


def load_settings(
    options: Mapping[str, Any],
    environ: Mapping[str, str] = os.environ,
    config_file: Path | None = None,
    site_file: Path | None = None,
) -> tuple[Settings, tuple[str, ...]]:
    """The settings of a run and the warnings for stderr.

    `options` holds only what was given on the command line, by the names of the settings, as text
    or flags.

    Raises:
        UsageError: a value that cannot be used, or a config file that is not TOML.
    """
    warnings: list[str] = []
    site = read_config_file(site_file or site_config_dir() / "config.toml", _SITE_KEYS, warnings)
    user = read_config_file(config_file or config_dir() / "config.toml", _CONFIG_KEYS, warnings)
    found = {**site, **user}
    for variable, name in _ENVIRONMENT.items():
        if environ.get(variable):
            found[name] = Found(environ[variable], variable)
    found |= {name: Found(value, f"--{name.replace('_', '-')}") for name, value in options.items()}
    return _settings(_Reader(found), environ, warnings), tuple(warnings)


def _settings(read: "_Reader", environ: Mapping[str, str], warnings: list[str]) -> Settings:
    shard = read("shard", Shard.parse, None)
    default_jobs = max(1, DEFAULT_JOBS // (shard.parts if shard else 1))
    jobs = read("jobs", as_jobs, default_jobs)
    max_jobs = min(read("max_jobs", as_jobs, MAX_JOBS), MAX_JOBS)
    rate = read("limit_rate", as_rate, None)
    max_rate = read("max_rate", as_rate, None)
    if jobs > max_jobs:
        warnings.append(f"This site allows at most {max_jobs} transfers at once; using {max_jobs}.")
    if max_rate is not None and rate is not None and rate > max_rate:
        warnings.append(f"This site allows at most {human_size(max_rate)}/s; using that.")
    in_slurm = bool(environ.get("SLURM_JOB_ID"))
    wait_s = _GIVE_UP_AFTER_IN_SLURM_S if in_slurm else _GIVE_UP_AFTER_S
    log_file = read("log_file", as_path, None)
    return Settings(
        log_file=log_file or log_dir() / "preventad-tui.log",
        log_file_is_default=log_file is None,
        server=read("server", as_text, "open"),
        username=read("username", as_text, ""),
        outputdir=read("outputdir", as_path, None),
        type=read("type", one_of(DataType), DataType.BIDS),
        modalities=read("modalities", as_names, ()),
        visits=read("visitlabels", as_names, ()),
        candidates=read("candidates", as_names, ()),
        sessions_file=read("sessions", as_path, None),
        design=_design(read),
        selection=read("selection", as_text, ""),
        everything=read("all", as_flag, False),
        qc=read("qc", as_names, ()),
        data_releases=read("data_releases", as_flag, False),
        project=read("project", as_text, ""),
        api_version=read("api_version", as_text, ""),
        catalogue=read("catalogue", as_path, None),
        jobs=min(jobs, max_jobs),
        rate_limit=min((r for r in (rate, max_rate) if r is not None), default=None),
        check_updates=read("check_updates", as_flag, False),
        keep_old=read("keep_old", as_flag, False),
        missing=read("missing", one_of(MissingFiles), MissingFiles.FETCH),
        shard=shard,
        give_up_after_s=read("give_up_after", as_seconds, wait_s),
        force=read("force", as_flag, False),
        json=read("json", as_flag, False),
        quiet=read("quiet", as_flag, False),
        debug=read("debug", as_flag, False),
        ca_file=read("ca_file", as_path, None),
        token_file=read("token_file", as_path, None),
        password_stdin=read("password_stdin", as_flag, False),
        mouse=read("mouse", as_flag, False),
        theme=read("theme", as_text, ""),
        refresh=read("refresh", as_seconds, None),
        bell=read("bell", as_flag, True),
        quota_command=read("quota_command", as_text, ""),
        purge_days=read("purge_days", as_whole, None),
        keys=read("keys", as_keys, {}),
        max_jobs=max_jobs,
        max_rate=max_rate,
        notice=read("notice", as_text, ""),
        demo_size=read("size", as_text, "small"),
        demo_port=read("port", as_whole, 0),
        demo_generation=read("generation", as_text, "a"),
    )


def _design(read: "_Reader") -> Design:
    same_arm = read("same_arm", as_flag, False)
    return Design(
        has_all=read("has_all", as_names, ()),
        timepoints=read("timepoints", one_of(TimePoints), TimePoints.MERGED),
        min_timepoints=read("min_timepoints", as_whole, 0),
        baseline_and_follow_up=read("baseline_and_follow_up", as_flag, False) or same_arm,
        same_arm=same_arm,
        arm=read("arm", as_arm, ""),
    )


class _Reader:
    def __init__(self, found: Mapping[str, Found]) -> None:
        self._found = found

    def __call__(
        self, name: str, convert: Callable[[Any], _Value], default: _Value | Any
    ) -> _Value | Any:
        raw = self._found.get(name)
        if raw is None:
            return default
        try:
            if isinstance(raw.value, int) and abs(raw.value) > LARGEST:
                raise UsageError("this number is too large.", "Write a smaller one.")
            return convert(raw.value)
        except UsageError as error:
            raise UsageError(f"{raw.where}: {error.message}", error.hint) from None
