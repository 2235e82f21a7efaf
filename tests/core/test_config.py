"""Which of option, environment, config files and default speaks, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from preventad_tui.core import config
from preventad_tui.core.config import MissingFiles, Settings, Shard, load_settings
from preventad_tui.core.errors import UsageError
from preventad_tui.core.model import DataType
from preventad_tui.core.text import clean


def load(
    tmp_path: Path,
    options: dict[str, Any] | None = None,
    environ: dict[str, str] | None = None,
    user: str = "",
    site: str = "",
) -> tuple[Settings, tuple[str, ...]]:
    (tmp_path / "user.toml").write_text(user)
    (tmp_path / "site.toml").write_text(site)
    return load_settings(
        options or {}, environ or {}, tmp_path / "user.toml", tmp_path / "site.toml"
    )


def test_each_place_beats_the_next(tmp_path: Path) -> None:
    site, user = 'server = "https://site.example"\njobs = 2', 'server = "https://user.example"'
    environ = {"PREVENTAD_SERVER": "https://env.example"}
    assert load(tmp_path)[0].server == "open"
    assert load(tmp_path, site=site)[0].server == "https://site.example"
    assert load(tmp_path, site=site, user=user)[0].server == "https://user.example"
    assert load(tmp_path, None, environ, user, site)[0].server == "https://env.example"
    settings, warnings = load(tmp_path, {"server": "demo"}, environ, user, site)
    assert (settings.server, settings.jobs, warnings) == ("demo", 2, ())


def test_an_empty_variable_says_nothing(tmp_path: Path) -> None:
    assert load(tmp_path, environ={"PREVENTAD_OUTPUTDIR": ""})[0].outputdir is None


def test_every_key_of_the_config_file(tmp_path: Path) -> None:
    settings, warnings = load(
        tmp_path,
        user="""
