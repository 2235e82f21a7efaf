"""`status`: what an output folder holds, offline, also where nothing can be written."""

from datetime import UTC, datetime

from preventad_tui.core.digest_copy import DigestCopy, lost_folder
from preventad_tui.core.disk_view import META
from preventad_tui.core.errors import ExitCode
from preventad_tui.core.folder import OutputFolder
from preventad_tui.core.holdings import Holding, holdings
from preventad_tui.core.modality import modality_label
from preventad_tui.core.paths import digests_dir
from preventad_tui.core.text import clean, human_duration, human_size, plural
from preventad_tui.headless.plan import needed_outputdir
from preventad_tui.headless.session import Session
from preventad_tui.headless.verify import open_known


async def run(session: Session) -> int:
    """Print a table per candidate and modality, JSON lines, or lines for `md5sum -c`."""
    outputdir = needed_outputdir(session.settings)
    lost = lost_folder(outputdir, digests_dir()) if not (outputdir / META).exists() else None
    if lost is not None:
        return _tell_lost(session, lost)
    with open_known(session, outputdir) as folder:
        if vars(session.options).get("md5sums"):
            _write_md5sums(session, folder)
            return ExitCode.OK
        present = folder.scan().files
        lines = folder.ledger.lines
        found = holdings(lines, folder.ledger.ends.values(), present)
        oldest = min((line.when for path, line in lines.items() if path in present), default="")
        bad_lines = folder.ledger.bad_lines
    if session.settings.json:
        _write_records(session, found, oldest)
    else:
        _write_table(session, found)
    _say_totals(session, found, oldest)
    if bad_lines:
        session.output.tell(f"{plural(bad_lines, 'line')} of the ledger could not be used.")
    return ExitCode.OK


def _tell_lost(session: Session, lost: DigestCopy) -> int:
    """All of it was removed, our folder too; what it held is known from the copy."""
    if vars(session.options).get("md5sums"):
        return ExitCode.OK
    found = holdings({line.path: line for line in lost.lines}, (), ())
    if session.settings.json:
        _write_records(session, found, "")
    else:
        _write_table(session, found)
    session.output.tell(
        f"Nothing is left of {plural(len(lost.lines), 'file')} that stood in {clean(lost.path)}. "
        "To fetch them again, run “get” with the same choice."
    )
    return ExitCode.OK


def _write_md5sums(session: Session, folder: OutputFolder) -> None:
    """Paths relative to the folder; those on disk only, since `md5sum -c` fails on others."""
    present = folder.scan().files
    for path, line in sorted(folder.ledger.lines.items()):
        if path in present:
            session.output.line(f"{line.md5}  {path}")


def _write_table(session: Session, found: list[Holding]) -> None:
    columns = ("candidate", "modality", "on disk", "verified", "failed", "gone", "missing", "size")
    session.output.table(
        columns,
        [
            (
                one.candidate or "-",
                modality_label(one.modality) or "-",
                f"{one.on_disk:,}",
                f"{one.verified:,}",
                f"{one.failed:,}",
                f"{one.gone:,}",
                f"{one.missing:,}",
                human_size(one.size_bytes),
            )
            for one in found
        ],
    )


def _counts(one: Holding) -> dict[str, int]:
    return {
        "on_disk": one.on_disk,
        "verified": one.verified,
        "failed": one.failed,
        "gone": one.gone,
        "missing": one.missing,
        "size_bytes": one.size_bytes,
    }


def _total(found: list[Holding]) -> dict[str, int]:
    total = _counts(Holding("", ""))
    for one in found:
        for name, count in _counts(one).items():
            total[name] += count
    return total


def _write_records(session: Session, found: list[Holding], oldest: str) -> None:
    for one in found:
        session.output.record(
            "status_part", candidate=one.candidate, modality=one.modality, **_counts(one)
        )
    session.output.record("summary", **_total(found), oldest=oldest)


def _say_totals(session: Session, found: list[Holding], oldest: str) -> None:
    total = _total(found)
    held = total["on_disk"] + total["verified"]
    sentence = f"{plural(held, 'file')} on disk, {human_size(total['size_bytes'])}"
    sentence += "".join(
        f", {total[name]:,} {name}" for name in ("failed", "gone", "missing") if total[name]
    )
    session.output.tell(f"{sentence}.")
    if oldest:
        session.output.say(f"The oldest file is of {clean(oldest)}{_age(session, oldest)}.")


def _age(session: Session, when: str) -> str:
    """How old, and how near a scratch purge, where `purge_days` says when that is."""
    try:
        then = datetime.fromisoformat(when)
    except ValueError:
        return ""
    age_s = (datetime.now(UTC) - then).total_seconds()
    purge_days = session.settings.purge_days
    if purge_days is None:
        return f", {human_duration(age_s)} ago"
    left_s = purge_days * 86400 - age_s
    when_purged = f"in {human_duration(left_s)}" if left_s > 0 else "now"
    return f", {human_duration(age_s)} ago; files here may be purged {when_purged}"