server = "registered"
username = "someone"
outputdir = "~/data"
type = "minc"
jobs = 8
limit_rate = "5M"
give_up_after = "2h"
log_file = "/tmp/our.log"
mouse = true
theme = "ansi-dark"
refresh = "500s"
bell = false
quota_command = "quota -s"
purge_days = 60
[keys]
quit = "q,ctrl+q"
""",
    )
    assert warnings == ()
    assert settings.server == "registered"
    assert settings.username == "someone"
    assert settings.outputdir == Path("~/data").expanduser()
    assert settings.type is DataType.MINC
    assert settings.jobs == 8
    assert settings.rate_limit == 5_000_000
    assert settings.give_up_after_s == 7200
    assert settings.log_file == Path("/tmp/our.log")
    assert not settings.log_file_is_default
    assert settings.mouse
    assert settings.theme == "ansi-dark"
    assert settings.refresh == 500
    assert not settings.bell
    assert settings.quota_command == "quota -s"
    assert settings.purge_days == 60
    assert settings.keys == {"quit": "q,ctrl+q"}


def test_the_sites_maxima_always_hold(tmp_path: Path) -> None:
    site = 'max_jobs = 3\nmax_rate = "10M"\nnotice = "Be kind to the server."'
    settings, warnings = load(tmp_path, {"jobs": "8", "limit_rate": "1G"}, site=site)
    assert (settings.jobs, settings.rate_limit) == (3, 10_000_000)
    assert settings.notice == "Be kind to the server."
    assert len(warnings) == 2
    settings, warnings = load(tmp_path, {"jobs": "2"}, site=site)
    assert (settings.jobs, settings.rate_limit, warnings) == (2, 10_000_000, ())


def test_unknown_keys_are_named_and_the_maxima_are_the_sites_own(tmp_path: Path) -> None:
    settings, warnings = load(tmp_path, user="speed = 3\nmax_jobs = 16\njobs = 2")
    assert settings.jobs == 2
    assert len(warnings) == 1
    assert "max_jobs, speed" in warnings[0]


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ("jobs = 17", "1 to 16"),
        ("jobs = true", "whole number"),
        ('jobs = "many"', "whole number"),
        ('type = "nifti"', "bids, minc"),
        ('mouse = "yes"', "true or false"),
        ("outputdir = 3", "text"),
        ('limit_rate = "0"', "never end"),
        ("keys = 3", "table"),
        ('keys = {quit = "\\u001b[31m"}', "table"),
        ('keys = {"\\u001b]0;x\\u0007" = "q"}', "table"),
        ("jobs = 0x" + "f" * 1900, "too large"),
        (f"purge_days = {10**13}", "too large"),
        ('limit_rate = "' + "9" * 400 + '"', "too large"),
        ('give_up_after = "40000d"', "too long"),
        ('log_file = "~nobody-has-this-name/log"', "no user's folder"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_place(
    tmp_path: Path, user: str, said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        load(tmp_path, user=user)
    assert "user.toml" in str(caught.value)
    assert user.split(" =")[0] in str(caught.value)
    assert said in str(caught.value)


def test_waiting_is_shorter_in_a_slurm_job(tmp_path: Path) -> None:
    assert load(tmp_path)[0].give_up_after_s == 6 * 3600
    assert load(tmp_path, environ={"SLURM_JOB_ID": "1"})[0].give_up_after_s == 1800
    options = {"give_up_after": "3d"}
    assert load(tmp_path, options, {"SLURM_JOB_ID": "1"})[0].give_up_after_s == 3 * 86400


def test_parts_of_a_job_array_share_the_transfers(tmp_path: Path) -> None:
    settings, _ = load(tmp_path, {"shard": "2/3"})
    assert (settings.shard, settings.jobs) == (Shard(2, 3), 1)
    assert load(tmp_path, {"shard": "1/2"})[0].jobs == 2
    assert load(tmp_path, {"shard": "1/2", "jobs": "8"})[0].jobs == 8


def test_names_come_by_commas_and_by_repetition(tmp_path: Path) -> None:
    settings, _ = load(tmp_path, {"modalities": ["t1w, bold", "dwi65"], "missing": "leave"})
    assert settings.modalities == ("t1w", "bold", "dwi65")
    assert settings.missing is MissingFiles.LEAVE
    assert settings.has_choice
    assert not load(tmp_path)[0].has_choice


KEYS = sorted(config._SITE_KEYS)
SCALARS = st.one_of(
    st.integers(-(10**30), 10**30).map(str),
    st.floats().map(str),
    st.booleans().map(lambda value: str(value).lower()),
    st.text(max_size=20).map(json.dumps),
    st.from_regex(r"~?[0-9]{1,400}(\.[0-9]{1,3})?[kMGTsmhd]?i?", fullmatch=True).map(json.dumps),
    st.datetimes().map(lambda value: value.isoformat()),
)
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
    st.dictionaries(st.text(max_size=5).map(json.dumps), SCALARS, max_size=2).map(
        lambda table: "{" + ", ".join(f"{key} = {value}" for key, value in table.items()) + "}"
    ),
)
TABLES = st.dictionaries(st.sampled_from([*KEYS, "other"]), VALUES, max_size=3).map(
    lambda table: "\n".join(map(" = ".join, table.items())).encode()
)


@example(b"a = " + b"[" * 1500)
@example(b"a = " + b"{b = " * 350 + b"1")
@example(b"a = " + b"[\n" * 20_000)
@example(b"jobs = 0x" + b"f" * 1900)
@example(b"a = 0x" + b"f" * 1900)
@example(b"a." * 40_000 + b"b = 1")
@example((b"a." * 900 + b"b = 1\n") * 50)
@example(b"a = 2020-13-45")
@example(b"\xff\xfe")
@example(bytes(100_001))
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode), TABLES))
@hypothesis_settings(max_examples=500, deadline=None)
def test_any_bytes_are_settings_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """S26: whatever stands in config.toml, the program runs or says which line to correct."""
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)
    refusal = None
    said: tuple[str, ...] = ()
    try:
        settings, said = load_settings({}, {}, path, path)
        assert 1 <= settings.jobs <= 16
    except UsageError as error:
        refusal = error
    if refusal is not None:
        assert "any.toml" in refusal.message
        assert refusal.hint
        said = (str(refusal),)
    assert all(clean(one, 5000) == one for one in said)
